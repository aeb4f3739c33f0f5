#include "solvers/imaging/ptychography/frames/frame_batches.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace locum::imaging;

namespace {

std::vector<std::array<double, 2>> raster(int nx, int ny) {
  std::vector<std::array<double, 2>> positions;
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) positions.push_back({5.0 * x, 5.0 * y});
  return positions;
}

std::vector<int> upto(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

TEST(SpatialOrder, IsAPermutationThatDoesNotDependOnTheQuestionsOrder) {
  const auto positions = raster(13, 7);
  auto which = upto(91), turned = which;
  std::reverse(turned.begin(), turned.end());
  const auto order = spatial_order(positions, which);
  EXPECT_EQ(order, spatial_order(positions, turned));
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, which);
  EXPECT_TRUE(spatial_order(positions, {}).empty());
}

TEST(SpatialOrder, StretchesAreCompact) {
  const auto positions = raster(16, 16);
  const auto order = spatial_order(positions, upto(256));
  for (int s = 0; s < 16; ++s) {  // 16 frames of 256: a square of 4 × 4
    double low[2] = {1e9, 1e9}, high[2] = {-1e9, -1e9};
    for (int u = 16 * s; u < 16 * (s + 1); ++u)
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const double at = positions[static_cast<std::size_t>(order[static_cast<std::size_t>(u)])][axis];
        low[axis] = std::min(low[axis], at);
        high[axis] = std::max(high[axis], at);
      }
    EXPECT_LE(high[0] - low[0], 15.0);
    EXPECT_LE(high[1] - low[1], 15.0);
  }
}

TEST(SparseBatches, HaveEveryFrameOnceAndAtMostOneOfEachStretch) {
  for (const int frames : {0, 1, 5, 16, 100, 101})
    for (const int batch : {1, 4, 16, 200}) {
      std::vector<int> seen;
      for (const auto& b : sparse_batches(frames, batch, 3, 7)) {
        EXPECT_FALSE(b.empty());
        EXPECT_LE(static_cast<int>(b.size()), std::min(batch, frames));
        seen.insert(seen.end(), b.begin(), b.end());
        for (std::size_t k = 1; k < b.size(); ++k)
          EXPECT_GT(b[k] * static_cast<long>(std::min(batch, frames)) / frames,
                    b[k - 1] * static_cast<long>(std::min(batch, frames)) / frames - 1);
      }
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen, upto(frames));
    }
}

TEST(SparseBatches, AreDrawnAnewEverySweepAndForEverySeed) {
  EXPECT_EQ(sparse_batches(64, 8, 1, 2), sparse_batches(64, 8, 1, 2));
  EXPECT_NE(sparse_batches(64, 8, 1, 2), sparse_batches(64, 8, 1, 3));
  EXPECT_NE(sparse_batches(64, 8, 1, 2), sparse_batches(64, 8, 2, 2));
}

TEST(SparseBatches, GiveEveryRankAsManyFrames) {
  for (const int ranks : {2, 4})
    for (const auto& b : sparse_batches(160, 16, 1, 0))
      for (int rank = 0; rank < ranks; ++rank) {
        const auto [first, last] = own_share(160, rank, ranks);
        EXPECT_EQ(std::count_if(b.begin(), b.end(), [f = first, l = last](int u) { return u >= f && u < l; }),
                  16 / ranks);
      }
}
