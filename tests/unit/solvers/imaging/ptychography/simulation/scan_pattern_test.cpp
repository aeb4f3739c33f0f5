#include "solvers/imaging/ptychography/simulation/scan_pattern.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::imaging {
namespace {

TEST(ScanPattern, OverlapIsOneLessStepOverDiameter) {
  ScanPatternConfig config;
  config.overlap = 0.7;
  EXPECT_DOUBLE_EQ(scan_step(config, 10.0), 3.0);
  config.step = 1.25;
  EXPECT_EQ(scan_step(config, 10.0), 1.25);
  EXPECT_EQ(scan_step(config, 0.0), 1.25);
  config.step = 0.0;
  EXPECT_THROW(scan_step(config, 0.0), ConfigError);
}

TEST(ScanPattern, ARasterStepsByTheStepInPixels) {
  ScanPatternConfig config;
  config.points = {3, 5};
  config.step = 2.0;
  const ScanPattern scan = make_scan_pattern(config, 16, 18, 0.5, 0.4, 0.0);
  ASSERT_EQ(scan.position.size(), 15u);
  EXPECT_DOUBLE_EQ(scan.position[0][0], 4.0);  // the margin
  EXPECT_DOUBLE_EQ(scan.position[1][1] - scan.position[0][1], 5.0);
  EXPECT_DOUBLE_EQ(scan.position[5][0] - scan.position[0][0], 4.0);
  EXPECT_EQ(scan.object_nx, 8 + 16 + 1 + 8);
}

TEST(ScanPattern, AFieldIsFilledWithAsManyStepsAsFit) {
  ScanPatternConfig config;
  config.extent = {10.0, 3.9};
  config.step = 2.0;
  EXPECT_EQ(make_scan_pattern(config, 8, 8, 0.5, 0.5, 0.0).position.size(), 6u * 2u);
  config.extent = {0.0, 0.0};
  EXPECT_EQ(make_scan_pattern(config, 8, 8, 0.5, 0.5, 0.0).position.size(), 1u);
  config.extent = {1e9, 1e9};
  EXPECT_THROW(make_scan_pattern(config, 8, 8, 0.5, 0.5, 0.0), ConfigError);
}

TEST(ScanPattern, EveryWindowLiesInsideTheObjectWithItsMargin) {
  for (const char* kind : {"raster", "fermat"})
    for (const bool whole : {false, true})
      for (const int margin : {0, 3}) {
        ScanPatternConfig config;
        config.kind = kind;
        config.points = {7, 9};
        config.step = 1.37;
        config.jitter = 0.3;
        config.whole_pixels = whole;
        config.margin = margin;
        const ScanPattern scan = make_scan_pattern(config, 16, 15, 0.25, 0.3, 0.0);
        Ptychogram data;
        data.nx = 16;
        data.ny = 15;
        data.position = scan.position;
        for (int j = 0; j < data.size(); ++j) {
          const PixelBox w = data.window_of(j);
          EXPECT_GE(std::min(w.x0, w.y0), margin) << kind << j;
          EXPECT_LE(w.x1, scan.object_nx - margin) << kind << j;
          EXPECT_LE(w.y1, scan.object_ny - margin) << kind << j;
          if (!whole) continue;
          EXPECT_EQ(scan.position[j][0], std::round(scan.position[j][0]));
        }
      }
}

TEST(ScanPattern, JitterStaysWithinItsShareOfAStep) {
  ScanPatternConfig config;
  config.points = {20, 20};
  config.step = 2.0;
  const ScanPattern straight = make_scan_pattern(config, 8, 8, 0.5, 0.5, 0.0);
  config.jitter = 0.25;  // half an Å, a pixel
  const ScanPattern scan = make_scan_pattern(config, 8, 8, 0.5, 0.5, 0.0);
  double low = 1e9, high = -1e9, mean_square = 0.0;
  for (std::size_t j = 0; j < scan.position.size(); ++j) {
    const double off = scan.position[j][0] - straight.position[j][0];
    low = std::min(low, off);
    high = std::max(high, off);
    mean_square += off * off / 400.0;
  }
  EXPECT_LE(high - low, 2.0);
  EXPECT_GT(high - low, 1.8);  // 400 uniform numbers leave 2 in 401 of their range at the ends
  EXPECT_GT(mean_square, 0.2);
  config.seed = 2;
  EXPECT_NE(make_scan_pattern(config, 8, 8, 0.5, 0.5, 0.0).position, scan.position);
}

TEST(ScanPattern, ASpiralGivesEachPositionASquareOfTheStep) {
  ScanPatternConfig config;
  config.kind = "fermat";
  config.points = {20, 20};
  config.step = 2.0;
  const ScanPattern scan = make_scan_pattern(config, 8, 8, 1.0, 1.0, 0.0);
  EXPECT_NEAR(static_cast<double>(scan.position.size()), 400.0, 20.0);  // those on the rim are in or out by chance
  double nearest = 1e9;
  for (std::size_t i = 0; i < scan.position.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      nearest = std::min(
          nearest, std::hypot(scan.position[i][0] - scan.position[j][0], scan.position[i][1] - scan.position[j][1]));
  EXPECT_GT(nearest, 0.5 * scan.step);  // the spiral's closest pair, its first two, is c apart: 0.56 steps
}

TEST(ScanPattern, ErrorsOfPositionsHaveTheirDeviationAndAreCutAtThree) {
  const std::vector<std::array<double, 2>> nominal(20000, {10.0, 20.0});
  const auto moved = displaced_positions(nominal, 2.0, 5);
  double square = 0.0, largest = 0.0;
  for (const auto& p : moved) {
    square += (p[0] - 10.0) * (p[0] - 10.0) + (p[1] - 20.0) * (p[1] - 20.0);
    largest = std::max({largest, std::abs(p[0] - 10.0), std::abs(p[1] - 20.0)});
  }
  EXPECT_NEAR(std::sqrt(square / 40000.0), 2.0, 0.04);  // four times 2/√80000, and the cut's 0.01
  EXPECT_LE(largest, 6.0);
  EXPECT_EQ(displaced_positions(nominal, 2.0, 5), moved);
  EXPECT_EQ(displaced_positions(nominal, 0.0, 5), nominal);
  EXPECT_TRUE(displaced_positions({}, 2.0, 5).empty());
}

TEST(ScanPattern, NonsenseIsRefused) {
  ScanPatternConfig config;
  EXPECT_NO_THROW(config.validate());
  config.kind = "hexagon";
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.overlap = 1.0;
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.points = {0, 3};
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.extent = {4.0};
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.margin = -1;
  EXPECT_THROW(config.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
