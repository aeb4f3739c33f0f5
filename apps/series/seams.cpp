#include "apps/series/seams.hpp"

#include <algorithm>
#include <complex>
#include <map>
#include <queue>
#include <utility>

namespace locum::apps {
namespace {

constexpr int nowhere = -1;

// The tile of each pixel of the object.
std::vector<int> tile_map(const Ptychogram& input) {
  std::vector<int> map(input.object_size(), nowhere);
  for (std::size_t t = 0; t < input.tiles.size(); ++t) {
    const PixelBox core = intersection(input.tiles[t].core, input.whole());
    for (int x = core.x0; x < core.x1; ++x)
      std::fill_n(map.begin() + static_cast<std::ptrdiff_t>(x) * input.object_ny + core.y0, core.ny(),
                  static_cast<int>(t));
  }
  return map;
}

// Every pair of neighbouring pixels: visit(first, second), second below or to the right of the first.
template <class Visit>
void over_pairs(const Ptychogram& input, const Visit& visit) {
  const auto ny = static_cast<std::size_t>(input.object_ny);
  for (int x = 0; x < input.object_nx; ++x)
    for (int y = 0; y < input.object_ny; ++y) {
      const std::size_t k = static_cast<std::size_t>(x) * ny + static_cast<std::size_t>(y);
      if (x + 1 < input.object_nx) visit(k, k + ny);
      if (y + 1 < input.object_ny) visit(k, k + 1);
    }
}

int root_of(std::vector<int>& parent, int tile) {
  while (parent[static_cast<std::size_t>(tile)] != tile) tile = parent[static_cast<std::size_t>(tile)];
  return tile;
}

}  // namespace

void join_regions(const Ptychogram& input, const std::vector<bool>& by_solver, ObjectFunction& object) {
  if (std::all_of(by_solver.begin(), by_solver.end(), [&](bool b) { return b == by_solver.front(); })) return;
  const std::vector<int> tile = tile_map(input);
  std::vector<int> region(input.tiles.size());
  for (std::size_t t = 0; t < region.size(); ++t) region[t] = static_cast<int>(t);
  over_pairs(input, [&](std::size_t a, std::size_t b) {
    if (tile[a] == tile[b] || tile[a] == nowhere || tile[b] == nowhere) return;
    if (by_solver[static_cast<std::size_t>(tile[a])] != by_solver[static_cast<std::size_t>(tile[b])]) return;
    const int one = root_of(region, tile[a]), other = root_of(region, tile[b]);
    region[static_cast<std::size_t>(std::max(one, other))] = std::min(one, other);
  });
  for (std::size_t t = 0; t < region.size(); ++t) region[t] = root_of(region, static_cast<int>(t));
  // Σ O_first O_second* along the seam of two regions, in the order of their names.
  std::map<std::pair<int, int>, std::complex<double>> seam;
  std::map<int, std::size_t> pixels;
  for (const int t : tile)
    if (t != nowhere) ++pixels[region[static_cast<std::size_t>(t)]];
  over_pairs(input, [&](std::size_t a, std::size_t b) {
    if (tile[a] == nowhere || tile[b] == nowhere) return;
    const int one = region[static_cast<std::size_t>(tile[a])], other = region[static_cast<std::size_t>(tile[b])];
    if (one == other) return;
    const std::complex<double> product =
        std::complex<double>(object.value[a]) * std::conj(std::complex<double>(object.value[b]));
    seam[{one, other}] += product;
    seam[{other, one}] += std::conj(product);
  });
  const auto largest =
      std::max_element(pixels.begin(), pixels.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::map<int, std::complex<double>> turn = {{largest->first, 1.0}};
  for (std::queue<int> next({largest->first}); !next.empty(); next.pop())
    for (const auto& [pair, product] : seam) {
      if (pair.first != next.front() || turn.count(pair.second)) continue;
      const double size = std::abs(product);
      turn[pair.second] = turn[pair.first] * (size > 0.0 ? product / size : 1.0);
      next.push(pair.second);
    }
  for (std::size_t k = 0; k < tile.size(); ++k) {
    if (tile[k] == nowhere) continue;
    const auto found = turn.find(region[static_cast<std::size_t>(tile[k])]);
    if (found != turn.end()) object.value[k] *= std::complex<float>(found->second);
  }
}

}  // namespace locum::apps
