#include "apps/imaging/scan_tiles.hpp"

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::apps {
namespace {

// Whole batches of the engine, which are some waves on a CPU and hundreds on a GPU.
constexpr std::int64_t tiles_of_a_scan = 128, smallest = device_is_host ? 4 : 512,
                       largest = device_is_host ? 256 : 8192;
constexpr double most_bytes = 0.25 * 1024 * 1024 * 1024;

}  // namespace

std::int64_t tile_size(std::int64_t wanted, std::int64_t probes, double bytes_per_probe) {
  if (wanted > 0) return std::min(wanted, probes);
  std::int64_t size = std::clamp((probes / tiles_of_a_scan + smallest - 1) / smallest * smallest, smallest, largest);
  if (bytes_per_probe > 0.0)
    size = std::clamp<std::int64_t>(static_cast<std::int64_t>(most_bytes / bytes_per_probe), 1, size);
  return std::min(size, probes);
}

std::vector<Tile> scan_tiles(std::int64_t probes, std::int64_t size) {
  std::vector<Tile> tiles;
  for (std::int64_t first = 0; first < probes; first += size) tiles.push_back({first, std::min(size, probes - first)});
  return tiles;
}

}  // namespace locum::apps
