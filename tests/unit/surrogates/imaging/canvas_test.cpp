#include "surrogates/imaging/canvas.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/imaging/small_experiment.hpp"

namespace locum::imaging {
namespace {

using testing::small_data_set;
using testing::small_model;

ObjectFunction turned(ObjectFunction object, float phase) {
  for (auto& v : object.value) v *= std::polar(1.0f, phase);
  return object;
}

// The channels of an object and of the same with another global phase: frames cannot tell them apart, nor may the
// network. Sums over frames are taken in single precision.
TEST(Canvas, DoesNotSeeTheGlobalPhase) {
  const LabelledObject set = small_data_set(3);
  const auto model = small_model();
  const ObjectFunction object = model->back_propagated(set.data);
  const Canvas a = make_canvas({}, set.data, *model, 0, object);
  const Canvas b = make_canvas({}, set.data, *model, 0, turned(object, 1.1f));
  for (std::size_t k = 0; k < a.input.size(); ++k) ASSERT_NEAR(a.input[k], b.input[k], 2e-3) << k % input_channels;
  EXPECT_EQ(a.weight, b.weight);
}

TEST(Canvas, NothingIsMissingFromTheTruth) {
  const LabelledObject set = small_data_set(4);
  const auto model = small_model();
  const Canvas canvas = make_canvas({}, set.data, *model, 0, model->back_propagated(set.data));
  const CanvasAnswer answer = missing(canvas, turned(canvas.object, -0.7f));
  for (std::size_t k = 0; k < canvas.weight.size(); ++k)
    if (canvas.weight[k] > 0.0f) {
      ASSERT_NEAR(answer[2 * k], 0.0, 1e-5);
      ASSERT_NEAR(answer[2 * k + 1], 0.0, 1e-5);
    }
}

TEST(Canvas, WhatIsMissingCompletesTheObject) {
  const LabelledObject set = small_data_set(5);
  const auto model = small_model();
  const Canvas canvas = make_canvas({}, set.data, *model, 0, model->back_propagated(set.data));
  const CanvasAnswer answer = missing(canvas, set.truth);
  const ObjectFunction whole = completed(canvas, answer);
  const auto well_lit = [&](std::size_t k) { return canvas.reach[k] == 1.0f && std::abs(answer[2 * k]) < 0.5f; };
  std::complex<double> product = 0.0;
  for (std::size_t k = 0; k < whole.value.size(); ++k)
    if (well_lit(k)) product += std::complex<double>(whole.value[k] * std::conj(set.truth.value[k]));
  const Ptychogram::Value phase(product / std::abs(product));
  int seen = 0;
  for (std::size_t k = 0; k < whole.value.size(); ++k) {
    if (!well_lit(k)) continue;
    ++seen;
    // Logarithms are of amplitudes a fiftieth too large, which keeps them finite.
    ASSERT_NEAR(std::abs(whole.value[k]), std::abs(set.truth.value[k]), 0.02);
    ASSERT_NEAR(std::arg(whole.value[k] * std::conj(phase * set.truth.value[k])), 0.0, 1e-4);
  }
  EXPECT_GT(seen, 1000);
}

// Down the gradient: the step that the canvas's object has taken explains the frames better.
TEST(Canvas, ItsObjectHasTakenAStepDownTheGradient) {
  const LabelledObject set = small_data_set(6);
  const auto model = small_model();
  std::vector<int> frames(static_cast<std::size_t>(set.data.size()));
  std::iota(frames.begin(), frames.end(), 0);
  const ObjectFunction object = model->back_propagated(set.data);
  const Canvas canvas = make_canvas({}, set.data, *model, 0, object);
  const auto off = [&](const ObjectFunction& o) {
    double sum = 0.0;
    for (const FourierError& e : model->fourier_errors(set.data, frames, o)) sum += e.off;
    return sum;
  };
  EXPECT_LT(off(canvas.object), 0.7 * off(object));
}

// A phase ramp of the object moves every frame on the detector by as much: the truth's centre of mass is the frames',
// and an object without the ramp lacks it.
TEST(Canvas, ShiftsOfFramesAreTheMissingSlopeOfThePhase) {
  const LabelledObject set = small_data_set(7);
  const auto model = small_model();
  ObjectFunction flat = set.truth;
  const double slope = 0.02;  // cycles a pixel
  for (int x = 0; x < set.data.object_nx; ++x)
    for (int y = 0; y < set.data.object_ny; ++y)
      flat.value[static_cast<std::size_t>(x) * set.data.object_ny + y] *=
          std::polar(1.0f, static_cast<float>(-2.0 * M_PI * slope * x));
  std::vector<int> frames(static_cast<std::size_t>(set.data.size()));
  std::iota(frames.begin(), frames.end(), 0);
  for (const FourierError& e : model->fourier_errors(set.data, frames, flat)) {
    EXPECT_NEAR(e.shift_x, slope,
                2e-3);  // 1e6 counts tell a mean to some 1e-4; the model's tails are cut by the window
    EXPECT_NEAR(e.shift_y, 0.0, 2e-3);
  }
}

TEST(Canvas, MeansBelowProbesAreWeighedByTheirIntensity) {
  const LabelledObject set = small_data_set(8);
  const std::vector<float> four(set.data.object_size(), 4.0f);
  for (double mean : below_probes(set.data, {0, 7, 35}, four)) EXPECT_NEAR(mean, 2.0, 1e-5);
}

TEST(Canvas, AMeanBelowAProbeOfWhatIsNoNumberIsNone) {
  const LabelledObject set = small_data_set(8);
  std::vector<float> map(set.data.object_size(), 4.0f);
  const PixelBox window = set.data.window_of(0);
  map[static_cast<std::size_t>(window.x0 + 1) * set.data.object_ny + window.y0 + 1] = std::nanf("");
  const std::vector<double> means = below_probes(set.data, {0, 35}, map);
  EXPECT_TRUE(std::isnan(means[0]));
  EXPECT_NEAR(means[1], 2.0, 1e-5);
}

// Answers that ranks do not compute together, so that what is left is the canvas's own.
class FixedModel final : public DiffractionModel {
 public:
  ObjectFunction back_propagated(const Ptychogram& input) override { return Ptychography::make_output(input); }
  void sequential_sweeps(const Ptychogram&, std::span<const int>, int, ObjectFunction&) override {}
  void descend(const Ptychogram&, std::span<const int>, int, ObjectFunction&) override {}
  void conjugate_sweeps(const Ptychogram&, std::span<const int>, int, ObjectFunction&) override {}
  std::vector<FourierError> fourier_errors(const Ptychogram&, std::span<const int> frames,
                                           const ObjectFunction&) override {
    std::vector<FourierError> errors(frames.size());
    for (std::size_t j = 0; j < errors.size(); ++j) {
      errors[j].counts = 1e6;
      errors[j].shift_x = 1e-3 * static_cast<double>(j % 7);
      errors[j].shift_y = -1e-3 * static_cast<double>(j % 5);
    }
    return errors;
  }
  double gradient(const Ptychogram& input, std::span<const int>, const ObjectFunction&, ObjectFunction& g) override {
    g.value.assign(input.object_size(), {1e-6f, -2e-6f});
    return 1.0;
  }
};

TEST(Canvas, FromSeveralRanksIsThatOfOneToTheBit) {
  LabelledObject set = small_data_set(11);
  FixedModel model;
  std::vector<int> frames(static_cast<std::size_t>(set.data.size()));
  std::iota(frames.begin(), frames.end(), 0);
  const Canvas alone = make_canvas({}, set.data, model, 0, set.truth);
  const std::vector<double> below_alone = below_probes(set.data, frames, alone.weight);
  set.data.comm = Communicator::world();
  const Canvas together = make_canvas({}, set.data, model, 0, set.truth);
  EXPECT_EQ(alone.input, together.input);
  EXPECT_EQ(alone.weight, together.weight);
  EXPECT_EQ(below_alone, below_probes(set.data, frames, alone.weight));
}

TEST(Illumination, IsTheSumOfMovedProbesForAnyRows) {
  const Ptychogram data = small_data_set(12).data;
  const std::vector<float> probe = probe_intensity(data);
  const auto frames = static_cast<std::size_t>(data.size());
  std::vector<float> numbers(2 * frames, 1.0f);
  for (std::size_t j = 0; j < frames; ++j) numbers[frames + j] = 0.3f * static_cast<float>(j) - 2.0f;
  std::vector<double> expected(2 * data.object_size(), 0.0);
  for (std::size_t j = 0; j < frames; ++j)
    for (int x = 0; x < data.nx; ++x)
      for (int y = 0; y < data.ny; ++y)
        for (int corner = 0; corner < 4; ++corner) {
          const PixelBox window = data.window_of(static_cast<int>(j));
          const double fx = data.position[j][0] - window.x0, fy = data.position[j][1] - window.y0;
          const int a = corner / 2, b = corner % 2;
          const double share =
              (a ? fx : 1.0 - fx) * (b ? fy : 1.0 - fy) * probe[static_cast<std::size_t>(x) * data.ny + y];
          if (share == 0.0) continue;
          const std::size_t at = static_cast<std::size_t>(window.x0 + x + a) * data.object_ny + window.y0 + y + b;
          expected[at] += share;
          expected[data.object_size() + at] += share * numbers[frames + j];
        }
  const int first = 11, last = 40, rows = last - first;
  ASSERT_GT(data.object_nx, last);
  const std::vector<float> light = illumination(data), part = spread(data, numbers, 2, first, last);
  const float bright = *std::max_element(light.begin(), light.end());
  for (std::size_t k = 0; k < light.size(); ++k) ASSERT_NEAR(light[k], expected[k], 1e-5 * bright);
  for (int map = 0; map < 2; ++map)
    for (int x = first; x < last; ++x)
      for (int y = 0; y < data.object_ny; ++y)
        ASSERT_NEAR(part[(static_cast<std::size_t>(map) * rows + (x - first)) * data.object_ny + y],
                    expected[map * data.object_size() + static_cast<std::size_t>(x) * data.object_ny + y],
                    1e-4 * bright);  // numbers up to 9 in single precision
}

TEST(LabelledObject, ComesBackFromItsLabel) {
  const LabelledObject set = small_data_set(9);
  const LabelledObject back = labelled_object(label_of(set), 16);
  EXPECT_EQ(back.core, set.core);
  EXPECT_EQ(back.truth.value, set.truth.value);
  EXPECT_EQ(back.data.position, set.data.position);
  EXPECT_EQ(back.data.probe, set.data.probe);
  EXPECT_EQ(back.data.tiles.size(), set.data.tiles.size());
  std::vector<float> a(set.data.window()), b(set.data.window());
  const std::vector<int> one = {5};
  set.data.frames->read(one, a);
  back.data.frames->read(one, b);
  EXPECT_EQ(a, b);
}

// A tile's label holds the frames over it, and is judged inside its core only.
TEST(LabelledObject, OfATileHasTheTilesCore) {
  const LabelledObject set = small_data_set(10);
  const LabelledObject tile = labelled_object(Ptychography::label(set.data, set.truth, 2), 16);
  ASSERT_EQ(tile.data.tiles.size(), 1u);
  EXPECT_EQ(tile.data.tiles[0].core, tile.core);
  EXPECT_EQ(tile.core.nx(), set.data.tiles[2].core.nx());
  EXPECT_EQ(tile.data.tiles[0].frames.size(), set.data.tiles[2].frames.size());
  EXPECT_GE(tile.data.size(), static_cast<int>(set.data.tiles[2].frames.size()));
}

TEST(LabelledObject, AFieldThatIsMissingIsNamed) {
  FieldSet none;
  try {
    labelled_object(none, 16);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("counts"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace locum::imaging
