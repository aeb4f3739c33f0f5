#include "tests/unit/solvers/imaging/engines/scans.hpp"

#include <cmath>
#include <random>

#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/specimen/thermal.hpp"

namespace locum::imaging::testing {

Specimen random_specimen(double lx, double ly, double lz, int atoms) {
  Specimen specimen{lx, ly, lz, {}, {}, {}};
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  for (int i = 0; i < atoms; ++i) {
    specimen.position.push_back({lx * uniform(random), ly * uniform(random), lz * uniform(random)});
    specimen.atomic_number.push_back(i % 3 == 0 ? 38 : 8);
    specimen.rms_displacement.push_back(0.08);
  }
  return specimen;
}

Configurations configurations_of(const Specimen& specimen, int count) {
  return {count, [specimen](int c) { return displaced(specimen, 3, c); }};
}

DetectorConfig detector(const std::string& kind, double inner, double outer) {
  DetectorConfig config;
  config.kind = kind;
  config.inner = inner;
  config.outer = outer;
  return config;
}

ScanSetup setup_for(const Grid& grid, double thickness) {
  ScanSetup setup;
  setup.grid = grid;
  setup.probe.convergence = 25.0;
  setup.probe.aberrations.defocus = 40.0;
  setup.probe.aberrations.Cs = 0.01;
  setup.probe.aberrations.C12 = 12.0;
  setup.detectors = {detector("bf"), detector("abf"), detector("adf", 30.0, 45.0), detector("com")};
  setup.edges = slice_edges(thickness, {.thickness = 1.5, .thicknesses = {}});
  return setup;
}

std::vector<Position> some_positions(const Grid& grid, int n) {
  std::vector<Position> positions;
  for (int i = 0; i < n; ++i)
    positions.push_back({std::fmod(0.37 * i * i, grid.lx), std::fmod(1.91 * i + 0.1, grid.ly)});
  return positions;
}

Result scan_of(ScanEngine& engine, int configuration, const std::vector<Position>& positions) {
  const auto [qx, qy] = engine.pattern();
  Result result{std::vector<double>(positions.size() * static_cast<std::size_t>(engine.channels())),
                std::vector<float>(positions.size() * static_cast<std::size_t>(qx) * static_cast<std::size_t>(qy))};
  engine.scan(configuration, positions, result.signal, result.pattern);
  return result;
}

}  // namespace locum::imaging::testing
