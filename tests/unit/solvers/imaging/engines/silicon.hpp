// Thermal silicon and a microscope for the tests of engines.
#pragma once

#include "solvers/imaging/engines/multislice_engine.hpp"

namespace locum::imaging::testing {

// Silicon along [100]: nx × ny × nz cubic cells of 5.431 Å, moved off the corners; rms displacement along an axis in Å.
Specimen silicon_100(int nx, int ny, int nz, double rms_displacement);
// The same volume with atoms at random places.
Specimen random_silicon(int nx, int ny, int nz, double rms_displacement);
// `count` thermal configurations of it.
Configurations thermal(const Specimen& specimen, int count);
// 200 keV, 20 mrad; bright field 0–10, annular dark field 25–50, high-angle 60 to 78 mrad or what the grid holds.
ScanSetup microscope(const Specimen& specimen, int points, double slice_thickness);
// n × n positions over `side` Å from (1.7, 0.9) Å.
std::vector<Position> raster(int n, double side);

}  // namespace locum::imaging::testing
