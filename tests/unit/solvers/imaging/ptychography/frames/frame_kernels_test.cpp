#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/ptychography_fields.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

using namespace locum;
using namespace locum::imaging;

namespace {

// Largest |a − b|, of the largest |a|.
double largest_difference(const std::vector<plain::Field>& a, const Planes& b, int first) {
  const auto host = host_copy(b.values);
  const std::ptrdiff_t front = b.at(0) - b.values.data();
  double largest = 0.0, most = 0.0;
  for (std::size_t m = 0; m < a.size(); ++m) {
    const float* plane = host.data() + front + 2 * (static_cast<std::size_t>(first) + m) * b.plane();
    const std::size_t ny = a[m].size() / static_cast<std::size_t>(b.rows);
    for (std::size_t k = 0; k < a[m].size(); ++k) {
      const float* at = plane + k / ny * static_cast<std::size_t>(b.stride) + k % ny;
      largest = std::max(largest, std::abs(a[m][k] - plain::Complex(at[0], at[b.plane()])));
      most = std::max(most, std::abs(a[m][k]));
    }
  }
  return largest / most;
}

void expect_changes(plain::Setting setting, bool fractional, bool masked) {
  const auto positions = plain::grid(setting, 2, 2, 0.4 * setting.nx, 0.6, fractional);
  plain::Case c = plain::make(setting, positions);
  if (masked) {
    c.data.mask.assign(c.data.window(), 1.0f);
    for (std::size_t k = 0; k < c.data.window(); k += 7) c.data.mask[k] = 0.0f;
  }
  plain::Setting other = setting;
  const plain::Field object = plain::random_object(other, 5);
  PtychographyFields fields(c.data, {0, 1, 2, 3}, {}, 4, 4, 0.0);
  fields.set_object(plain::narrow(object));
  const std::vector<int> places = {2, 0, 3, 1};
  const auto held = fields.hold(places);
  double amplitude = 0.0, amplitudes = 0.0;
  fields.change_of(held, amplitude, amplitudes);
  for (int k = 0; k < 4; ++k)
    // A few roundings of float in each of log₂ N stages, seen against the largest value.
    EXPECT_LT(largest_difference(plain::change(c, object, c.probe, fields.frame(places[static_cast<std::size_t>(k)])),
                                 fields.change(), k * setting.modes),
              2e-5)
        << setting.nx << " × " << setting.ny << ", " << setting.modes << " modes, frame " << k;
}

}  // namespace

TEST(FrameKernels, ChangeIsWhatPlainLoopsGiveAtEverySize) {
  const int sizes[][2] = {{8, 8}, {48, 60}, {60, 48}, {96, 20}, {30, 42}, {64, 64}, {7, 16}, {15, 21}, {27, 25}};
  for (const auto& size : sizes) {
    plain::Setting setting;
    setting.nx = size[0];
    setting.ny = size[1];
    expect_changes(setting, false, false);
  }
}

TEST(FrameKernels, ChangeOfSeveralModesSharesTheirIntensity) {
  for (const int modes : {2, 3}) {
    plain::Setting setting;
    setting.nx = 20;
    setting.ny = 24;
    setting.modes = modes;
    expect_changes(setting, false, false);
    expect_changes(setting, true, true);
  }
}

TEST(FrameKernels, ProbesMoveByFractionsOfAPixel) {
  plain::Setting setting;
  setting.nx = setting.ny = 24;
  expect_changes(setting, true, false);
}

TEST(FrameKernels, MaskedPixelsKeepTheModelAndBackgroundBelongsToIt) {
  plain::Setting setting;
  setting.nx = setting.ny = 18;
  setting.background = 3.0;
  expect_changes(setting, false, true);
}

TEST(FrameKernels, TheTruthNeedsNoChangeAndHasNoErrors) {
  plain::Setting setting;
  setting.nx = setting.ny = 32;
  const plain::Case c = plain::make(setting, plain::grid(setting, 3, 3, 6.0, 0.4, true));
  PtychographyFields fields(c.data, {0, 1, 2, 3, 4, 5, 6, 7, 8}, {}, 4, 4, 0.0);
  fields.set_object(plain::narrow(c.object));
  for (const FourierError& e : all_errors(fields)) {
    EXPECT_LT(e.amplitude / e.amplitudes, 1e-4);  // roundings of float, most where there is next to nothing
    EXPECT_NEAR(e.counts, setting.counts * e.counts / setting.counts, 1e-6 * e.counts);
  }
}

TEST(FrameKernels, NoiseIsForecastWhereThereIsOnlyNoise) {
  plain::Setting setting;
  setting.nx = setting.ny = 32;
  setting.noise = true;
  setting.counts = 2e4;
  const plain::Case c = plain::make(setting, plain::grid(setting, 4, 4, 6.0, 0.0, false));
  std::vector<int> which;
  for (int j = 0; j < c.data.size(); ++j) which.push_back(j);
  PtychographyFields fields(c.data, which, {}, 16, 16, 0.0);
  fields.set_object(plain::narrow(c.object));
  double off = 0.0, noise = 0.0;
  for (const FourierError& e : all_errors(fields)) {
    off += e.off;
    noise += e.noise;
  }
  EXPECT_NEAR(off / noise, 1.0, 0.05);  // 16 frames of 1,024 pixels: 1 % by chance
}

TEST(FrameKernels, SizesThatCannotBeTransformedNameOneThatCan) {
  try {
    FrameKernels(ExecutionSpace(), 22, 16, 1, 1);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("24"), std::string::npos) << error.what();
  }
}

TEST(FrameStore, CountsThatCannotBeAreRefusedUnlessMasked) {
  plain::Setting setting;
  plain::Case c = plain::make(setting, plain::grid(setting, 2, 2, 3.0, 0.0, false));
  c.counts[2 * c.data.window() + 5] = -1.0f;
  c.data.frames = std::make_shared<FramesInMemory>(c.data.size(), c.counts);
  EXPECT_THROW(PtychographyFields(c.data, {0, 1, 2, 3}, {}, 4, 4, 0.0), NumericalError);
  c.data.mask.assign(c.data.window(), 1.0f);
  c.data.mask[5] = 0.0f;
  EXPECT_NO_THROW(PtychographyFields(c.data, {0, 1, 2, 3}, {}, 4, 4, 0.0));
}
