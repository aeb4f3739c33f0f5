#include "solvers/imaging/ptychography/simulation/multislice_frames.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"
#include "solvers/imaging/ptychography/simulation/specimen_object.hpp"

namespace locum::imaging {
namespace {

// A few layers of silicon, off the corners, of 3 × 3 cells of 5.431 Å.
Specimen silicon(int layers) {
  constexpr double a = 5.431;
  Specimen s{3 * a, 3 * a, layers * a, {}, {}, {}};
  for (int x = 0; x < 3; ++x)
    for (int y = 0; y < 3; ++y)
      for (int z = 0; z < layers; ++z)
        for (const auto& at : {Vec3{0.1, 0.1, 0.1}, {0.6, 0.6, 0.1}, {0.35, 0.35, 0.35}, {0.85, 0.85, 0.35}})
          s.position.push_back({(x + at[0]) * a, (y + at[1]) * a, (z + at[2]) * a});
  s.atomic_number.assign(s.position.size(), 14);
  return s;
}

Configurations still(const Specimen& specimen, int count = 1) {
  return {count, [specimen](int) { return specimen; }};
}

SimulatedPtychogramConfig experiment() {
  SimulatedPtychogramConfig config;
  config.pixels = 48;
  config.probe.aberrations.defocus = 40.0;
  config.window.rim_share = 0.05;
  config.scan.points = {2, 2};
  config.noise.poisson = false;
  return config;
}

std::vector<double> frame_of(FrameModel& model, std::array<double, 2> position) {
  const Intensities counts = model.make_intensities();
  model.expect(std::span(&position, 1), counts);
  const auto host = host_copy(counts);
  return {host.data(), host.data() + host.extent(1) * host.extent(2)};
}

// √(Σ (√a − √b)² / Σ b) over frequencies inside multislice's band limit.
double amplitude_distance(const std::vector<double>& a, const std::vector<double>& b, const Grid& window,
                          double limit) {
  double off = 0.0, all = 0.0;
  for (int ix = 0; ix < window.nx; ++ix)
    for (int iy = 0; iy < window.ny; ++iy) {
      if (std::hypot(window.kx(ix), window.ky(iy)) > 0.999 * limit) continue;
      const std::size_t k = static_cast<std::size_t>(ix) * window.ny + iy;
      off += std::pow(std::sqrt(a[k]) - std::sqrt(b[k]), 2);
      all += b[k];
    }
  return std::sqrt(off / all);
}

struct Experiment {
  Grid cell;
  SimulatedPtychogram simulated;
  Grid window() const {
    const Ptychogram& d = simulated.data;
    return {d.nx, d.ny, d.nx * d.dx, d.ny * d.dy};
  }
};

Experiment make_experiment(const Specimen& specimen, int pixels = 48) {
  Experiment e;
  SimulatedPtychogramConfig config = experiment();
  config.pixels = pixels;
  e.cell = specimen_grid(specimen, 0.25);
  e.simulated = simulated_geometry({}, config, 0, {e.cell.dx(), e.cell.dy()});
  e.simulated.truth =
      specimen_object({}, specimen, e.cell, 300.0, {}, e.simulated.data.object_nx, e.simulated.data.object_ny);
  return e;
}

MultisliceFramesSetup setup_of(const Experiment& e, std::vector<double> edges) {
  MultisliceFramesSetup setup;
  setup.cell = e.cell;
  setup.energy = 300.0;
  setup.potential.projection = "infinite";
  setup.edges = std::move(edges);
  return setup;
}

TEST(SpecimenObject, IsThePhaseOfTheProjectedPotential) {
  const Specimen specimen = silicon(1);
  const Grid cell = specimen_grid(specimen, 0.25);
  EXPECT_LE(cell.dx(), 0.25);
  const ObjectFunction object = specimen_object({}, specimen, cell, 300.0, {}, cell.nx + 5, cell.ny);
  double mean = 0.0, largest = 0.0;
  for (int ix = 0; ix < cell.nx; ++ix)
    for (int iy = 0; iy < cell.ny; ++iy) {
      const double phase = std::arg(object.value[ix * cell.ny + iy]);
      mean += phase / (cell.nx * cell.ny);
      largest = std::max(largest, phase);
    }
  // The mean of v is C Σ f(0) / area; silicon's f(0) is 5.83 Å (Kirkland, table C.4, to a percent among
  // parametrisations), so σ v = 6.53e-4 · 47.88 · 36 · 5.83 / 265.5 = 0.0247 rad. The band limit takes some off
  // exp(iσv).
  EXPECT_NEAR(mean, 0.0247, 0.001);
  EXPECT_GT(largest, 0.2);
  for (int iy = 0; iy < cell.ny; ++iy)  // beyond the cell it begins again
    EXPECT_EQ(object.value[static_cast<std::size_t>(cell.nx + 2) * cell.ny + iy], object.value[2 * cell.ny + iy]);
}

TEST(MultisliceFrames, OneThinSliceIsTheThinObject) {
  const Specimen specimen = silicon(1);
  // The window is the cell: inside the band limit both are the same transform, of waves in float; beyond it multislice
  // has none. A smaller window cuts the probe's tails, here a few percent of its intensity on the rim, and multislice
  // leaves out what the cut scatters beyond the band limit.
  const Grid cell = specimen_grid(specimen, 0.25);
  for (const auto& [pixels, tolerance] : {std::pair{cell.nx, 2e-5}, {48, 3e-3}}) {
    const Experiment e = make_experiment(specimen, pixels);
    const auto thick = multislice_frames({}, e.simulated.data, setup_of(e, {0.0, 5.431}), still(specimen));
    const auto thin = far_field_frames(ExecutionSpace(), e.simulated.data, e.simulated.truth);
    for (const auto& p : {std::array{2.0, 3.0}, {4.37, 6.81}}) {
      const double off = amplitude_distance(frame_of(*thick, p), frame_of(*thin, p), e.window(), e.cell.band_limit());
      EXPECT_LT(off, tolerance) << pixels;
    }
  }
}

TEST(MultisliceFrames, AThickSpecimenIsNoProductAnyMore) {
  double before = 0.0;
  for (const int layers : {2, 8}) {
    const Specimen specimen = silicon(layers);
    const Experiment e = make_experiment(specimen);
    SliceConfig slices;
    slices.thickness = 1.4;
    const auto thick =
        multislice_frames({}, e.simulated.data, setup_of(e, slice_edges(specimen.lz, slices)), still(specimen));
    const auto thin = far_field_frames(ExecutionSpace(), e.simulated.data, e.simulated.truth);
    const auto frame = frame_of(*thick, {2.0, 3.0});
    const double off = amplitude_distance(frame, frame_of(*thin, {2.0, 3.0}), e.window(), e.cell.band_limit());
    EXPECT_GT(off, 2.0 * before + 0.003);
    before = off;
    const double counts = std::accumulate(frame.begin(), frame.end(), 0.0);
    EXPECT_LT(counts, 1e6 * 1.01);  // what leaves the band limit is lost
    EXPECT_GT(counts, 1e6 * 0.9);
  }
}

TEST(MultisliceFrames, AreTheMeanOverConfigurations) {
  const Specimen specimen = silicon(1);
  Specimen moved = specimen;
  for (auto& p : moved.position) p[0] += 0.4;
  const Experiment e = make_experiment(specimen);
  const auto frame = [&](const Configurations& c) {
    const auto model = multislice_frames({}, e.simulated.data, setup_of(e, {0.0, 5.431}), c);
    return frame_of(*model, {2.25, 3.5});
  };
  const auto a = frame(still(specimen)), b = frame(still(moved));
  const auto mean = frame({2, [&](int c) { return c == 0 ? specimen : moved; }});
  for (std::size_t k = 0; k < mean.size(); ++k) EXPECT_NEAR(mean[k], 0.5 * (a[k] + b[k]), 1e-6 * (1.0 + mean[k]));
}

TEST(MultisliceFrames, AWindowOrAPixelThatDoesNotFitIsRefused) {
  const Specimen specimen = silicon(1);
  Experiment e = make_experiment(specimen);
  const auto make = [&] { multislice_frames({}, e.simulated.data, setup_of(e, {0.0, 5.431}), still(specimen)); };
  EXPECT_NO_THROW(make());
  e.simulated.data.dx *= 1.01;
  EXPECT_THROW(make(), ConfigError);
  e = make_experiment(specimen);
  e.simulated.data.nx = 100;
  EXPECT_THROW(make(), ConfigError);
  e = make_experiment(specimen);
  EXPECT_THROW(multislice_frames({}, e.simulated.data, setup_of(e, {0.0, 5.431}), still(specimen, 0)), ConfigError);
}

TEST(SimulateSpecimen, TakesThinObjectsAndSlices) {
  const Specimen specimen = silicon(2);
  const Grid cell = specimen_grid(specimen, 0.25);
  Context world;
  world.comm = Communicator::world();
  for (const bool thick : {false, true}) {
    MultisliceFramesSetup setup;
    setup.cell = cell;
    if (thick) setup.edges = {0.0, 5.431, 10.862};
    const auto simulated = simulate_specimen(world, experiment(), setup, still(specimen), 0);
    EXPECT_NO_THROW(simulated.data.validate());
    EXPECT_EQ(simulated.data.dx, cell.dx());
    std::vector<float> counts(4 * simulated.data.window());
    simulated.data.frames->read(std::vector<int>{0, 1, 2, 3}, counts);
    EXPECT_NEAR(std::accumulate(counts.begin(), counts.end(), 0.0), 4e6, 0.05 * 4e6);
  }
}

}  // namespace
}  // namespace locum::imaging
