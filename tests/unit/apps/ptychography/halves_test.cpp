// Two halves of a data set.
#include "apps/ptychography/halves.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace locum::apps {
namespace {

Ptychogram raster(int nx, int ny, double step_x, double step_y, double jitter) {
  Ptychogram input;
  input.dx = input.dy = 0.5;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy)
      input.position.push_back({step_x * ix + jitter * ((ix * 7 + iy * 3) % 5 - 2), step_y * iy});
  return input;
}

void expect_chessboard(const Ptychogram& input, int ny) {
  const auto halves = halves_of(input);
  ASSERT_EQ(halves[0].size() + halves[1].size(), input.position.size());
  for (int colour = 0; colour < 2; ++colour)
    for (const int j : halves[static_cast<std::size_t>(colour)]) EXPECT_EQ((j / ny + j % ny) % 2, colour) << j;
}

TEST(Halves, OfARasterAreTheColoursOfAChessboard) {
  expect_chessboard(raster(5, 6, 3.0, 3.0, 0.0), 6);
  expect_chessboard(raster(40, 33, 3.0, 3.0, 0.15), 33);  // jitter of a tenth of a step
  expect_chessboard(raster(7, 9, 3.0, 4.5, 0.0), 9);
}

TEST(Halves, OfASpiralAreOfNearlyOneSizeAndPartNeighbours) {
  Ptychogram input;
  input.dx = input.dy = 1.0;
  for (int n = 0; n < 500; ++n)
    input.position.push_back({std::sqrt(n) * std::cos(2.39996323 * n), std::sqrt(n) * std::sin(2.39996323 * n)});
  const auto halves = halves_of(input);
  EXPECT_NEAR(static_cast<double>(halves[0].size()), 250.0, 50.0);
}

TEST(Halves, HaveAFrameEachWhereThereAreTwo) {
  Ptychogram two = raster(1, 2, 3.0, 3.0, 0.0);
  two.position[1] = two.position[0];  // no distance at all
  for (const auto& half : halves_of(two)) EXPECT_EQ(half.size(), 1u);
  EXPECT_EQ(halves_of(raster(1, 1, 3.0, 3.0, 0.0))[1].size(), 0u);
}

}  // namespace
}  // namespace locum::apps
