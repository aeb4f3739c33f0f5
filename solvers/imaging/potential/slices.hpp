// Where the specimen is cut across the beam.
#pragma once

#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct SliceConfig {
  double thickness = 1.0;           // Å, at most: slices are equal, as many as it takes
  std::vector<double> thicknesses;  // Å, of each slice, in the beam's order; empty: equal ones

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Edges of the slices of [0, lz), Å: n + 1 ascending numbers from 0 to lz. Equal slices are the fewest no thicker than
// config.thickness. Throws ConfigError where given thicknesses do not add up to lz within 1e-6 of it.
std::vector<double> slice_edges(double lz, const SliceConfig& config);

// Thickness of each slice, Å: one less than edges.
std::vector<double> slice_thicknesses(const std::vector<double>& edges);

}  // namespace locum::imaging
