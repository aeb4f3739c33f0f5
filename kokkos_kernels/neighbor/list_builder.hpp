// Builds the Verlet list of owned atoms through a cell list: O(N), and neighbours of an atom always in the same order.
//
// Verlet, Phys. Rev. 159, 98 (1967); cells: Hockney & Eastwood, Computer Simulation Using Particles, ch. 8. A thread
// walks the bins around its atom and writes what it finds into a row of its own; a scan then packs the rows. Distances
// are thus computed once, so that counting and filling cannot disagree about a pair at the very cut-off.
#pragma once

#include <optional>

#include "kokkos_kernels/neighbor/cell_list.hpp"
#include "kokkos_kernels/neighbor/neighbor_list.hpp"

namespace locum::neighbor {

struct ClosePair {
  int first, second;  // indices into the position array; first is owned
  double distance;    // Å
};

// Neighbours before they are packed: a row for each owned atom, with room for `capacity`.
struct NeighborRows {
  View<int**> index;  // (≥ n_local, capacity + 1): the last place takes what has no room
  View<int*> length;  // (≥ n_local)
  int capacity = 0;
};

class ListBuilder {
 public:
  // cutoff: skin included, Å.
  explicit ListBuilder(double cutoff);

  // position: (≥ n_local + n_ghost, 3), Å, owned atoms first; all of them within [low, high] of the cell's fractional
  // coordinates. Every pair nearer than the cut-off is listed; ghosts must reach that far. Neighbours are ordered by
  // bin, then by index. Returns the distance of the nearest listed pair, Å; infinity if none is listed.
  double build(const ExecutionSpace& space, const Cell& cell, Vec3 low, Vec3 high,
                     const View<double* [3]>& position, int n_local, int n_ghost, NeighborList& list);

  // The nearest listed pair, on the host; none if the list is empty.
  static std::optional<ClosePair> nearest_pair(const View<double* [3]>& position, int n_local,
                                               const NeighborList& list);

 private:
  double cutoff_;
  CellList cells_;
  View<double* [3]> sorted_position_;  // in the order of the cell list: a walk through bins reads memory in order
  NeighborRows rows_;
};

}  // namespace locum::neighbor
