// Communication between ghost atoms and their owners, as a step sees it. solvers/md implements it.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

class GhostExchange {
 public:
  virtual ~GhostExchange() = default;
  // Adds what was gathered on ghosts to their owners: values (n_local + n_ghost, 3). Ghost rows are left undefined.
  virtual void add_to_owners(const View<double* [3]>& values) const = 0;
};

}  // namespace locum
