// What an electron beam goes through: atoms in an orthogonal slab, periodic across the beam, vacuum before and behind.
#pragma once

#include <vector>

#include "kokkos_kernels/base/cell.hpp"

namespace locum {

struct Specimen {
  double lx = 0.0, ly = 0.0, lz = 0.0;   // Å; the beam goes along +z and enters at z = 0
  std::vector<Vec3> position;            // Å, 0 ≤ x < lx, 0 ≤ y < ly; 0 ≤ z < lz but for thermal displacements
  std::vector<int> atomic_number;        // one an atom
  std::vector<double> rms_displacement;  // √⟨u_x²⟩ along one axis, Å, one an atom; empty: none known
};

}  // namespace locum
