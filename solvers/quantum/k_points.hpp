// Meshes of k-points: H. J. Monkhorst and J. D. Pack, Phys. Rev. B 13, 5188 (1976), eq. (3).
#pragma once

#include <array>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"

namespace locum::quantum {

struct KPoint {
  Vec3 fraction;  // of the reciprocal lattice vectors: the phase of a lattice vector n is 2π fraction·n
  double weight;  // all weights sum to one
  bool is_gamma() const { return fraction.x == 0.0 && fraction.y == 0.0 && fraction.z == 0.0; }
};

enum class Mesh {
  monkhorst_pack,  // fraction = (2 r − q − 1) / 2 q, r = 1 … q: an even mesh leaves Γ out
  gamma_centred,   // fraction = r / q, r = 0 … q − 1
};

// One of each pair k, −k (time reversal makes their energies equal), with twice the weight.
std::vector<KPoint> k_mesh(Mesh mesh, std::array<int, 3> divisions);

}  // namespace locum::quantum
