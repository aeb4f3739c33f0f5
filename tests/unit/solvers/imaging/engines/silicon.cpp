#include "tests/unit/solvers/imaging/engines/silicon.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/specimen/thermal.hpp"

namespace locum::imaging::testing {
namespace {

constexpr double a = 5.431;
constexpr double basis[8][3] = {{0, 0, 0},       {.5, .5, 0},     {.5, 0, .5},     {0, .5, .5},
                                {.25, .25, .25}, {.75, .75, .25}, {.75, .25, .75}, {.25, .75, .75}};

}  // namespace

Specimen silicon_100(int nx, int ny, int nz, double rms_displacement) {
  Specimen s{nx * a, ny * a, nz * a, {}, {}, {}};
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y)
      for (int z = 0; z < nz; ++z)
        for (const auto& at : basis) s.position.push_back({(x + at[0]) * a, (y + at[1]) * a, (z + at[2] + 0.1) * a});
  s.atomic_number.assign(s.position.size(), 14);
  s.rms_displacement.assign(s.position.size(), rms_displacement);
  return s;
}

Specimen random_silicon(int nx, int ny, int nz, double rms_displacement) {
  Specimen s = silicon_100(nx, ny, nz, rms_displacement);
  for (std::size_t k = 0; k < s.position.size(); ++k)
    s.position[k] = {s.lx * random::uniform(1, random::Stream::shuffle, k, 0, 0),
                     s.ly * random::uniform(1, random::Stream::shuffle, k, 0, 1),
                     s.lz * random::uniform(1, random::Stream::shuffle, k, 0, 2)};
  return s;
}

Configurations thermal(const Specimen& specimen, int count) {
  return {count, [specimen](int c) { return displaced(specimen, 7, c); }};
}

ScanSetup microscope(const Specimen& specimen, int points, double slice_thickness) {
  ScanSetup setup;
  setup.grid = {points, points, specimen.lx, specimen.ly};
  setup.probe.energy = 200.0;
  setup.probe.convergence = 20.0;
  const double limit = 0.99e3 * wavelength(200.0) * setup.grid.band_limit();
  const struct {
    const char* name;
    double inner, outer;
  } detectors[] = {{"BF", 0.0, 10.0},
                   {"ADF", 25.0, std::min(50.0, 0.8 * limit)},
                   {"HAADF", std::min(60.0, 0.8 * limit), std::min(78.0, limit)}};
  for (const auto& d : detectors) {
    DetectorConfig config;
    config.kind = "annular";
    config.name = d.name;
    config.inner = d.inner;
    config.outer = d.outer;
    setup.detectors.push_back(config);
  }
  SliceConfig slices;
  slices.thickness = slice_thickness;
  setup.edges = slice_edges(specimen.lz, slices);
  return setup;
}

std::vector<Position> raster(int n, double side) {
  std::vector<Position> scan;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) scan.push_back({1.7 + side * i / n, 0.9 + side * j / n});
  return scan;
}

}  // namespace locum::imaging::testing
