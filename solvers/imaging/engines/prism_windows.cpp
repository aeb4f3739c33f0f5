#include "solvers/imaging/engines/prism_windows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace locum::imaging {
namespace {

// First point of the window of `cut` of n points around `position`, 0 … n − 1.
int window_start(double position, double sampling, int n, int cut) {
  if (cut == n) return 0;
  const std::int64_t start = std::llround(position / sampling) - cut / 2;
  return static_cast<int>(((start % n) + n) % n);
}

std::uint64_t spread_bits(std::uint64_t v) {
  std::uint64_t out = 0;
  for (int bit = 0; bit < 32; ++bit) out |= (v >> bit & 1) << (2 * bit);
  return out;
}

// The shortest stretch of a ring of n points, from the first start on, that holds all windows.
struct Stretch {
  int first, length;
};
template <class StartOf>
Stretch stretch_of(int n, int cut, int from, int to, const StartOf& start_of) {
  const int origin = start_of(from);
  int low = 0, high = 0;
  for (int p = from; p < to; ++p) {
    int shift = start_of(p) - origin;
    if (2 * shift >= n) shift -= n;
    if (2 * shift < -n) shift += n;
    low = std::min(low, shift);
    high = std::max(high, shift);
  }
  if (high - low + cut >= n) return {0, n};
  return {(origin + low + n) % n, high - low + cut};
}

}  // namespace

std::vector<int> order_by_place(const PrismLayout& layout, std::span<const Position> positions) {
  std::vector<std::uint64_t> key(positions.size());
  for (std::size_t p = 0; p < positions.size(); ++p) {
    const auto cell = [](double position, double sampling, int n) {
      return static_cast<std::uint64_t>(((std::llround(position / sampling) % n) + n) % n);
    };
    key[p] = spread_bits(cell(positions[p].x, layout.sampling_x(), layout.nx)) << 1 |
             spread_bits(cell(positions[p].y, layout.sampling_y(), layout.ny));
  }
  std::vector<int> order(positions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return key[static_cast<std::size_t>(a)] < key[static_cast<std::size_t>(b)]; });
  return order;
}

template <class T>
PrismWindows<T>::PrismWindows(int batch)
    : start(uninitialized("prism_window_start"), static_cast<std::size_t>(batch)),
      region(uninitialized("prism_group_region"), static_cast<std::size_t>((batch + prism_group - 1) / prism_group)),
      start_host_(Kokkos::create_mirror_view(start)),
      region_host_(Kokkos::create_mirror_view(region)) {}

template <class T>
void PrismWindows<T>::place(const ExecutionSpace& space, const PrismLayout& layout,
                            std::span<const Position> positions) {
  constexpr int width = PrismTiles<T>::width;
  const int count = static_cast<int>(positions.size()), tiles = PrismTiles<T>(layout).tiles;
  space.fence();  // the last batch's kernels may still read what is overwritten
  for (int p = 0; p < count; ++p) {
    const Position& r = positions[static_cast<std::size_t>(p)];
    start_host_(p, 0) = window_start(r.x, layout.sampling_x(), layout.nx, layout.cut_x);
    start_host_(p, 1) = window_start(r.y, layout.sampling_y(), layout.ny, layout.cut_y);
  }
  const auto region_of = [&](int from, int to) -> std::array<int, 4> {
    const Stretch x = stretch_of(layout.nx, layout.cut_x, from, to, [&](int p) { return start_host_(p, 0); });
    const Stretch y = stretch_of(layout.ny, layout.cut_y, from, to, [&](int p) { return start_host_(p, 1); });
    const int end = y.first + y.length, first = y.first / width;
    const int whole =
        end <= layout.ny ? (end - 1) / width - first + 1 : tiles - first + (end - layout.ny - 1) / width + 1;
    return {x.first, x.length, first, std::min(whole, tiles)};
  };
  all = count > 0 ? region_of(0, count) : std::array<int, 4>{};
  for (int g = 0; g * prism_group < count; ++g) {
    const auto own = region_of(g * prism_group, std::min(count, (g + 1) * prism_group));
    for (int k = 0; k < 4; ++k) region_host_(g, k) = own[static_cast<std::size_t>(k)];
  }
  Kokkos::deep_copy(space, start, start_host_);
  Kokkos::deep_copy(space, region, region_host_);
}

template struct PrismWindows<float>;
template struct PrismWindows<double>;

}  // namespace locum::imaging
