#include "solvers/api/ptychogram.hpp"

#include <gtest/gtest.h>

#include <numeric>

using namespace locum;

namespace {

// Six frames of 4 × 5 pixels on an object of 12 × 14; every count says which frame and pixel it is.
Ptychogram small_scan() {
  Ptychogram data;
  data.nx = 4;
  data.ny = 5;
  data.dx = data.dy = 0.2;
  data.object_nx = 12;
  data.object_ny = 14;
  data.position = {{0.0, 0.0}, {0.25, 4.0}, {4.0, 8.5}, {7.0, 1.0}, {7.5, 5.25}, {8.0, 9.0}};
  data.probe.assign(data.window(), 1.0f);
  std::vector<float> counts(data.position.size() * data.window());
  std::iota(counts.begin(), counts.end(), 0.0f);
  data.frames = std::make_shared<FramesInMemory>(static_cast<int>(data.position.size()), counts);
  data.tiles = {{data.whole(), {0, 1, 2, 3, 4, 5}}};
  data.validate();
  return data;
}

ObjectFunction numbered(const Ptychogram& data) {
  ObjectFunction object;
  for (std::size_t k = 0; k < data.object_size(); ++k) object.value.emplace_back(static_cast<float>(k), 1.0f);
  return object;
}

}  // namespace

TEST(PtychogramPart, HasTheFramesThatWereAskedForInTheirOrder) {
  const Ptychogram whole = small_scan();
  const PtychogramPart part = part_of(whole, {4, 2}, {5, 6, 8, 9});
  part.data.validate();
  ASSERT_EQ(part.data.size(), 2);
  std::vector<float> counts(2 * whole.window());
  part.data.frames->read(std::vector<int>{1, 0}, counts);
  EXPECT_EQ(counts.front(), 2.0f * static_cast<float>(whole.window()));
  EXPECT_EQ(counts[whole.window()], 4.0f * static_cast<float>(whole.window()));
}

TEST(PtychogramPart, HoldsTheBoxAndEveryWindowAndNoMore) {
  const Ptychogram whole = small_scan();
  const PtychogramPart part = part_of(whole, {4, 2}, {5, 3, 6, 9});
  EXPECT_EQ(part.box, (PixelBox{4, 3, 12, 14}));  // frame 4 at 7.5 reaches pixel 11, frame 2 at 8.5 pixel 13
  EXPECT_EQ(part.data.object_nx, 8);
  EXPECT_EQ(part.data.object_ny, 11);
  EXPECT_EQ(part.data.position[0], (std::array<double, 2>{3.5, 2.25}));
  EXPECT_EQ(part.data.position[1], (std::array<double, 2>{0.0, 5.5}));
  EXPECT_TRUE(part.data.tiles.empty());
}

TEST(PtychogramPart, CutsTheObjectWhereItsFramesStand) {
  const Ptychogram whole = small_scan();
  const PtychogramPart part = part_of(whole, {3}, {8, 2, 9, 3});
  const ObjectFunction object = numbered(whole), cut = part.cut(whole, object);
  ASSERT_EQ(cut.value.size(), part.data.object_size());
  for (int x = 0; x < part.box.nx(); ++x)
    for (int y = 0; y < part.box.ny(); ++y)
      EXPECT_EQ(cut.value[static_cast<std::size_t>(x * part.box.ny() + y)],
                object.value[static_cast<std::size_t>((x + part.box.x0) * whole.object_ny + y + part.box.y0)]);
}

TEST(PixelBox, HullHoldsBoth) {
  EXPECT_EQ(hull({1, 5, 3, 9}, {2, 0, 7, 6}), (PixelBox{1, 0, 7, 9}));
  EXPECT_EQ(hull({}, {2, 3, 7, 6}), (PixelBox{2, 3, 7, 6}));  // an empty box holds nothing
  EXPECT_EQ(hull({2, 3, 7, 6}, {4, 4, 4, 9}), (PixelBox{2, 3, 7, 6}));
  EXPECT_EQ(intersection({1, 5, 3, 9}, {2, 0, 7, 6}), (PixelBox{2, 5, 3, 6}));
}
