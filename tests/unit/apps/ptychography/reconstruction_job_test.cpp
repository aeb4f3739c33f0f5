// Parts of a reconstruction's run: stages on the disk, memory.
#include "apps/ptychography/reconstruction_job.hpp"

#include <gtest/gtest.h>

namespace locum::apps {
namespace {

Ptychogram raster(int nx, int ny) {
  Ptychogram input;
  input.nx = input.ny = 8;
  input.dx = input.dy = 0.5;
  input.object_nx = input.object_ny = 64;
  input.probe.assign(64, 1.0f);
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) input.position.push_back({3.0 * ix, 3.0 * iy});
  return input;
}

TEST(StageResult, ComesBackAsItWas) {
  StageResult stage;
  stage.object.value = {{0.1f, -0.2f}, {1.0f / 3.0f, 0.0f}};
  stage.probe = {{5.0f, 1e-7f}};
  stage.position = {{0.1, 0.7}, {1.0 / 3.0, 2.0}};
  stage.frames = {1, 0};
  FourierError error;
  error.off = 0.1, error.noise = 0.2, error.counts = 3.0, error.amplitude = 0.4, error.amplitudes = 0.5;
  error.shift_x = -0.6, error.shift_y = 0.7;
  stage.errors = {error, {}};
  stage.history = {{0, 0.5, 0.1}, {1, -1.0, 0.05}};
  stage.converged = true;
  stage.seconds = 1.25;
  const StageResult back = StageResult::from_state(stage.state());
  EXPECT_EQ(back.object.value, stage.object.value);
  EXPECT_EQ(back.probe, stage.probe);
  EXPECT_EQ(back.position, stage.position);
  EXPECT_EQ(back.frames, stage.frames);
  ASSERT_EQ(back.errors.size(), 2u);
  EXPECT_EQ(back.errors[0].off, error.off);
  EXPECT_EQ(back.errors[0].noise, error.noise);
  EXPECT_EQ(back.errors[0].amplitudes, error.amplitudes);
  EXPECT_EQ(back.errors[0].shift_y, error.shift_y);
  ASSERT_EQ(back.history.size(), 2u);
  EXPECT_EQ(back.history[1].r, -1.0);
  EXPECT_EQ(back.history[1].change, 0.05);
  EXPECT_TRUE(back.converged);
  EXPECT_EQ(back.seconds, 1.25);
}

TEST(StageResult, HasFramesInTheOrderOfTheDataWhateverTheSolvers) {
  std::vector<FourierError> errors(4);
  const std::vector<int> order = {5, 0, 7, 2};
  for (std::size_t k = 0; k < 4; ++k) errors[k].counts = 100.0 + order[k];
  StageResult stage;
  stage.take_frames(order, errors);
  EXPECT_EQ(stage.frames, (std::vector<int>{0, 2, 5, 7}));
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(stage.errors[k].counts, 100.0 + stage.frames[k]);
}

TEST(StageResult, OfNothingComesBack) {
  const StageResult back = StageResult::from_state(StageResult{}.state());
  EXPECT_TRUE(back.object.value.empty() && back.errors.empty() && back.history.empty());
}

TEST(ReconstructionBytes, GrowWithWavesThatAnEngineKeeps) {
  const Ptychogram input = raster(20, 20);
  imaging::PtychographyConfig config;
  config.batch = 16;
  config.engine = "epie";
  const double lean = reconstruction_bytes(input, config, 400);
  config.engine = "raar";
  // Complex floats of a window, and a checkpoint's doubles beside them.
  EXPECT_DOUBLE_EQ(reconstruction_bytes(input, config, 400) - lean, 3.0 * 400.0 * 8.0 * 64.0);
}

TEST(ReconstructionBytes, OfFramesEndAtTheMemoryThatIsGiven) {
  const Ptychogram input = raster(20, 20);
  imaging::PtychographyConfig config;
  config.batch = 1;
  config.engine = "epie";
  const double all = reconstruction_bytes(input, config, 400);
  config.memory = 1e-4;  // GiB
  const double some = reconstruction_bytes(input, config, 400);
  EXPECT_LT(some, all);
  EXPECT_NEAR(reconstruction_bytes(input, config, 4000), some, 1e-6 * some);
}

// What was measured of 2763 × 2762 pixels, 11449 frames of 64² and memory = 0.25: 1244 MiB were resident while it swept
// with a checkpoint after every sweep, 1604 with halves, 1691 with the truth too. The program itself takes some 40 MiB.
TEST(ReconstructionBytes, OfALargeObjectAreWhatWasMeasured) {
  Ptychogram input;
  input.nx = input.ny = 64;
  input.object_nx = 2763;
  input.object_ny = 2762;
  input.position.resize(11449);
  imaging::PtychographyConfig config;
  config.memory = 0.25;
  constexpr double mebibyte = 1024.0 * 1024.0;
  EXPECT_NEAR(reconstruction_bytes(input, config, 11449) / mebibyte, 1204.0, 0.1 * 1204.0);
  EXPECT_NEAR(comparison_bytes(input, true, false) / mebibyte, 1564.0, 0.1 * 1564.0);
  EXPECT_NEAR(comparison_bytes(input, true, true) / mebibyte, 1651.0, 0.1 * 1651.0);
}

}  // namespace
}  // namespace locum::apps
