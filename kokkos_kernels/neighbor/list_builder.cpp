#include "kokkos_kernels/neighbor/list_builder.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::neighbor {

namespace {

struct Found {
  int longest = 0;             // row; more than the capacity means that neighbours are missing
  double nearest2 = HUGE_VAL;  // distance, Å²
};

void gather_sorted(const ExecutionSpace& space, const View<double* [3]>& position, const View<int*>& atom, int count,
                   View<double* [3]>& sorted_position) {
  if (sorted_position.extent(0) < static_cast<std::size_t>(count))
    sorted_position = View<double* [3]>(uninitialized("sorted_position"), count + count / 8);
  const auto sorted = sorted_position;
  Kokkos::parallel_for(
      "neighbor_gather", RangePolicy(space, 0, count), KOKKOS_LAMBDA(int k) {
        for (int d = 0; d < 3; ++d) sorted(k, d) = position(atom(k), d);
      });
}

Found search(const ExecutionSpace& space, const BinGrid& grid, const CellList& cells, double cutoff,
             const View<double* [3]>& position, const View<double* [3]>& sorted, int n_local, NeighborRows& rows) {
  const int capacity = rows.capacity;
  if (rows.index.extent(0) < static_cast<std::size_t>(n_local) ||
      rows.index.extent(1) < static_cast<std::size_t>(capacity) + 1) {
    rows.index = View<int**>(uninitialized("neighbor_rows"), n_local + n_local / 8, capacity + 1);
    rows.length = View<int*>(uninitialized("neighbor_count"), n_local + n_local / 8);
  }
  const double cutoff2 = cutoff * cutoff;
  const auto row = rows.index;
  const auto length = rows.length;
  const auto offset = cells.offset(), atom = cells.atom();
  Found result;
  Kokkos::parallel_reduce(
      "neighbor_search", RangePolicy(space, 0, n_local),
      KOKKOS_LAMBDA(int i, int& longest, double& nearest2) {
        const double x = position(i, 0), y = position(i, 1), z = position(i, 2);
        const Vec3 s = grid.cell.to_fractional({x, y, z});
        int first[3], last[3], found = 0;
        double least2 = HUGE_VAL;
        for (int d = 0; d < 3; ++d) {
          const int bin = grid.along(d, s[d]);
          first[d] = bin > grid.reach[d] ? bin - grid.reach[d] : 0;
          last[d] = bin + grid.reach[d] < grid.count[d] ? bin + grid.reach[d] : grid.count[d] - 1;
        }
        for (int bz = first[2]; bz <= last[2]; ++bz)
          for (int by = first[1]; by <= last[1]; ++by) {
            const int end = offset(grid.index(last[0], by, bz) + 1);
            for (int k = offset(grid.index(first[0], by, bz)); k < end; ++k) {
              const double dx = sorted(k, 0) - x, dy = sorted(k, 1) - y, dz = sorted(k, 2) - z;
              const double d2 = dx * dx + dy * dy + dz * dz;
              const int j = atom(k);
              const double seen2 = j != i ? d2 : HUGE_VAL;
              const bool near = seen2 < cutoff2;
              // One candidate in five is near, at random: a CPU had better write too often than guess wrong.
              if (device_is_host || near) row(i, found < capacity ? found : capacity) = j;
              found += near;
              least2 = seen2 < least2 ? seen2 : least2;
            }
          }
        length(i) = found;
        if (least2 < nearest2) nearest2 = least2;
        if (found > longest) longest = found;
      },
      Kokkos::Max<int>(result.longest), Kokkos::Min<double>(result.nearest2));
  if (n_local == 0) result = {};  // the maximum over nothing is the smallest integer
  return result;
}

void pack_rows(const ExecutionSpace& space, int n_local, const NeighborRows& rows, NeighborList& list) {
  if (list.offset.extent(0) < static_cast<std::size_t>(n_local) + 1)
    list.offset = View<int*>("neighbor_offset", n_local + n_local / 8 + 1);
  const auto length = rows.length;
  const auto offset = list.offset;
  int total = 0;
  Kokkos::parallel_scan(
      "neighbor_scan", RangePolicy(space, 0, n_local + 1),
      KOKKOS_LAMBDA(int i, int& before, bool final) {
        if (final) offset(i) = before;
        if (i < n_local) before += length(i);
      },
      total);
  if (list.index.extent(0) < static_cast<std::size_t>(total))
    list.index = View<int*>(uninitialized("neighbor_index"), total + total / 8);
  const auto index = list.index;
  const auto row = rows.index;
  Kokkos::parallel_for(
      "neighbor_pack", RangePolicy(space, 0, n_local), KOKKOS_LAMBDA(int i) {
        const int start = offset(i), count = offset(i + 1) - start;
        for (int k = 0; k < count; ++k) index(start + k) = row(i, k);
      });
}

}  // namespace

ListBuilder::ListBuilder(double cutoff) : cutoff_(cutoff) {
  if (!(cutoff > 0.0) || !std::isfinite(cutoff))
    throw ConfigError("a neighbour list needs a positive cut-off, found " + std::to_string(cutoff) + " Å");
}

double ListBuilder::build(const ExecutionSpace& space, const Cell& cell, Vec3 low, Vec3 high,
                          const View<double* [3]>& position, int n_local, int n_ghost, NeighborList& list) {
  list.built.reset();
  const int count = n_local + n_ghost;
  const BinGrid grid = make_bin_grid(cell, low, high, cutoff_, count);
  cells_.build(space, grid, position, count);
  gather_sorted(space, position, cells_.atom(), count, sorted_position_);
  if (rows_.capacity == 0) {
    // Room for half as many again as this density lets expect; the search says if that was too little.
    const double box = cell.volume() * (high.x - low.x) * (high.y - low.y) * (high.z - low.z);
    rows_.capacity = 16 + static_cast<int>(1.5 * 4.19 * cutoff_ * cutoff_ * cutoff_ * count / box);
  }
  Found found = search(space, grid, cells_, cutoff_, position, sorted_position_, n_local, rows_);
  if (found.longest > rows_.capacity) {
    rows_.capacity = found.longest + found.longest / 8;
    found = search(space, grid, cells_, cutoff_, position, sorted_position_, n_local, rows_);
  }
  pack_rows(space, n_local, rows_, list);
  list.cutoff = cutoff_;
  list.built = std::make_shared<const char>();
  return found.nearest2 < cutoff_ * cutoff_ ? std::sqrt(found.nearest2) : HUGE_VAL;
}

std::optional<ClosePair> ListBuilder::nearest_pair(const View<double* [3]>& position, int n_local,
                                                   const NeighborList& list) {
  const auto r = host_copy(position);
  const auto offset = host_copy(list.offset), index = host_copy(list.index);
  std::optional<ClosePair> nearest;
  for (int i = 0; i < n_local; ++i)
    for (int k = offset(i); k < offset(i + 1); ++k) {
      const int j = index(k);
      const double d = norm(Vec3{r(j, 0) - r(i, 0), r(j, 1) - r(i, 1), r(j, 2) - r(i, 2)});
      if (!nearest || d < nearest->distance) nearest = ClosePair{i, j, d};
    }
  return nearest;
}

}  // namespace locum::neighbor
