#include "solvers/imaging/engines/local_engine.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/solvers/imaging/engines/silicon.hpp"

namespace locum::imaging {
namespace {

Context everyone() {
  Context context;
  context.comm = Communicator::world();
  return context;
}

struct Comparison {
  std::vector<double> worst, mean, bound;  // of each channel, relative
};

// Configurations 2, 5, 8 … of `count`, which the calibration's choice of two thirds leaves out, over the scan.
Comparison compare(const Specimen& specimen, int points, double slice, const LocalConfig& local, int count,
                   const std::vector<Position>& scan) {
  const ScanSetup setup = testing::microscope(specimen, points, slice);
  const Configurations configurations = testing::thermal(specimen, count);
  LocalEngine<float> engine(everyone(), setup, local, configurations, scan);
  engine.prepare();
  MultisliceEngine<float> full(everyone(), setup, configurations);
  full.prepare();
  const auto channels = static_cast<std::size_t>(engine.channels());
  std::vector<double> truth(scan.size() * channels), answer(truth.size());
  Comparison found{std::vector<double>(channels), std::vector<double>(channels), {}};
  for (int c = 2; c < count; c += 3) {
    full.scan(c, scan, truth, {});
    engine.scan(c, scan, answer, {});
    for (std::size_t k = 0; k < channels; ++k) {
      double square = 0.0, sum = 0.0;
      for (std::size_t n = 0; n < scan.size(); ++n) {
        square += std::pow(answer[n * channels + k] - truth[n * channels + k], 2);
        sum += truth[n * channels + k];
      }
      const double relative = std::sqrt(square * static_cast<double>(scan.size())) / sum;
      found.worst[k] = std::max(found.worst[k], relative);
      found.mean[k] += relative / (count / 3);
    }
  }
  for (const ChannelError& error : engine.calibration().errors()) found.bound.push_back(error.bound);
  return found;
}

// The bar that the local mode was built for: 54 Å of silicon [100], unseen configurations, a window of 64 points of
// 256.
TEST(LocalEngine, SeesThermalSiliconToTwoAndAHalfPercentAndSaysSo) {
  LocalConfig local;
  const Comparison found =
      compare(testing::silicon_100(5, 5, 10, 0.08), 256, 1.36, local, 12, testing::raster(8, 10.862));
  for (std::size_t k = 0; k < found.worst.size(); ++k) {
    EXPECT_LE(found.worst[k], 0.025) << k;
    EXPECT_LE(found.mean[k], 0.013) << k;
    EXPECT_LE(found.worst[k], found.bound[k]) << k;
  }
}

// No crystal at all: the windows know nothing of it, the printed bound must.
TEST(LocalEngine, ThePrintedBoundIsTrueInARandomSpecimen) {
  LocalConfig local;
  local.probes = 160;
  const Specimen specimen = testing::random_silicon(3, 3, 5, 0.1);
  const Comparison found = compare(specimen, 150, 1.36, local, 12, testing::raster(10, specimen.lx));
  for (std::size_t k = 0; k < found.worst.size(); ++k) EXPECT_LE(found.worst[k], found.bound[k]) << k;
}

// Coarse slices lose the phase between displaced atoms; that must show in the error that is printed.
TEST(LocalEngine, CoarseSlicesAreLessRightAndTheBoundKnows) {
  LocalConfig fine, coarse;
  fine.probes = coarse.probes = 160;
  coarse.coarsening = 4;
  const Specimen specimen = testing::silicon_100(3, 3, 6, 0.1);
  const auto scan = testing::raster(8, 5.431);
  const Comparison one = compare(specimen, 150, 1.36, fine, 12, scan),
                   four = compare(specimen, 150, 1.36, coarse, 12, scan);
  const std::size_t last = one.bound.size() - 1;
  EXPECT_GT(four.worst[last], 2.0 * one.worst[last]);
  EXPECT_GT(four.bound[last], 2.0 * one.bound[last]);
  for (std::size_t k = 0; k <= last; ++k) EXPECT_LE(four.worst[k], four.bound[k]) << k;
}

TEST(LocalEngine, TheCalibrationIsTheSameWhateverTheNumberOfRanks) {
  LocalConfig local;
  local.probes = 70;
  local.configurations = 3;
  const Specimen specimen = testing::silicon_100(3, 3, 2, 0.1);
  const ScanSetup setup = testing::microscope(specimen, 128, 2.8);
  const auto scan = testing::raster(4, 5.431);
  LocalEngine<double> together(everyone(), setup, local, testing::thermal(specimen, 3), scan);
  LocalEngine<double> alone(Context(), setup, local, testing::thermal(specimen, 3), scan);
  together.prepare();
  alone.prepare();
  const auto channels = static_cast<std::size_t>(alone.channels());
  std::vector<double> a(scan.size() * channels), b(a.size());
  together.scan(1, scan, a, {});
  alone.scan(1, scan, b, {});
  EXPECT_EQ(a, b);
}

TEST(LocalEngine, RefusesWhatItCannotAnswerFor) {
  const Specimen specimen = testing::silicon_100(3, 3, 2, 0.1);
  const auto scan = testing::raster(4, 5.431);
  ScanSetup setup = testing::microscope(specimen, 128, 2.8);
  LocalConfig local;
  EXPECT_THROW(LocalEngine<float>(Context(), setup, local, testing::thermal(specimen, 1), scan), ConfigError);
  EXPECT_THROW(LocalEngine<float>(Context(), setup, local, testing::thermal(specimen, 4), {}), ConfigError);
  local.window = 40.0;
  EXPECT_THROW(LocalEngine<float>(Context(), setup, local, testing::thermal(specimen, 4), scan), ConfigError);
  local.window = 6.5;
  setup.detectors[0].kind = "pixelated";
  EXPECT_THROW(LocalEngine<float>(Context(), setup, local, testing::thermal(specimen, 4), scan), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
