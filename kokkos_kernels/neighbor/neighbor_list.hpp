// Verlet list: for each owned atom, all atoms (owned or ghost) nearer than a cut-off; each pair is listed from both
// sides. Compressed rows: the neighbours of atom i are index(offset(i)) … index(offset(i + 1) − 1).
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

struct NeighborList {
  View<int*> offset;    // (n_local + 1)
  View<int*> index;     // (at least offset(n_local)), into the position array, n_local + n_ghost
  double cutoff = 0.0;  // Å, skin included: a step filters by its own cut-off
};

}  // namespace locum
