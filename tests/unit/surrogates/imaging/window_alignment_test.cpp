#include "surrogates/imaging/window_alignment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "tests/unit/surrogates/imaging/window_answers.hpp"

namespace locum::imaging {
namespace {

using testing::answers_from;

// As the loss leaves them: every window's mean is nothing.
void remove_means(const WindowGrid& grid, std::vector<float>& answers) {
  const std::size_t size = static_cast<std::size_t>(grid.side) * grid.side;
  for (std::size_t w = 0; w * size < answers.size(); ++w) {
    const auto first = answers.begin() + static_cast<std::ptrdiff_t>(w * size);
    const double mean = std::accumulate(first, first + static_cast<std::ptrdiff_t>(size), 0.0) / size;
    for (std::size_t k = 0; k < size; ++k) answers[w * size + k] -= static_cast<float>(mean);
  }
}

std::vector<float> half_wave(int nx, int ny) {
  std::vector<float> wave;
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      wave.push_back(static_cast<float>(std::cos(std::numbers::pi * (x + 0.5) / nx) +
                                        (ny > nx / 2 ? 1.0 : 0.0) * std::cos(std::numbers::pi * (y + 0.5) / ny)));
  return wave;
}

// Largest difference of two maps but for a constant, where the weight is not 0 and within [x0, x1).
double largest_difference(const WindowGrid& grid, const std::vector<float>& a, const std::vector<float>& b, int x0,
                          int x1) {
  double low = 1e30, high = -1e30;
  for (std::size_t k = static_cast<std::size_t>(x0) * grid.ny; k < static_cast<std::size_t>(x1) * grid.ny; ++k) {
    low = std::min(low, static_cast<double>(a[k]) - b[k]);
    high = std::max(high, static_cast<double>(a[k]) - b[k]);
  }
  return high - low;
}

TEST(WindowAlignment, AConstantOfEachWindowIsAlignedAway) {
  const WindowGrid grid{150, 110, 48, 16};
  std::vector<float> canvas(150u * 110u * 2u);
  std::iota(canvas.begin(), canvas.end(), 1.0f);
  std::vector<float> answers = answers_from(canvas, grid, 2);
  const std::size_t size = 48u * 48u * 2u, windows = grid.windows().size();
  ASSERT_GT(windows, 6u);
  for (std::size_t w = 0; w < windows; ++w)
    for (std::size_t k = 1; k < size; k += 2) answers[w * size + k] += static_cast<float>(w * w % 7);
  align(grid, std::vector<float>(150u * 110u, 1.0f), 2, 1, answers);
  const std::vector<float> back = stitch(grid, 2, answers);
  const float shift = back[1] - canvas[1];
  for (std::size_t k = 0; k < canvas.size(); k += 2) {
    ASSERT_NEAR(back[k], canvas[k], 1e-6 * canvas[k]) << "the other channel is left alone";
    ASSERT_NEAR(back[k + 1], canvas[k + 1] + shift, 2e-2);  // of numbers up to 3e4 in single precision
  }
}

// Waves as long as the field are in the windows' constants alone.
TEST(WindowAlignment, AHalfWaveOverALargeFieldIsFoundAgain) {
  for (const auto& [across, along] : {std::pair{40, 1}, {1, 40}, {30, 30}}) {
    const WindowGrid grid{16 + (across - 1) * 12, 16 + (along - 1) * 12, 16, 4};
    ASSERT_EQ(grid.windows().size(), static_cast<std::size_t>(across * along));
    const std::vector<float> wave = half_wave(grid.nx, grid.ny);
    std::vector<float> answers = answers_from(wave, grid, 1);
    remove_means(grid, answers);
    align(grid, std::vector<float>(wave.size(), 1.0f), 1, 0, answers);
    // Of an exact solution single precision leaves some 1e-7 a window; 1e-5 is far below what a network knows.
    EXPECT_LT(largest_difference(grid, stitch(grid, 1, answers), wave, 0, grid.nx), 1e-5) << across << " × " << along;
  }
}

TEST(WindowAlignment, WindowsThatOverlapMoreThanTheirNeighboursAreAlignedToo) {
  const WindowGrid grid{33, 35, 16,
                        8};  // four windows a side, six pixels apart or five: each overlaps the next but one
  const std::vector<float> wave = half_wave(grid.nx, grid.ny);
  std::vector<float> answers = answers_from(wave, grid, 1);
  remove_means(grid, answers);
  align(grid, std::vector<float>(wave.size(), 1.0f), 1, 0, answers);
  EXPECT_LT(largest_difference(grid, stitch(grid, 1, answers), wave, 0, grid.nx), 1e-5);
}

TEST(WindowAlignment, PartsThatNoLightJoinsAreAlignedEachForItself) {
  const WindowGrid grid{160, 64, 16, 4};
  const std::vector<float> wave = half_wave(grid.nx, grid.ny);
  std::vector<float> weight(wave.size(), 1.0f);
  const int dark0 = 60, dark1 = 100;  // two windows and more
  std::fill(weight.begin() + dark0 * grid.ny, weight.begin() + dark1 * grid.ny, 0.0f);
  std::vector<float> answers = answers_from(wave, grid, 1);
  remove_means(grid, answers);
  align(grid, weight, 1, 0, answers);
  const std::vector<float> back = stitch(grid, 1, answers);
  EXPECT_LT(largest_difference(grid, back, wave, 0, 48), 1e-5);
  EXPECT_LT(largest_difference(grid, back, wave, 112, grid.nx), 1e-5);
  for (float b : back) ASSERT_TRUE(std::isfinite(b));
}

}  // namespace
}  // namespace locum::imaging
