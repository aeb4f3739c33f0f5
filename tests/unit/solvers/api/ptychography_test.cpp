// How an object is shared out in tiles, and how wrong it is in them.
#include "solvers/api/ptychography.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace locum;

namespace {

// n × n positions, `step` apart, frames of 64² pixels.
Ptychogram raster(int n, double step) {
  Ptychogram data;
  data.nx = data.ny = 64;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)  // a tenth of a step of jitter
      data.position.push_back({4.0 + step * (i + 0.1 * ((i * 7 + j * 3) % 5 - 2)), 4.0 + step * j});
  data.object_nx = data.object_ny = 76 + static_cast<int>(step * n);
  return data;
}

// Of the centres of a tile's frames, along an axis.
double extent(const Ptychogram& data, const ObjectTile& tile, std::size_t axis) {
  double low = 1e300, high = -1e300;
  for (const int j : tile.frames) {
    low = std::min(low, data.position[static_cast<std::size_t>(j)][axis]);
    high = std::max(high, data.position[static_cast<std::size_t>(j)][axis]);
  }
  return high - low;
}

}  // namespace

TEST(MakeTiles, AreAsManyEqualOnesAsTheSideGoesIntoTheScan) {
  constexpr int side = 48;
  constexpr double step = 8.46;
  for (int n = 12; n < 40; ++n) {
    const Ptychogram data = raster(n, step);
    const auto tiles = make_tiles(data, side);
    const ObjectTile all{data.whole(), [&] {
                           std::vector<int> list;
                           for (int j = 0; j < data.size(); ++j) list.push_back(j);
                           return list;
                         }()};
    const double parts_x = std::ceil(extent(data, all, 0) / side), parts_y = std::ceil(extent(data, all, 1) / side);
    EXPECT_EQ(tiles.size(), static_cast<std::size_t>(parts_x * parts_y)) << n;
    for (const ObjectTile& tile : tiles) {
      for (const std::size_t axis : {0u, 1u}) EXPECT_LE(extent(data, tile, axis), side + 1.0) << n;
      // Cuts are at whole pixels; the outermost tiles reach to the object's edge.
      if (tile.core.x0 > 0 && tile.core.x1 < data.object_nx) {
        EXPECT_NEAR(tile.core.nx(), extent(data, all, 0) / parts_x, 1.0) << n;
      }
      if (tile.core.y0 > 0 && tile.core.y1 < data.object_ny) {
        EXPECT_NEAR(tile.core.ny(), extent(data, all, 1) / parts_y, 1.0) << n;
      }
    }
  }
}

TEST(MakeTiles, ShareOutTheObjectAndTheFrames) {
  const Ptychogram data = raster(23, 5.0);
  std::vector<int> seen(data.object_size(), 0), taken(data.position.size(), 0);
  for (const ObjectTile& tile : make_tiles(data, 30)) {
    EXPECT_TRUE(std::is_sorted(tile.frames.begin(), tile.frames.end()));
    for (int x = tile.core.x0; x < tile.core.x1; ++x)
      for (int y = tile.core.y0; y < tile.core.y1; ++y)
        ++seen[static_cast<std::size_t>(x) * static_cast<std::size_t>(data.object_ny) + static_cast<std::size_t>(y)];
    for (const int j : tile.frames) {
      ++taken[static_cast<std::size_t>(j)];
      const auto& [x, y] = data.position[static_cast<std::size_t>(j)];
      EXPECT_TRUE(x + 32.0 >= tile.core.x0 && x + 32.0 < tile.core.x1 && y + 32.0 >= tile.core.y0 &&
                  y + 32.0 < tile.core.y1)
          << j;
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(seen.size()));
  EXPECT_EQ(std::count(taken.begin(), taken.end(), 1), static_cast<std::ptrdiff_t>(taken.size()));
}

TEST(MakeTiles, AroundAGapAreJoined) {
  Ptychogram data;
  data.nx = data.ny = 8;
  data.object_nx = 120;
  data.object_ny = 20;
  data.position = {{2.0, 5.0}, {4.0, 5.0}, {100.0, 5.0}};
  const auto tiles = make_tiles(data, 20);
  ASSERT_EQ(tiles.size(), 2u);
  EXPECT_EQ(tiles[0].frames, (std::vector<int>{0, 1}));
  EXPECT_EQ(tiles[1].frames, std::vector<int>{2});
  EXPECT_EQ(tiles[0].core.x1, tiles[1].core.x0);
  EXPECT_EQ(tiles[1].core.x1, 120);
}

TEST(MakeTiles, OfOneFrameIsTheObject) {
  Ptychogram data = raster(1, 3.0);
  const auto tiles = make_tiles(data, 1);
  ASSERT_EQ(tiles.size(), 1u);
  EXPECT_EQ(tiles[0].core, data.whole());
}

TEST(PtychographyError, OfAPixelThatIsNoNumberIsNoNumber) {
  Ptychogram data = raster(3, 8.0);
  data.probe.assign(data.window(), {1.0f, 0.0f});
  data.tiles = make_tiles(data, 1000);
  const ObjectFunction right = Ptychography::make_output(data);
  const auto error = [&](const ObjectFunction& truth, const ObjectFunction& answer) {
    return Ptychography::error(data, truth, answer, 0);
  };
  EXPECT_EQ(error(right, right).largest, 0.0);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    ObjectFunction wrong = right;
    wrong.value[40 * static_cast<std::size_t>(data.object_ny) + 40] = {0.0f, bad};
    for (const SampleError& e : {error(right, wrong), error(wrong, right)}) {
      EXPECT_TRUE(std::isnan(e.mean_square));
      EXPECT_TRUE(std::isnan(e.largest));
    }
    const std::vector<double> frames = frame_errors(data, right, wrong, 0);
    EXPECT_TRUE(std::isnan(std::accumulate(frames.begin(), frames.end(), 0.0)));
  }
}
