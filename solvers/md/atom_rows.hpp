// Owned atoms as rows of numbers: the form in which they migrate and are put in another order.
#pragma once

#include "solvers/md/domain.hpp"

namespace locum::md {

// id, atomic number, image (3), position (3), velocity (3), force (3), energy; integers are exact below 2⁵³.
inline constexpr int atom_row_width = 15;
using AtomRows = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;

// Views of one rank's owned atoms, where they are.
struct AtomColumns {
  View<std::int64_t*> id;
  View<int*> atomic_number;
  View<int* [3]> image;
  View<double*[3]> position, velocity, force;
  View<double*> atom_energy;
};

// Row k of `rows` becomes atom which(k), for k < count.
void pack_rows(const ExecutionSpace& space, const AtomColumns& atoms, const View<int*>& which, int count,
               const AtomRows& rows);
// Atom first + k becomes row k, for k < count.
void unpack_rows(const ExecutionSpace& space, const AtomRows& rows, int count, int first, const AtomColumns& atoms);

// The same form on the host: (n, atom_row_width).
std::vector<double> to_rows(const HostAtoms& atoms);

}  // namespace locum::md
