// Cell list: atoms sorted into bins of a grid that is aligned with the (triclinic) cell. A counting sort: count, scan,
// fill; then each bin is put in order, so that the result does not depend on who came first on a GPU.
#pragma once

#include <cstdint>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::neighbor {

// Equal bins over a box in fractional coordinates. What lies outside belongs to the nearest bin.
struct BinGrid {
  Cell cell;
  double low[3] = {0, 0, 0};    // fractional lower corner
  double scale[3] = {1, 1, 1};  // bins per unit of the fractional coordinate
  int count[3] = {1, 1, 1};     // bins along each cell vector
  int reach[3] = {1, 1, 1};     // so many bins to each side cover the cut-off

  int total() const { return count[0] * count[1] * count[2]; }
  KOKKOS_INLINE_FUNCTION int along(int d, double s) const {
    const double bin = (s - low[d]) * scale[d];
    return bin < 0.0 ? 0 : bin >= count[d] ? count[d] - 1 : static_cast<int>(bin);
  }
  // The first cell vector runs fastest: bins along it are contiguous.
  KOKKOS_INLINE_FUNCTION int index(int bx, int by, int bz) const { return (bz * count[1] + by) * count[0] + bx; }
  KOKKOS_INLINE_FUNCTION int bin_of(Vec3 r) const {
    const Vec3 s = cell.to_fractional(r);
    return index(along(0, s.x), along(1, s.y), along(2, s.z));
  }
};

// A grid over [low, high] (fractional) with bins of about half the cut-off (Å), fewer where that would leave most of
// them empty for `atoms` atoms.
BinGrid make_bin_grid(const Cell& cell, Vec3 low, Vec3 high, double cutoff, int atoms);

class CellList {
 public:
  // Sorts atoms 0 … count − 1 of position (≥ count, 3), Å, into the bins; inside a bin by index, or by id (≥ count)
  // where ids are given: an order that depends on nothing but where the atoms are.
  void build(const ExecutionSpace& space, const BinGrid& grid, const View<double* [3]>& position, int count,
             const View<std::int64_t*>& id = {});

  const View<int*>& offset() const { return offset_; }  // (bins + 1 at least): first place of each bin in atom()
  const View<int*>& atom() const { return atom_; }      // (count at least): indices of the atoms, bin after bin

 private:
  View<int*> offset_, cursor_, atom_, bin_;
};

}  // namespace locum::neighbor
