// Specimens, set-ups and scans for the tests of engines.
#pragma once

#include <string>
#include <vector>

#include "solvers/imaging/engines/multislice_engine.hpp"

namespace locum::imaging::testing {

// Strontium and oxygen at random places, with displacements of 0.08 Å.
Specimen random_specimen(double lx, double ly, double lz, int atoms);
Configurations configurations_of(const Specimen& specimen, int count);
DetectorConfig detector(const std::string& kind, double inner = -1.0, double outer = -1.0);
// A probe of 25 mrad with aberrations, four detectors, slices of 1.5 Å.
ScanSetup setup_for(const Grid& grid, double thickness);
std::vector<Position> some_positions(const Grid& grid, int n);

struct Result {
  std::vector<double> signal;
  std::vector<float> pattern;
};
Result scan_of(ScanEngine& engine, int configuration, const std::vector<Position>& positions);

}  // namespace locum::imaging::testing
