// Space dealt to ranks: a grid of equal boxes in fractional coordinates, so that triclinic cells are no special case.
#pragma once

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::md {

struct RankGrid {
  int count[3] = {1, 1, 1};
  int coordinate[3] = {0, 0, 0};  // of this rank

  double low(int d) const { return static_cast<double>(coordinate[d]) / count[d]; }
  double high(int d) const { return static_cast<double>(coordinate[d] + 1) / count[d]; }
  KOKKOS_INLINE_FUNCTION int rank_at(int x, int y, int z) const { return (x * count[1] + y) * count[2] + z; }
  // The rank that owns fractional coordinates s in [0, 1).
  KOKKOS_INLINE_FUNCTION int owner(Vec3 s) const {
    int at[3];
    for (int d = 0; d < 3; ++d) {
      const int box = static_cast<int>(s[d] * count[d]);
      at[d] = box < 0 ? 0 : box >= count[d] ? count[d] - 1 : box;
    }
    return rank_at(at[0], at[1], at[2]);
  }
  // The rank one box below (step −1) or above (+1) along d, periodic.
  int neighbor(int d, int step) const;
};

// The grid with the fewest ghosts in which no box is thinner than the ghost cut-off (Å) along a direction that has more
// than one rank. Throws ConfigError where the cell is too small for so many ranks.
RankGrid make_rank_grid(const Communicator& comm, const Cell& cell, double ghost_cutoff);

}  // namespace locum::md
