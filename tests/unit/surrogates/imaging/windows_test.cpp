#include "surrogates/imaging/windows.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/imaging/window_answers.hpp"

namespace locum::imaging {
namespace {

using testing::answers_from;

std::vector<float> numbered(int nx, int ny, int channels) {
  std::vector<float> canvas(static_cast<std::size_t>(nx) * ny * channels);
  std::iota(canvas.begin(), canvas.end(), 1.0f);
  return canvas;
}

TEST(Windows, CoverEveryPixelAndStayInside) {
  for (const auto& [nx, ny] : {std::pair{64, 64}, {65, 97}, {200, 131}, {64, 300}}) {
    const WindowGrid grid{nx, ny, 64, 16};
    std::vector<int> covered(static_cast<std::size_t>(nx) * ny, 0);
    for (const Window& w : grid.windows()) {
      EXPECT_GE(w.x, 0);
      EXPECT_LE(w.x + grid.side, nx);
      EXPECT_LE(w.y + grid.side, ny);
      for (int x = w.x; x < w.x + grid.side; ++x)
        for (int y = w.y; y < w.y + grid.side; ++y) ++covered[static_cast<std::size_t>(x) * ny + y];
    }
    for (int c : covered) ASSERT_GE(c, 1);
  }
}

TEST(Windows, NeighboursShareTheirBorderAtLeast) {
  const WindowGrid grid{300, 64, 64, 16};
  const std::vector<Window> windows = grid.windows();
  for (std::size_t k = 1; k < windows.size(); ++k) EXPECT_LE(windows[k].x, windows[k - 1].x + 64 - 16);
}

TEST(Windows, ACanvasSmallerThanAWindowHasOne) { EXPECT_EQ((WindowGrid{20, 30, 64, 16}.windows().size()), 1u); }

TEST(Windows, MoreThanHalfOfAWindowCannotBeShared) { EXPECT_THROW((WindowGrid{9, 9, 8, 5}.windows()), ConfigError); }

TEST(Windows, WhatWasCutIsPutTogetherAgain) {
  for (const auto& [nx, ny, side, border] :
       {std::tuple{64, 64, 64, 16}, {65, 97, 32, 8}, {200, 131, 48, 24}, {20, 30, 64, 16}, {50, 40, 16, 0}}) {
    const WindowGrid grid{nx, ny, side, border};
    const std::vector<float> canvas = numbered(nx, ny, 2), back = stitch(grid, 2, answers_from(canvas, grid, 2));
    ASSERT_EQ(back.size(), canvas.size());
    for (std::size_t k = 0; k < canvas.size(); ++k)
      ASSERT_NEAR(back[k], canvas[k], 1e-6 * canvas[k]);  // a mean of equal numbers, to rounding
  }
}

TEST(Windows, TheEightSymmetriesAreDifferentAndKeepAllPixels) {
  const std::vector<float> canvas = numbered(6, 6, 1);
  std::vector<std::vector<float>> all;
  for (int s = 0; s < symmetries; ++s) {
    std::vector<float> cut(36);
    cut_window(canvas, 6, 6, 1, {0, 0}, 6, s, -1, cut.data());
    EXPECT_FLOAT_EQ(std::accumulate(cut.begin(), cut.end(), 0.0f), 36.0f * 37.0f / 2.0f);
    for (const auto& other : all) EXPECT_NE(cut, other);
    all.push_back(cut);
  }
  EXPECT_EQ(all[0], canvas);
}

// A function of the pixel and its gradient turn together: central differences of what was turned are what was turned.
TEST(Windows, VectorsTurnWithTheImage) {
  const int n = 12;
  std::vector<float> canvas(static_cast<std::size_t>(n) * n * 3);
  const auto f = [](double x, double y) { return 0.3 * x * x - 0.2 * x * y + 1.1 * y; };
  for (int x = 0; x < n; ++x)
    for (int y = 0; y < n; ++y) {
      float* at = canvas.data() + (static_cast<std::size_t>(x) * n + y) * 3;
      at[0] = static_cast<float>(f(x, y));
      at[1] = static_cast<float>(f(x + 1, y) - f(x - 1, y));
      at[2] = static_cast<float>(f(x, y + 1) - f(x, y - 1));
    }
  for (int s = 0; s < symmetries; ++s) {
    std::vector<float> cut(canvas.size());
    cut_window(canvas, n, n, 3, {0, 0}, n, s, 1, cut.data());
    const auto at = [&](int x, int y, int c) { return cut[(static_cast<std::size_t>(x) * n + y) * 3 + c]; };
    for (int x = 1; x + 1 < n; ++x)
      for (int y = 1; y + 1 < n; ++y) {
        ASSERT_NEAR(at(x, y, 1), at(x + 1, y, 0) - at(x - 1, y, 0), 1e-4) << "symmetry " << s;
        ASSERT_NEAR(at(x, y, 2), at(x, y + 1, 0) - at(x, y - 1, 0), 1e-4) << "symmetry " << s;
      }
  }
}

TEST(Windows, FoldingIsUndoneByUnfolding) {
  const std::vector<float> window = numbered(12, 12, 5);
  for (int fold : {1, 2, 3, 4}) {
    std::vector<float> folded(window.size()), back(window.size());
    fold_window(window.data(), 12, 5, fold, folded.data());
    unfold_window(folded.data(), 12, 5, fold, back.data());
    EXPECT_EQ(back, window);
  }
}

TEST(Windows, BeyondTheCanvasIsNothing) {
  const std::vector<float> canvas = numbered(4, 4, 1);
  std::vector<float> cut(64);
  cut_window(canvas, 4, 4, 1, {0, 0}, 8, 0, -1, cut.data());
  EXPECT_EQ(cut[0], 1.0f);
  EXPECT_EQ(cut[5], 0.0f);
  EXPECT_EQ(cut[63], 0.0f);
}

}  // namespace
}  // namespace locum::imaging
