#include "solvers/imaging/detectors/dose.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr int draws = 200000;
constexpr double four_sigma = 4.0;  // a fixed seed: passes always or never; by chance once in 16000

// 10 is where the method changes; the last is near what 32 bits hold.
constexpr double means[] = {1e-3, 0.1, 1.0, 3.0, 9.999, 10.0, 10.5, 50.0, 1e4, 3.9e9};

TEST(Poisson, MeanAndVarianceAreTheMean) {
  for (const double mean : means) {
    double sum = 0.0, square = 0.0;
    for (int i = 0; i < draws; ++i) {
      const double x = double(poisson(mean, 3, i, 17)) - mean;
      sum += x;
      square += x * x;
    }
    EXPECT_NEAR(sum / draws, 0.0, four_sigma * std::sqrt(mean / draws)) << mean;
    // The variance's own: fourth central moment 3μ² + μ, less μ².
    EXPECT_NEAR(square / draws, mean, four_sigma * std::sqrt((2.0 * mean * mean + mean) / draws)) << mean;
  }
}

TEST(Poisson, CountsFollowTheDistribution) {
  for (const double mean : {0.3, 3.0, 9.99, 10.0, 12.0, 40.0, 200.0}) {
    const int reach = static_cast<int>(mean + 12.0 * std::sqrt(mean) + 12.0);
    std::vector<double> found(reach + 1, 0.0);
    for (int i = 0; i < draws; ++i) found[std::min<int>(reach, poisson(mean, 5, 2, i))] += 1.0;
    // Counts that are expected fewer than 20 times are taken together with their neighbours.
    double chi2 = 0.0, expected = 0.0, seen = 0.0;
    int bins = 0;
    for (int k = 0; k <= reach; ++k) {
      expected += draws * std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0));
      seen += found[k];
      if (expected < 20.0) continue;
      chi2 += (seen - expected) * (seen - expected) / expected;
      ++bins;
      expected = seen = 0.0;
    }
    const double freedom = bins - 1;
    EXPECT_NEAR(chi2, freedom, four_sigma * std::sqrt(2.0 * freedom)) << mean;
  }
}

TEST(Poisson, LogFactorialIsExactToRounding) {
  for (const double k : {0.0, 1.0, 2.0, 5.0, 9.0, 10.0, 11.0, 25.0, 170.0, 1e5, 4e9})
    EXPECT_NEAR(log_factorial(k), std::lgamma(k + 1.0), 4e-16 * std::lgamma(k + 1.0) + 2e-13);
}

TEST(Poisson, NothingFallsWhereThereIsNothing) {
  EXPECT_EQ(poisson(0.0, 1, 2, 3), 0u);
  EXPECT_EQ(poisson(-1e-9, 1, 2, 3), 0u);  // what rounding may leave of a blurred image
}

TEST(Dose, CountsDependOnTheirNumberAlone) {
  constexpr int probes = 12, pixels = 37;
  std::vector<float> fraction(probes * pixels);
  for (std::size_t e = 0; e < fraction.size(); ++e) fraction[e] = 0.001f * (e % 91);
  std::vector<std::uint32_t> whole(fraction.size()), parts(fraction.size());
  count_electrons<float>(fraction, pixels, 500.0, {9, 2, 1000}, whole);
  const std::span<const float> all(fraction);
  const std::span<std::uint32_t> out(parts);
  for (const auto& [first, count] : {std::pair{7, 5}, {0, 3}, {3, 4}})  // as ranks would, in any order
    count_electrons<float>(all.subspan(first * pixels, count * pixels), pixels, 500.0, {9, 2, 1000u + first},
                           out.subspan(first * pixels, count * pixels));
  EXPECT_EQ(whole, parts);
  count_electrons<float>(fraction, pixels, 500.0, {10, 2, 1000}, parts);
  EXPECT_NE(whole, parts);
  count_electrons<float>(fraction, pixels, 500.0, {9, 3, 1000}, parts);
  EXPECT_NE(whole, parts);
}

TEST(Dose, TheDeviceCountsTheSame) {
  constexpr int probes = 5, pixels = 33;
  std::vector<float> fraction(probes * pixels);
  const Kokkos::View<float**, Kokkos::LayoutRight, MemorySpace> device("fraction", probes, pixels);
  const auto mirror = Kokkos::create_mirror_view(device);
  for (int p = 0; p < probes; ++p)
    for (int i = 0; i < pixels; ++i) mirror(p, i) = fraction[p * pixels + i] = 0.002f * i + 0.01f * p;
  Kokkos::deep_copy(device, mirror);
  const Kokkos::View<std::uint32_t**, Kokkos::LayoutRight, MemorySpace> counts("counts", probes, pixels);
  count_electrons<float>(ExecutionSpace(), device, probes, 400.0, {4, 0, 6}, counts);
  std::vector<std::uint32_t> host(probes * pixels);
  count_electrons<float>(fraction, pixels, 400.0, {4, 0, 6}, host);
  const auto found = host_copy(counts);
  int different = 0;
  for (int p = 0; p < probes; ++p)
    for (int i = 0; i < pixels; ++i) different += found(p, i) != host[p * pixels + i];
  // Another library's logarithm may tip a count that lies on the edge of two; on the CPU it is the same library.
  EXPECT_LE(different, device_is_host ? 0 : 1);
}

TEST(Dose, ElectronsComeFromTheAreaOrThePosition) {
  DoseConfig config;
  EXPECT_FALSE(config.counts());
  EXPECT_EQ(electrons_per_probe(config, 0.04), 0.0);
  config.per_area = 1e4;
  EXPECT_DOUBLE_EQ(electrons_per_probe(config, 0.04), 400.0);
  EXPECT_THROW(electrons_per_probe(config, 0.0), ConfigError);  // of a line
  config.per_probe = 5.0;
  EXPECT_THROW(config.validate(), ConfigError);
  config.per_area = 0.0;
  EXPECT_EQ(electrons_per_probe(config, 0.0), 5.0);
  config.per_probe = 1e10;
  EXPECT_THROW(electrons_per_probe(config, 0.0), ConfigError);
}

TEST(Dose, WhatIsNoNumberIsRefused) {
  std::vector<double> fraction = {0.1, std::nan(""), 0.2};
  std::vector<std::uint32_t> counts(3), two(2);
  EXPECT_THROW(count_electrons<double>(fraction, 3, 10.0, {}, counts), NumericalError);
  EXPECT_THROW(count_electrons<double>(fraction, 3, 10.0, {}, two), ConfigError);
  fraction[1] = 1e9;
  EXPECT_THROW(count_electrons<double>(fraction, 3, 10.0, {}, counts), NumericalError);
}

}  // namespace
}  // namespace locum::imaging
