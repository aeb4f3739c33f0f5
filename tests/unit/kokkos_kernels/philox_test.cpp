#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "kokkos_kernels/random/philox.hpp"

namespace locum::random {
namespace {

constexpr int count = 200000;
constexpr double four_sigma = 4.0;  // a fixed seed: passes always or never; by chance once in 16000

// Mean and variance of what `draw` gives for items 0 … count − 1, against those of the distribution.
template <class Draw>
void moments_are(double mean, double variance, double fourth_central, Draw draw) {
  double sum = 0.0, square = 0.0;
  for (int i = 0; i < count; ++i) {
    const double x = draw(i) - mean;
    sum += x;
    square += x * x;
  }
  EXPECT_NEAR(sum / count, 0.0, four_sigma * std::sqrt(variance / count));
  EXPECT_NEAR(square / count, variance, four_sigma * std::sqrt((fourth_central - variance * variance) / count));
}

TEST(PhiloxStatistics, UniformNumbersHaveTheRightMoments) {
  moments_are(0.5, 1.0 / 12.0, 1.0 / 80.0, [](int i) { return uniform(11, Stream::audit, i, 3); });
  moments_are(0.5, 1.0 / 12.0, 1.0 / 80.0, [](int i) { return uniform(11, Stream::audit, 3, i); });
}

TEST(PhiloxStatistics, NormalNumbersHaveTheRightMoments) {
  moments_are(0.0, 1.0, 3.0, [](int i) { return normal_pair(7, Stream::velocity, i, 0).first; });
  moments_are(0.0, 1.0, 3.0, [](int i) { return normal_pair(7, Stream::thermostat, 5, i, 1).second; });
}

TEST(PhiloxStatistics, UniformNumbersFillTheirBinsEvenly) {
  constexpr int bins = 100;
  std::vector<double> found(bins, 0.0);
  for (int i = 0; i < count; ++i) found[static_cast<int>(bins * uniform(3, Stream::shuffle, i, 1))] += 1.0;
  double chi2 = 0.0;
  for (const double n : found) chi2 += std::pow(n - double(count) / bins, 2) / (double(count) / bins);
  // χ² with 99 degrees of freedom: mean 99, standard deviation √198.
  EXPECT_NEAR(chi2, bins - 1, four_sigma * std::sqrt(2.0 * (bins - 1)));
}

TEST(PhiloxStatistics, NumbersOfNeighborsInAnyArgumentAreUncorrelated) {
  const auto correlation = [](auto first, auto second) {
    double sum = 0.0;
    for (int i = 0; i < count; ++i) sum += first(i) * second(i);
    return sum / count;
  };
  const auto here = [](int i) { return normal_pair(9, Stream::thermostat, i, 20).first; };
  const double bound = four_sigma / std::sqrt(double(count));  // of a product of two independent normal numbers
  EXPECT_NEAR(correlation(here, [](int i) { return normal_pair(9, Stream::thermostat, i, 20).second; }), 0.0, bound);
  EXPECT_NEAR(correlation(here, [](int i) { return normal_pair(9, Stream::thermostat, i + 1, 20).first; }), 0.0, bound);
  EXPECT_NEAR(correlation(here, [](int i) { return normal_pair(9, Stream::thermostat, i, 21).first; }), 0.0, bound);
  EXPECT_NEAR(correlation(here, [](int i) { return normal_pair(9, Stream::thermostat, i, 20, 1).first; }), 0.0, bound);
  EXPECT_NEAR(correlation(here, [](int i) { return normal_pair(9, Stream::velocity, i, 20).first; }), 0.0, bound);
  EXPECT_NEAR(correlation(here, [](int i) { return normal_pair(10, Stream::thermostat, i, 20).first; }), 0.0, bound);
}

TEST(PhiloxStatistics, EveryArgumentReachesTheCounter) {
  std::set<std::uint64_t> seen;
  const auto note = [&](std::uint64_t what, std::uint64_t when, std::uint32_t draw) {
    const Block b = bits(1, Stream::audit, what, when, draw);
    seen.insert((std::uint64_t(b.word[0]) << 32) | b.word[1]);
  };
  for (int k = 0; k < 48; ++k) {
    note(1ull << k, 0, 0);
    note(0, 1ull << k, 0);
  }
  for (int k = 0; k < 24; ++k) note(0, 0, 1u << k);
  EXPECT_EQ(seen.size(), 48u + 48u + 24u);
}

TEST(PhiloxStatistics, UniformNumbersNeverTouchTheirEnds) {
  EXPECT_GT(to_uniform(0, 0), 0.0);
  EXPECT_LT(to_uniform(~0u, ~0u), 1.0);
}

}  // namespace
}  // namespace locum::random
