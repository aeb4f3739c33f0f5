#include "solvers/md/atom_rows.hpp"

namespace locum::md {

void pack_rows(const ExecutionSpace& space, const AtomColumns& atoms, const View<int*>& which, int count,
               const AtomRows& rows) {
  Kokkos::parallel_for(
      "pack_atom_rows", RangePolicy(space, 0, count), KOKKOS_LAMBDA(int k) {
        const int i = which(k);
        rows(k, 0) = static_cast<double>(atoms.id(i));
        rows(k, 1) = atoms.atomic_number(i);
        for (int d = 0; d < 3; ++d) {
          rows(k, 2 + d) = atoms.image(i, d);
          rows(k, 5 + d) = atoms.position(i, d);
          rows(k, 8 + d) = atoms.velocity(i, d);
          rows(k, 11 + d) = atoms.force(i, d);
        }
        rows(k, 14) = atoms.atom_energy(i);
      });
}

void unpack_rows(const ExecutionSpace& space, const AtomRows& rows, int count, int first, const AtomColumns& atoms) {
  Kokkos::parallel_for(
      "unpack_atom_rows", RangePolicy(space, 0, count), KOKKOS_LAMBDA(int k) {
        const int i = first + k;
        atoms.id(i) = static_cast<std::int64_t>(rows(k, 0));
        atoms.atomic_number(i) = static_cast<int>(rows(k, 1));
        for (int d = 0; d < 3; ++d) {
          atoms.image(i, d) = static_cast<int>(rows(k, 2 + d));
          atoms.position(i, d) = rows(k, 5 + d);
          atoms.velocity(i, d) = rows(k, 8 + d);
          atoms.force(i, d) = rows(k, 11 + d);
        }
        atoms.atom_energy(i) = rows(k, 14);
      });
}

std::vector<double> to_rows(const HostAtoms& atoms) {
  std::vector<double> rows(atoms.size() * atom_row_width);
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    double* row = rows.data() + i * atom_row_width;
    row[0] = static_cast<double>(atoms.id[i]);
    row[1] = static_cast<double>(atoms.atomic_number[i]);
    for (int d = 0; d < 3; ++d) {
      row[2 + d] = static_cast<double>(atoms.image[3 * i + d]);
      row[5 + d] = atoms.position[3 * i + d];
      row[8 + d] = atoms.velocity[3 * i + d];
      row[11 + d] = atoms.force[3 * i + d];
    }
    row[14] = atoms.atom_energy[i];
  }
  return rows;
}

}  // namespace locum::md
