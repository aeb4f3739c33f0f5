// Specimens and scans for the laws of imaging.
#pragma once

#include <string>
#include <vector>

#include "solvers/imaging/engines/multislice_engine.hpp"

namespace locum::imaging::testing {

struct Site {
  int atomic_number;
  Vec3 at;  // fractions of the cell
};
extern const std::vector<Site> diamond;     // silicon
extern const std::vector<Site> perovskite;  // strontium titanate

// Cubic cells of side a, `across` × `across` × `along` of them; rms: displacement, Å, 0: none known.
Specimen crystal(const std::vector<Site>& cell, double a, int across, int along, double rms = 0.0);
// Atoms at random places of a layer of 1 Å.
Specimen one_layer(double side, int atomic_number, int atoms, double rms = 0.0);
Configurations only(const Specimen& specimen);
DetectorConfig detector(const std::string& name, double inner, double outer);
// 200 keV, 20 mrad, three annular detectors to 60 mrad.
ScanSetup setup_for(const Specimen& specimen, int points, double thickness);

// Full multislice: (positions, channels).
template <class T>
std::vector<double> signals(const ScanSetup& setup, const Specimen& specimen, const std::vector<Position>& positions);
// The pattern (n, n) of one probe, the beam's axis at n / 2.
std::vector<float> pattern_of(ScanSetup setup, const Specimen& specimen, Position position);

}  // namespace locum::imaging::testing
