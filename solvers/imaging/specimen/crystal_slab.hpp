// A frame of a simulation as a specimen: its cell repeated, made orthogonal, cut along the beam.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/config.hpp"
#include "solvers/api/specimen.hpp"

namespace locum::imaging {

struct SlabConfig {
  std::string beam = "z";  // the cell vector that the beam follows: x, y or z (first, second, third)
  std::vector<std::int64_t> repeat = {1, 1, 1};  // of the frame along its own three vectors
  std::vector<double> cut;                       // Å: first and last depth that are kept; empty: all
  double strain_tolerance = 1e-2;                // the largest cosine between cell vectors; the frame is sheared by it

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// position: Å, in the cell's own axes, anywhere; atoms are wrapped into the cell along the vectors that `periodic`
// says. Along the others an atom outside of the cell is a ConfigError that names it, its place and the box. The
// specimen's axes are the cell's vectors: with the beam along y they are z, x, y, along x: y, z, x (right-handed).
// Throws ConfigError where the cell's angles are off by more than the tolerance, or the cut leaves nothing.
Specimen slab(const std::vector<Vec3>& position, const std::vector<int>& atomic_number, const Cell& cell,
              const bool (&periodic)[3], const SlabConfig& config);

}  // namespace locum::imaging
