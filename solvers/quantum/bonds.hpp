// The bonds of a configuration, gathered from all ranks and put in an order that no decomposition can change.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/api/atomistic.hpp"

namespace locum::quantum {

// Atoms are numbered by id. Each bond is listed from both of its ends; a pair of atoms has several bonds when the cell
// is so small that several images of one are near the other.
struct BondTable {
  int atoms = 0, bonds = 0;
  View<int*> offset;         // (atoms + 1): bonds of atom i are offset(i) … offset(i + 1) − 1
  View<int*> from, to;       // (bonds): the two atoms
  View<double* [3]> vector;  // (bonds, 3): from `from` to the image of `to`, Å
};

// Collective. Every rank gets all bonds shorter than `cutoff`, Å. Throws ConfigError when the neighbour list does not
// reach that far, NumericalError when two atoms are so close that the timestep must have gone wrong.
BondTable gather_bonds(const Configuration& configuration, double cutoff);

}  // namespace locum::quantum
