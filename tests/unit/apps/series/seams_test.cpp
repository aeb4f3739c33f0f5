// Regions of two players are turned to agree along their seams, and not otherwise changed.
#include "apps/series/seams.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace locum::apps {
namespace {

// 3 × 3 tiles of 4 pixels.
Ptychogram nine_tiles() {
  Ptychogram input;
  input.object_nx = input.object_ny = 12;
  for (int x = 0; x < 3; ++x)
    for (int y = 0; y < 3; ++y) input.tiles.push_back({{4 * x, 4 * y, 4 * x + 4, 4 * y + 4}, {0}});
  return input;
}

std::vector<bool> solver_in(std::initializer_list<int> tiles) {
  std::vector<bool> by(9, false);
  for (const int t : tiles) by[static_cast<std::size_t>(t)] = true;
  return by;
}

void turn_tile(const Ptychogram& input, int tile, float phase, ObjectFunction& object) {
  const PixelBox core = input.tiles[static_cast<std::size_t>(tile)].core;
  for (int x = core.x0; x < core.x1; ++x)
    for (int y = core.y0; y < core.y1; ++y)
      object.value[static_cast<std::size_t>(12 * x + y)] *= std::polar(1.0f, phase);
}

double largest_difference(const ObjectFunction& a, const ObjectFunction& b) {
  double most = 0.0;
  for (std::size_t k = 0; k < a.value.size(); ++k)
    most = std::max(most, static_cast<double>(std::abs(a.value[k] - b.value[k])));
  return most;
}

TEST(Seams, RegionsThatWereTurnedAreTurnedBack) {
  const Ptychogram input = nine_tiles();
  const ObjectFunction flat = Ptychography::make_output(input);
  ObjectFunction object = flat;
  for (const int t : {4, 5}) turn_tile(input, t, 0.7f, object);  // touch each other: one region
  turn_tile(input, 6, -1.9f, object);
  join_regions(input, solver_in({4, 5, 6}), object);
  EXPECT_LT(largest_difference(object, flat), 1e-6);  // a few units of the last place of single precision
}

TEST(Seams, RegionsBehindRegionsFollow) {
  // A column of one player between two of the other: the farther one is reached through it.
  const Ptychogram input = nine_tiles();
  const ObjectFunction flat = Ptychography::make_output(input);
  ObjectFunction object = flat;
  for (const int t : {3, 4, 5}) turn_tile(input, t, 0.4f, object);
  for (const int t : {6, 7, 8}) turn_tile(input, t, 1.1f, object);
  join_regions(input, solver_in({3, 4, 5}), object);
  const std::complex<float> phase = object.value[0];
  for (auto& v : object.value) v *= std::conj(phase);
  EXPECT_LT(largest_difference(object, flat), 1e-6);
}

TEST(Seams, TilesOfOnePlayerStayAsTheyAre) {
  const Ptychogram input = nine_tiles();
  ObjectFunction object = Ptychography::make_output(input);
  turn_tile(input, 4, 0.7f, object);
  const ObjectFunction before = object;
  join_regions(input, solver_in({}), object);
  EXPECT_EQ(object.value, before.value);
  join_regions(input, solver_in({0, 1, 2, 3, 4, 5, 6, 7, 8}), object);
  EXPECT_EQ(object.value, before.value);
}

TEST(Seams, TheInsideOfARegionKeepsItsShape) {
  const Ptychogram input = nine_tiles();
  ObjectFunction object = Ptychography::make_output(input);
  turn_tile(input, 4, 0.7f, object);
  object.value[5 * 12 + 5] = {0.3f, 0.2f};  // not at the seam
  const float before = std::abs(object.value[5 * 12 + 5]);
  join_regions(input, solver_in({4}), object);
  EXPECT_NEAR(std::abs(object.value[5 * 12 + 5]), before, 1e-6);
  EXPECT_NEAR(std::arg(object.value[5 * 12 + 5]), std::atan2(0.2, 0.3) - 0.7, 1e-5);
}

}  // namespace
}  // namespace locum::apps
