#include "solvers/imaging/ptychography/simulation/simulated_frames.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/detectors/dose.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"

namespace locum::imaging {
namespace {

using Complex = std::complex<double>;

SimulatedPtychogramConfig small_experiment() {
  SimulatedPtychogramConfig config;
  config.pixels = 32;
  config.probe.aberrations.defocus = 60.0;
  config.window.rim_share = 0.05;
  config.scan.points = {3, 5};
  config.counts = 1e4;
  return config;
}

std::vector<float> all_of(const Ptychogram& data) {
  std::vector<int> which(static_cast<std::size_t>(data.size()));
  std::iota(which.begin(), which.end(), 0);
  std::vector<float> counts(which.size() * data.window());
  data.frames->read(which, counts);
  return counts;
}

std::vector<double> expected(FrameModel& model, const std::vector<std::array<double, 2>>& position) {
  std::vector<double> all;
  for (const auto& p : position) {
    const Intensities counts = model.make_intensities();
    model.expect(std::span(&p, 1), counts);
    const auto host = host_copy(counts);
    all.insert(all.end(), host.data(), host.data() + host.extent(1) * host.extent(2));
  }
  return all;
}

// The model's definition in plain loops: a discrete Fourier transform of probe times object.
std::vector<double> by_definition(const Ptychogram& data, const ObjectFunction& object, int x0, int y0) {
  std::vector<double> frame(data.window(), 0.0);
  const auto nx = static_cast<std::size_t>(data.nx), ny = static_cast<std::size_t>(data.ny);
  for (int m = 0; m < data.modes; ++m)
    for (std::size_t kx = 0; kx < nx; ++kx)
      for (std::size_t ky = 0; ky < ny; ++ky) {
        Complex sum = 0.0;
        for (std::size_t ix = 0; ix < nx; ++ix)
          for (std::size_t iy = 0; iy < ny; ++iy) {
            const double turns = double(kx * ix % nx) / double(nx) + double(ky * iy % ny) / double(ny);
            sum += Complex(data.probe[m * data.window() + ix * ny + iy]) *
                   Complex(object.value[(x0 + ix) * data.object_ny + y0 + iy]) *
                   std::polar(1.0, -2.0 * units::pi * turns);
          }
        frame[kx * ny + ky] += std::norm(sum) / double(nx * ny);
      }
  return frame;
}

Ptychogram tiny(int modes) {
  Ptychogram data;
  data.nx = 8;
  data.ny = 6;
  data.dx = data.dy = 0.5;
  data.object_nx = 14;
  data.object_ny = 13;
  data.modes = modes;
  for (int k = 0; k < modes * 48; ++k) data.probe.push_back(std::polar(1.0f + 0.01f * (k % 7), 0.3f * k));
  return data;
}

TEST(FarFieldFrames, AgreeWithTheDefinitionInPlainLoops) {
  RandomObjectConfig config;
  const ObjectFunction object = random_object(config, 14, 13, 0);
  for (const int modes : {1, 2}) {
    const Ptychogram data = tiny(modes);
    const auto model = far_field_frames(ExecutionSpace(), data, object);
    const auto found = expected(*model, {{3.0, 5.0}, {6.0, 7.0}});
    for (const auto& [j, x0, y0] : {std::array{0, 3, 5}, {1, 6, 7}}) {
      const auto frame = by_definition(data, object, x0, y0);
      for (std::size_t k = 0; k < 48; ++k) EXPECT_NEAR(found[j * 48 + k], frame[k], 1e-9);  // of numbers up to some 30
    }
  }
}

TEST(FarFieldFrames, AFlatObjectLeavesTheBeamItsCounts) {
  SimulatedPtychogramConfig config = small_experiment();
  config.object.phase = 0.0;
  config.object.amplitude = 1.0;
  config.noise.poisson = false;
  const auto simulated = simulate_ptychogram({}, config, 0);
  const auto counts = all_of(simulated.data);
  for (int j = 0; j < simulated.data.size(); ++j) {
    const auto* first = counts.data() + j * simulated.data.window();
    EXPECT_NEAR(std::accumulate(first, first + simulated.data.window(), 0.0), 1e4, 1e-2);  // Parseval; float's rounding
  }
}

TEST(FarFieldFrames, AFractionOfAPixelMovesTheProbeExactly) {
  // An object that is one plane wave shifts the frame and nothing else: at whole and at fractional positions alike.
  SimulatedPtychogram simulated = simulated_geometry({}, small_experiment(), 0);
  Ptychogram& data = simulated.data;
  ObjectFunction wave;
  for (int ix = 0; ix < data.object_nx; ++ix)
    for (int iy = 0; iy < data.object_ny; ++iy)
      wave.value.push_back(std::polar(1.0f, float(2.0 * units::pi * (3 * ix % 32 + 31 * iy % 32) / 32.0)));
  const auto model = far_field_frames(ExecutionSpace(), data, wave);
  const auto empty = far_field_frames(ExecutionSpace(), data, Ptychography::make_output(data));
  const auto beam = expected(*empty, {{2.0, 2.0}});
  for (const auto& at : {std::array{2.0, 2.0}, {2.37, 3.81}, {4.5, 2.5}}) {
    const auto found = expected(*model, {at});
    for (int kx = 0; kx < 32; ++kx)
      for (int ky = 0; ky < 32; ++ky)  // to 3 float roundings of the object's phases, of pixels up to some 40 counts
        EXPECT_NEAR(found[kx * 32 + ky], beam[(kx + 29) % 32 * 32 + (ky + 1) % 32], 1e-4);
  }
}

TEST(FarFieldFrames, AreTheFramesOfTheProbeMovedByHand) {
  SimulatedPtychogram simulated = simulated_geometry({}, small_experiment(), 0);
  Ptychogram& data = simulated.data;
  const ObjectFunction object = random_object({}, data.object_nx, data.object_ny, 0);
  const auto model = far_field_frames(ExecutionSpace(), data, object);
  const auto found = expected(*model, {{3.3, 4.6}});
  Ptychogram moved = data;
  moved.probe = shifted_probe(data.probe, 1, 32, 32, {0.3, 0.6});
  const auto frame = by_definition(moved, object, 3, 4);
  for (std::size_t k = 0; k < frame.size(); ++k)
    EXPECT_NEAR(found[k], frame[k], 1e-5 * (1.0 + frame[k]));  // float probe
}

TEST(FarFieldFrames, WhatDoesNotFitIsRefused) {
  const Ptychogram data = tiny(1);
  EXPECT_THROW(far_field_frames(ExecutionSpace(), data, ObjectFunction{}), ConfigError);
  const auto model = far_field_frames(ExecutionSpace(), data, Ptychography::make_output(data));
  EXPECT_THROW(expected(*model, {{6.5, 8.0}}), ConfigError);
  EXPECT_THROW(expected(*model, {{-0.1, 0.0}}), ConfigError);
  EXPECT_THROW(expected(*model, {{std::nan(""), 0.0}}), ConfigError);
  EXPECT_NO_THROW(expected(*model, {{6.0, 7.0}}));
  EXPECT_TRUE(expected(*model, {}).empty());
}

TEST(SimulatedFrames, CountsHaveThePoissonMeanAndVariance) {
  SimulatedPtychogramConfig config = small_experiment();
  config.scan.points = {1, 1};
  config.noise.background = 0.5;
  const SimulatedPtychogram simulated = simulated_geometry({}, config, 0);
  const ObjectFunction object = random_object(config.object, simulated.data.object_nx, simulated.data.object_ny, 0);
  const auto make = [&] { return far_field_frames(ExecutionSpace(), simulated.data, object); };
  constexpr int repeats = 400;
  const SimulatedFrames frames(ExecutionSpace(), make(), {repeats, simulated.true_position[0]}, config.noise);
  const auto mean = expected(*make(), {simulated.true_position[0]});
  std::vector<int> which(repeats);
  std::iota(which.begin(), which.end(), 0);
  std::vector<float> counts(repeats * mean.size());
  frames.read(which, counts);
  double z = 0.0, chi2 = 0.0;
  for (std::size_t k = 0; k < mean.size(); ++k)
    for (int j = 0; j < repeats; ++j) {
      const double off = (counts[j * mean.size() + k] - mean[k] - 0.5) / std::sqrt(mean[k] + 0.5);
      z += off;
      chi2 += off * off;
    }
  const double n = double(repeats) * double(mean.size());
  EXPECT_NEAR(z / n, 0.0, 4.0 / std::sqrt(n));
  EXPECT_NEAR(chi2 / n, 1.0, 4.0 * std::sqrt((2.0 + 2.0) / n));  // the fourth moment's 2 + 1/λ, λ ≥ 0.5
}

TEST(SimulatedFrames, AFrameIsTheSameWheneverItIsRead) {
  SimulatedPtychogramConfig config = small_experiment();
  config.noise.readout = 1.5;
  config.noise.background = 2.0;
  config.noise.dead_pixels = 0.02;
  const auto simulated = simulate_ptychogram({}, config, 4, false);
  const auto all = all_of(simulated.data);
  const std::size_t window = simulated.data.window();
  for (const auto& which : {std::vector<int>{14}, {3, 0}, {7, 7, 1, 13, 2, 5, 9, 11, 12, 14}, {}}) {
    std::vector<float> counts(which.size() * window);
    simulated.data.frames->read(which, counts);
    for (std::size_t k = 0; k < which.size(); ++k)
      for (std::size_t p = 0; p < window; ++p)
        ASSERT_EQ(counts[k * window + p], all[which[k] * window + p]) << which[k];
  }
  const auto other = simulate_ptychogram({}, config, 5, false);
  EXPECT_NE(all_of(other.data), all);
  EXPECT_EQ(other.data.mask, simulated.data.mask);  // the detector stays
}

TEST(SimulatedFrames, DeadAndHiddenPixelsReadNothingAndAreMasked) {
  SimulatedPtychogramConfig config = small_experiment();
  config.noise.dead_pixels = 0.1;
  config.noise.beam_stop = 3.0;
  config.noise.background = 50.0;
  const auto simulated = simulate_ptychogram({}, config, 0);
  const auto& mask = simulated.data.mask;
  ASSERT_EQ(mask.size(), simulated.data.window());
  const double masked = 1024.0 - std::accumulate(mask.begin(), mask.end(), 0.0);
  EXPECT_NEAR(masked, 25.0 + 0.1 * 999.0, 4.0 * std::sqrt(90.0));  // 25 pixels nearer than 3 to the axis
  EXPECT_EQ(mask[0], 0.0f);
  const auto counts = all_of(simulated.data);
  for (std::size_t k = 0; k < counts.size(); ++k) EXPECT_EQ(counts[k] > 0.0f, mask[k % 1024] > 0.0f);
  simulated.data.validate();
  EXPECT_EQ(simulated.data.background, std::vector<float>(1024, 50.0f));
}

TEST(SimulatedFrames, ReadoutNoiseAddsItsVariance) {
  SimulatedPtychogramConfig config = small_experiment();
  config.noise.poisson = false;
  config.noise.background = 100.0;
  const auto clean = all_of(simulate_ptychogram({}, config, 0).data);
  config.noise.readout = 3.0;
  const auto noisy = all_of(simulate_ptychogram({}, config, 0).data);
  double square = 0.0;
  for (std::size_t k = 0; k < clean.size(); ++k) square += std::pow(noisy[k] - clean[k], 2) / double(clean.size());
  EXPECT_NEAR(square, 9.0, 4.0 * 9.0 * std::sqrt(2.0 / double(clean.size())));
}

TEST(SimulatedFrames, WhatIsNotThereIsRefused) {
  const auto simulated = simulate_ptychogram({}, small_experiment(), 0, false);
  const auto kept = simulate_ptychogram({}, small_experiment(), 0, true);
  std::vector<float> room(1024), small(1023);
  for (const auto* data : {&simulated.data, &kept.data}) {
    EXPECT_THROW(data->frames->read(std::vector<int>{15}, room), ConfigError);
    EXPECT_THROW(data->frames->read(std::vector<int>{-1}, room), ConfigError);
    EXPECT_THROW(data->frames->read(std::vector<int>{0}, small), ConfigError);
  }
  FrameNoiseConfig noise;
  noise.dead_pixels = 2.0;
  EXPECT_THROW(noise.validate(), ConfigError);
}

TEST(SimulatedPtychogram, IsWhatTheConfigurationSays) {
  SimulatedPtychogramConfig config = small_experiment();
  config.position_error = 1.5;
  config.scan.jitter = 0.2;
  const auto simulated = simulate_ptychogram({}, config, 2);
  const Ptychogram& data = simulated.data;
  EXPECT_NO_THROW(data.validate());
  EXPECT_EQ(data.size(), 15);
  EXPECT_EQ(simulated.truth.value.size(), data.object_size());
  EXPECT_NE(simulated.true_position, data.position);
  Ptychogram moved = data;
  moved.position = simulated.true_position;
  EXPECT_NO_THROW(moved.validate());  // the margin holds the errors
  config.position_error = 0.0;
  config.dose = 500.0;
  const auto other = simulated_geometry({}, config, 2);
  double counts = 0.0;
  for (const auto& v : other.data.probe) counts += std::norm(Complex(v));
  const Grid window{32, 32, 32 * data.dx, 32 * data.dy};
  const double step = 0.3 * probe_diameter(data.probe, window, 1);
  EXPECT_NEAR(counts, 500.0 * step * step, 1e-3 * counts);
  EXPECT_EQ(other.true_position, other.data.position);
}

TEST(SimulatedPtychogram, RanksHoldTheSameFrames) {
  SimulatedPtychogramConfig config = small_experiment();
  config.scan.points = {3, 3};
  Context world;
  world.comm = Communicator::world();
  const auto together = simulate_ptychogram(world, config, 1);
  const auto alone = simulate_ptychogram({}, config, 1, false);
  EXPECT_EQ(together.data.position, alone.data.position);
  EXPECT_EQ(all_of(together.data), all_of(alone.data));
  EXPECT_EQ(together.truth.value, alone.truth.value);
}

}  // namespace
}  // namespace locum::imaging
