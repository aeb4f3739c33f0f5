#include "tests/physics/imaging_specimens.hpp"

#include <random>

#include "solvers/imaging/potential/slices.hpp"

namespace locum::imaging::testing {

const std::vector<Site> diamond = {{14, {0.0, 0.0, 0.0}},    {14, {0.5, 0.5, 0.0}},    {14, {0.5, 0.0, 0.5}},
                                   {14, {0.0, 0.5, 0.5}},    {14, {0.25, 0.25, 0.25}}, {14, {0.75, 0.75, 0.25}},
                                   {14, {0.75, 0.25, 0.75}}, {14, {0.25, 0.75, 0.75}}};
const std::vector<Site> perovskite = {
    {38, {0.0, 0.0, 0.0}}, {22, {0.5, 0.5, 0.5}}, {8, {0.5, 0.5, 0.0}}, {8, {0.5, 0.0, 0.5}}, {8, {0.0, 0.5, 0.5}}};

Specimen crystal(const std::vector<Site>& cell, double a, int across, int along, double rms) {
  Specimen specimen{a * across, a * across, a * along, {}, {}, {}};
  for (int i = 0; i < across; ++i)
    for (int j = 0; j < across; ++j)
      for (int k = 0; k < along; ++k)
        for (const Site& site : cell) {
          specimen.position.push_back({a * (i + site.at.x), a * (j + site.at.y), a * (k + site.at.z)});
          specimen.atomic_number.push_back(site.atomic_number);
          if (rms > 0.0) specimen.rms_displacement.push_back(rms);
        }
  return specimen;
}

Specimen one_layer(double side, int atomic_number, int atoms, double rms) {
  Specimen specimen{side, side, 1.0, {}, {}, {}};
  std::mt19937 random(11);
  std::uniform_real_distribution<double> uniform(0.0, side);
  for (int a = 0; a < atoms; ++a) {
    specimen.position.push_back({uniform(random), uniform(random), 0.5});
    specimen.atomic_number.push_back(atomic_number);
    if (rms > 0.0) specimen.rms_displacement.push_back(rms);
  }
  return specimen;
}

Configurations only(const Specimen& specimen) {
  return {1, [specimen](int) { return specimen; }};
}

DetectorConfig detector(const std::string& name, double inner, double outer) {
  DetectorConfig config;
  config.kind = "annular";
  config.name = name;
  config.inner = inner;
  config.outer = outer;
  return config;
}

ScanSetup setup_for(const Specimen& specimen, int points, double thickness) {
  ScanSetup setup;
  setup.grid = {points, points, specimen.lx, specimen.ly};
  setup.probe.convergence = 20.0;
  setup.edges = slice_edges(specimen.lz, {.thickness = thickness, .thicknesses = {}});
  setup.detectors = {detector("bf", 0.0, 15.0), detector("adf", 25.0, 45.0), detector("haadf", 45.0, 60.0)};
  return setup;
}

template <class T>
std::vector<double> signals(const ScanSetup& setup, const Specimen& specimen, const std::vector<Position>& positions) {
  MultisliceEngine<T> engine({}, setup, only(specimen));
  engine.prepare();
  std::vector<double> signal(positions.size() * static_cast<std::size_t>(engine.channels()));
  engine.scan(0, positions, signal, {});
  return signal;
}

template std::vector<double> signals<float>(const ScanSetup&, const Specimen&, const std::vector<Position>&);
template std::vector<double> signals<double>(const ScanSetup&, const Specimen&, const std::vector<Position>&);

std::vector<float> pattern_of(ScanSetup setup, const Specimen& specimen, Position position) {
  DetectorConfig pixels;
  pixels.kind = "pixelated";
  setup.detectors = {pixels};
  MultisliceEngine<double> engine({}, setup, only(specimen));
  engine.prepare();
  const auto [qx, qy] = engine.pattern();
  std::vector<float> pattern(static_cast<std::size_t>(qx) * static_cast<std::size_t>(qy));
  const std::vector<Position> here = {position};
  engine.scan(0, here, {}, pattern);
  return pattern;
}

}  // namespace locum::imaging::testing
