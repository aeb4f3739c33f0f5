#include "solvers/imaging/ptychography/frames/frame_batches.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {
namespace {

using Positions = std::span<const std::array<double, 2>>;

void halve(Positions position, std::vector<int>::iterator first, std::vector<int>::iterator last) {
  if (last - first < 2) return;
  const auto at = [&](int j, std::size_t axis) { return position[static_cast<std::size_t>(j)][axis]; };
  double extent[2];
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto [low, high] = std::minmax_element(first, last, [&](int a, int b) { return at(a, axis) < at(b, axis); });
    extent[axis] = at(*high, axis) - at(*low, axis);
  }
  const std::size_t axis = extent[0] >= extent[1] ? 0 : 1;
  const auto middle = first + (last - first) / 2;
  std::nth_element(first, middle, last, [&](int a, int b) {
    return std::make_pair(at(a, axis), a) < std::make_pair(at(b, axis), b);  // a total order: no ties to be broken
  });
  halve(position, first, middle);
  halve(position, middle, last);
}

int cut(int frames, int part, int parts) { return static_cast<int>(static_cast<std::int64_t>(frames) * part / parts); }

}  // namespace

std::vector<int> spatial_order(Positions position, std::vector<int> which) {
  std::sort(which.begin(), which.end());  // so that the answer does not depend on the order of the question
  halve(position, which.begin(), which.end());
  return which;
}

std::pair<int, int> own_share(int frames, int rank, int ranks) {
  return {cut(frames, rank, ranks), cut(frames, rank + 1, ranks)};
}

std::vector<std::vector<int>> sparse_batches(int frames, int batch, std::uint64_t seed, std::uint64_t sweep) {
  if (frames == 0) return {};
  const int stretches = std::min(batch, frames), count = (frames + stretches - 1) / stretches;
  std::vector<std::vector<int>> batches(static_cast<std::size_t>(count));
  std::vector<std::pair<double, int>> draw;
  for (int s = 0; s < stretches; ++s) {
    draw.clear();
    for (int b = 0; b < count; ++b)
      draw.emplace_back(
          random::uniform(seed, random::Stream::shuffle, static_cast<std::uint64_t>(s) * count + b, sweep), b);
    std::sort(draw.begin(), draw.end());
    const int first = cut(frames, s, stretches), last = cut(frames, s + 1, stretches);  // count or one less
    for (int u = first; u < last; ++u)
      batches[static_cast<std::size_t>(draw[static_cast<std::size_t>(u - first)].second)].push_back(u);
  }
  std::erase_if(batches, [](const auto& b) { return b.empty(); });
  return batches;
}

std::vector<std::vector<int>> compact_batches(int first, int last, int batch) {
  std::vector<std::vector<int>> batches;
  for (int u = first; u < last; u += batch) {
    batches.emplace_back(static_cast<std::size_t>(std::min(batch, last - u)));
    std::iota(batches.back().begin(), batches.back().end(), u);
  }
  return batches;
}

}  // namespace locum::imaging
