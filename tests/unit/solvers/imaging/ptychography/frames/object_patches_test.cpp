#include "solvers/imaging/ptychography/frames/object_patches.hpp"

#include <gtest/gtest.h>

using namespace locum;
using namespace locum::imaging;

namespace {

constexpr int side = 40;

int covered(const PixelBoxes& boxes, int x, int y) {
  int times = 0;
  for (const PixelBox& b : boxes) times += x >= b.x0 && x < b.x1 && y >= b.y0 && y < b.y1;
  return times;
}

// Apart, touching, crossing, one inside another, twice the same, none.
const PixelBoxes some = {{2, 0, 10, 16}, {10, 0, 14, 16}, {5, 8, 30, 24},   {7, 16, 9, 20},
                         {5, 8, 30, 24}, {3, 3, 3, 30},   {32, 24, 40, 40}, {0, 12, 40, 14}};

}  // namespace

TEST(ObjectPatches, DisjointBoxesCoverTheSamePixelsOnce) {
  const PixelBoxes apart = disjoint(some);
  for (int x = 0; x < side; ++x)
    for (int y = 0; y < side; ++y) EXPECT_EQ(covered(apart, x, y), covered(some, x, y) > 0 ? 1 : 0) << x << ' ' << y;
  EXPECT_TRUE(disjoint({}).empty());
}

TEST(ObjectPatches, WhatIsTakenAwayIsGoneAndTheRestIsLeft) {
  const PixelBoxes boxes = {{0, 0, 20, 20}, {20, 5, 40, 35}}, holes = {{5, 5, 25, 10}, {0, 15, 40, 16}, {0, 0, 2, 40}};
  const PixelBoxes left = without(boxes, holes);
  for (int x = 0; x < side; ++x)
    for (int y = 0; y < side; ++y)
      EXPECT_EQ(covered(left, x, y), covered(boxes, x, y) > 0 && covered(holes, x, y) == 0 ? 1 : 0) << x << ' ' << y;
  EXPECT_TRUE(without(boxes, PixelBoxes{{0, 0, 40, 40}}).empty());
  EXPECT_EQ(without(boxes, {}), boxes);
}

TEST(ObjectPatches, WhatLiesInsideAFrameIsCutToIt) {
  const PixelBox frame{8, 4, 24, 18};
  const PixelBoxes apart = disjoint(some), parts = inside(apart, frame);
  for (int x = 0; x < side; ++x)
    for (int y = 0; y < side; ++y)
      EXPECT_EQ(covered(parts, x, y), covered({frame}, x, y) * covered(apart, x, y)) << x << ' ' << y;
  for (const PixelBox& part : parts) EXPECT_FALSE(part.empty());
}

TEST(ObjectPatches, RowsKnowTheFramesThatMeetTheirPatch) {
  constexpr int tile = FrameLayout::width;
  const PixelBoxes windows = {{0, 0, 8, tile}, {4, 0, 12, tile}, {20, 0, 28, 2 * tile}};
  PatchRows rows;
  rows.set(ExecutionSpace(), disjoint(windows), windows);
  ASSERT_EQ(rows.count(), 12 + 8);  // the second window's first four rows are the first one's
  EXPECT_EQ(rows.numbers(), 3 * (12 * tile + 8 * 2 * tile));
  const auto row = host_copy(rows.rows());
  const auto frames = host_copy(rows.frames());
  int at = 0;
  for (int k = 0; k < rows.count(); ++k) {
    const PatchRow& r = row(static_cast<std::size_t>(k));
    EXPECT_EQ(r.at, at);
    at += 3 * r.packs * FramePack::lanes;
    for (int j = 0; j < 3; ++j) {
      const PixelBox& w = windows[static_cast<std::size_t>(j)];
      if (r.x < w.x0 || r.x >= w.x1) continue;
      bool listed = false;
      for (int f = r.first_frame; f < r.first_frame + r.frames; ++f)
        listed = listed || frames(static_cast<std::size_t>(f)) == j;
      EXPECT_TRUE(listed) << "row " << r.x << ", frame " << j;
    }
  }
  // Patches that are left out have their room all the same.
  const int numbers = rows.numbers();
  rows.set(ExecutionSpace(), disjoint(windows), windows, {false, true, true});
  ASSERT_EQ(rows.count(), 4 + 8);
  EXPECT_EQ(rows.numbers(), numbers);
  EXPECT_EQ(host_copy(rows.rows())(0).at, 3 * 8 * tile);
  EXPECT_EQ(host_copy(rows.rows())(0).x, 8);
  rows.set(ExecutionSpace(), {}, windows);
  EXPECT_EQ(rows.count(), 0);
  EXPECT_EQ(rows.numbers(), 0);
}
