// How far positions are off.
#include <gtest/gtest.h>

#include <cmath>

#include "apps/ptychography/reconstruction_results.hpp"

namespace locum::apps {
namespace {

using Positions = std::vector<std::array<double, 2>>;

Positions scan() {
  Positions list;
  for (int k = 0; k < 30; ++k) list.push_back({7.0 * (k % 6) + 0.3 * (k % 4), 5.0 * (k / 6) - 0.2 * (k % 3)});
  return list;
}

TEST(PositionScatter, IsNoneOfAnAffineMap) {
  Positions moved = scan();
  for (auto& [x, y] : moved) {
    const double a = 1.02 * x - 0.01 * y + 3.0;
    y = 0.03 * x + 0.97 * y - 8.0;
    x = a;
  }
  EXPECT_NEAR(position_scatter(scan(), moved), 0.0, 1e-6);  // √ of the rounding of Σ d² ≈ 1e2
}

TEST(PositionScatter, IsTheDistanceOfWhatNoAffineMapMakes) {
  // Corners of a square, moved along the diagonals in turn by 0.1: orthogonal to all affine maps.
  const Positions truth = {{0, 0}, {0, 10}, {10, 0}, {10, 10}};
  Positions moved = truth;
  const double turn[4] = {1, -1, -1, 1};
  for (std::size_t j = 0; j < 4; ++j) moved[j] = {truth[j][0] + 0.1 * turn[j], truth[j][1]};
  EXPECT_NEAR(position_scatter(truth, moved), 0.1, 1e-9);
}

TEST(PositionScatter, OfALineOrOfThreePositionsIsKnown) {
  EXPECT_EQ(position_scatter({{0, 0}, {1, 0}, {2, 1}}, {{5, 0}, {1, 7}, {2, 1}}), 0.0);
  const Positions line = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
  EXPECT_TRUE(std::isfinite(position_scatter(line, {{0, 1}, {1, 0}, {2, 1}, {3, 0}})));
}

}  // namespace
}  // namespace locum::apps
