#include "kokkos_kernels/neighbor/cell_list.hpp"

#include <algorithm>
#include <cmath>

namespace locum::neighbor {
namespace {

void grow(View<int*>& view, const char* label, int size) {
  if (view.extent(0) < static_cast<std::size_t>(size)) view = View<int*>(uninitialized(label), size + size / 4);
}

// Atoms of each bin in ascending order of key; bins hold a few atoms, so insertion is the fastest sort.
void order_bins(const ExecutionSpace& space, int bins, const View<int*>& offset, const View<int*>& atom,
                const View<std::int64_t*>& id) {
  const bool by_id = id.extent(0) > 0;
  Kokkos::parallel_for(
      "cell_list_order", RangePolicy(space, 0, bins), KOKKOS_LAMBDA(int b) {
        for (int k = offset(b) + 1; k < offset(b + 1); ++k) {
          const int moving = atom(k);
          const std::int64_t key = by_id ? id(moving) : moving;
          int place = k;
          for (; place > offset(b); --place) {
            const int before = atom(place - 1);
            if ((by_id ? id(before) : before) < key) break;
            atom(place) = before;
          }
          atom(place) = moving;
        }
      });
}

}  // namespace

BinGrid make_bin_grid(const Cell& cell, Vec3 low, Vec3 high, double cutoff, int atoms) {
  BinGrid grid;
  grid.cell = cell;
  double length[3], wanted[3];
  for (int d = 0; d < 3; ++d) {
    grid.low[d] = low[d];
    length[d] = std::max((high[d] - low[d]) * cell.height(d), 1e-3);
    wanted[d] = std::max(1.0, std::floor(2.0 * length[d] / cutoff));
  }
  // A mostly empty box would cost more in bins than in atoms.
  const double most = 4.0 * atoms + 64.0;
  const double excess = wanted[0] * wanted[1] * wanted[2] / most;
  for (int d = 0; d < 3; ++d) {
    if (excess > 1.0) wanted[d] = std::max(1.0, std::floor(wanted[d] / std::cbrt(excess)));
    grid.count[d] = static_cast<int>(std::min(wanted[d], most));
    grid.scale[d] = grid.count[d] * cell.height(d) / length[d];
    // A margin far above rounding and far below a bin keeps pairs at the very cut-off.
    grid.reach[d] = static_cast<int>(std::ceil(cutoff * grid.count[d] / length[d] + 1e-9));
  }
  return grid;
}

void CellList::build(const ExecutionSpace& space, const BinGrid& grid, const View<double* [3]>& position, int count,
                     const View<std::int64_t*>& id) {
  const int bins = grid.total();
  grow(offset_, "bin_offset", bins + 1);
  grow(cursor_, "bin_cursor", bins);
  grow(atom_, "bin_atom", count);
  grow(bin_, "atom_bin", count);
  const auto offset = offset_, cursor = cursor_, atom = atom_, bin = bin_;
  Kokkos::parallel_for(
      "cell_list_clear", RangePolicy(space, 0, bins), KOKKOS_LAMBDA(int b) { cursor(b) = 0; });
  Kokkos::parallel_for(
      "cell_list_count", RangePolicy(space, 0, count), KOKKOS_LAMBDA(int i) {
        bin(i) = grid.bin_of({position(i, 0), position(i, 1), position(i, 2)});
        Kokkos::atomic_add(&cursor(bin(i)), 1);  // the name that Kokkos 3 and 5 share
      });
  Kokkos::parallel_scan(
      "cell_list_scan", RangePolicy(space, 0, bins), KOKKOS_LAMBDA(int b, int& before, bool final) {
        const int here = cursor(b);
        if (final) {
          offset(b) = cursor(b) = before;
          if (b == bins - 1) offset(bins) = before + here;
        }
        before += here;
      });
  Kokkos::parallel_for(
      "cell_list_fill", RangePolicy(space, 0, count),
      KOKKOS_LAMBDA(int i) { atom(Kokkos::atomic_fetch_add(&cursor(bin(i)), 1)) = i; });
  order_bins(space, bins, offset_, atom_, id);
}

}  // namespace locum::neighbor
