// The orthogonal cell of a lattice that is seen along a zone axis.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"

namespace locum::imaging {

// Translations of a lattice that are no whole cells: (½, ½, 0) and its like in a face-centred cell. Fractional, each
// within [0, 1), without (0, 0, 0). They are found from the atoms: shifts that bring every atom upon its like.
std::vector<Vec3> centrings(const std::vector<Vec3>& fractional, const std::vector<int>& atomic_number);

struct OrthogonalCell {
  Vec3 vector[3];       // along x, y and the beam, in units of a, b, c; right-handed
  Vec3 length;          // of each, Å
  double strain = 0.0;  // the largest cosine between two of them: by so much the crystal is sheared
};

// The smallest cell whose third vector is along `zone_axis` and whose angles are right within `tolerance` (a cosine).
// Its first vector is along `x_direction`; where that is empty along the first of a, b, c that is at a right angle to
// the zone axis; where none is, along the lattice vector that makes the cell smallest. Throws ConfigError where the
// zone axis is none, x_direction is not at a right angle to it, or no cell within 16 of a, b, c fits: it names the
// residual and the nearest cell.
OrthogonalCell orthogonal_cell(const Cell& cell, const std::vector<Vec3>& centring,
                               const std::vector<std::int64_t>& zone_axis, const std::vector<std::int64_t>& x_direction,
                               double tolerance);

}  // namespace locum::imaging
