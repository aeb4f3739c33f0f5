// Where the specimen is cut across the beam.
#pragma once

#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/api/specimen.hpp"

namespace locum::imaging {

struct SliceConfig {
  double thickness = 1.0;           // Å, at most: slices are equal, as many as it takes
  std::vector<double> thicknesses;  // Å, of each slice, in the beam's order; empty: equal ones
  double shift = -1.0;              // Å, of all atoms along the beam, into a slice more; −1: as shift_off_edges says

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Edges of the slices of [0, lz), Å: n + 1 ascending numbers from 0 to lz. Equal slices are the fewest no thicker than
// config.thickness. Throws ConfigError where given thicknesses do not add up to lz within 1e-6 of it.
std::vector<double> slice_edges(double lz, const SliceConfig& config);

// How far all atoms should move along the beam, Å, 0 or more and less than the first slice's thickness, so that planes
// of atoms come to lie inside of slices rather than on edges: a finite projection would share such a plane out between
// two slices, whose Fresnel phases differ at high angles (5 to 10 % of a HAADF signal for slices of 1 Å). 0 where a
// shift would not help: planes that do not fit the slices, slices of unequal thickness.
double shift_off_edges(const Specimen& specimen, const std::vector<double>& edges);

// Thickness of each slice, Å: one less than edges.
std::vector<double> slice_thicknesses(const std::vector<double>& edges);

}  // namespace locum::imaging
