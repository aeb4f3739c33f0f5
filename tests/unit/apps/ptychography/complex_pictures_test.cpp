// What pictures of complex images are made from.
#include "apps/ptychography/complex_pictures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numbers>

namespace locum::apps {
namespace {

using Value = Ptychogram::Value;

// Two frames of 4 × 3 pixels that overlap by half, on an object of 7 × 3; the probe is 2 everywhere.
Ptychogram two_frames() {
  Ptychogram input;
  input.nx = 4;
  input.ny = 3;
  input.dx = input.dy = 0.5;
  input.object_nx = 7;
  input.object_ny = 3;
  input.position = {{0.0, 0.0}, {2.0, 0.0}};
  input.probe.assign(12, Value(2.0f, 0.0f));
  return input;
}

TEST(FramesMap, IsTheMeanOfTheFramesThatReachAPixel) {
  const std::vector<double> map = frames_map(two_frames(), std::vector<double>{1.0, 3.0});
  const double expected[7] = {1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0};
  for (std::size_t ix = 0; ix < 7; ++ix)
    for (std::size_t iy = 0; iy < 3; ++iy) EXPECT_DOUBLE_EQ(map[ix * 3 + iy], expected[ix]) << ix;
}

TEST(FramesMap, OfAFrameThatReachesBeyondTheObjectKeepsInside) {
  Ptychogram input = two_frames();
  input.position[1] = {5.0, -1.0};
  const std::vector<double> map = frames_map(input, std::vector<double>{1.0, 3.0});
  EXPECT_DOUBLE_EQ(map[5 * 3 + 1], 3.0);
  EXPECT_DOUBLE_EQ(map[5 * 3 + 2], 0.0);  // the window ends one column before
}

TEST(FramesMap, AFrameOfWhichNothingIsKnownTakesNoPart) {
  const std::vector<double> map = frames_map(two_frames(), std::vector<double>{1.0, std::nan("")});
  const double expected[7] = {1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0};
  for (std::size_t ix = 0; ix < 7; ++ix) EXPECT_EQ(map[ix * 3 + 1], expected[ix]) << ix;
}

TEST(PhaseAboutMean, DoesNotWrapWhereThePhaseStaysWithinAHalfCircle) {
  std::vector<Value> values;
  for (int k = 0; k < 50; ++k) values.push_back(std::polar(1.0f, 3.0f + 0.02f * static_cast<float>(k)));  // across π
  const std::vector<double> phase = phase_about_mean({10, 5, 1.0, 1.0, values}, {});
  for (std::size_t k = 0; k < values.size(); ++k)
    EXPECT_NEAR(phase[k], 0.02 * (static_cast<double>(k) - 24.5), 1e-5);  // a float's rounding
}

TEST(PhaseAboutMean, CountsPixelsByTheirWeight) {
  const std::vector<Value> values = {{1.0f, 0.0f}, {0.0f, 1.0f}};
  const std::vector<double> phase = phase_about_mean({2, 1, 1.0, 1.0, values}, std::vector<float>{0.0f, 1.0f});
  EXPECT_NEAR(phase[0], -std::numbers::pi / 2, 1e-7);
  EXPECT_NEAR(phase[1], 0.0, 1e-7);
}

TEST(PhaseAboutMean, OfAnImageOfZerosIsZero) {
  const std::vector<Value> values(4, Value{});
  EXPECT_EQ(phase_about_mean({2, 2, 1.0, 1.0, values}, {}), std::vector<double>(4, 0.0));
}

TEST(DrawComplex, WritesTheBoxAsPngAndTiffAndSaysItsRange) {
  const std::string folder = (std::filesystem::temp_directory_path() / "locum_complex_pictures").string();
  std::filesystem::remove_all(folder);
  const RunDirectory directory(Communicator::self(), folder, false);
  std::vector<Value> values;
  for (int k = 0; k < 48; ++k) values.push_back(std::polar(1.0f + 0.01f * static_cast<float>(k), 0.1f));
  const auto shown = draw_complex(directory, "object", "object", {8, 6, 0.5, 0.5, values}, {1, 0, 8, 5}, {});
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_NEAR(shown[0].low, 1.06, 1e-6);   // pixel (1, 0)
  EXPECT_NEAR(shown[0].high, 1.46, 1e-6);  // pixel (7, 4)
  for (const char* name : {"object_amplitude.png", "object_amplitude.tif", "object_phase.png", "object_phase.tif"})
    EXPECT_GT(std::filesystem::file_size(directory.file(name)), 100u) << name;
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace locum::apps
