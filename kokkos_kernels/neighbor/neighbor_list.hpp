// Verlet list: for each owned atom, all atoms (owned or ghost) nearer than a cut-off; each pair is listed from both
// sides. Compressed rows: the neighbours of atom i are index(offset(i)) … index(offset(i + 1) − 1).
#pragma once

#include <memory>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

struct NeighborList {
  View<int*> offset;    // (n_local + 1)
  View<int*> index;     // (at least offset(n_local)), into the position array, n_local + n_ghost
  double cutoff = 0.0;  // Å, skin included: a step filters by its own cut-off
  // Made anew each time the list is: while it is the same, so are row lengths, number and elements of the atoms, and
  // what was derived from them. Who keeps such a thing keeps this with it, so that no other list can have the same.
  // Null: not known, as for lists that somebody filled by hand.
  std::shared_ptr<const void> built = {};
};

}  // namespace locum
