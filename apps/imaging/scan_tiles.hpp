// A scan cut into pieces of work: probes that follow each other, so that what a tile writes is one run of bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace locum::apps {

struct Tile {
  std::int64_t first = 0, count = 0;  // probes in scan order
};

// Probes of a tile when the input leaves it open (wanted 0): some 128 tiles a scan, so that a few ranks are all busy to
// the end, but 4 to 256 probes in fours (a GPU: 512 to 8192), and no more than keep `bytes_per_probe` below a quarter
// of a GiB. The number of ranks does not matter: the file of a run is the same whoever made it.
std::int64_t tile_size(std::int64_t wanted, std::int64_t probes, double bytes_per_probe);

// All probes in tiles of `size`; the last may be smaller.
std::vector<Tile> scan_tiles(std::int64_t probes, std::int64_t size);

// Indices of the tiles that are not done, the costly ones first, so that no rank begins with the largest at the end.
template <class Done>
std::vector<std::int64_t> open_tiles(const std::vector<Tile>& tiles, const Done& done) {
  std::vector<std::int64_t> open;
  for (std::size_t k = 0; k < tiles.size(); ++k)
    if (!done(static_cast<std::int64_t>(k))) open.push_back(static_cast<std::int64_t>(k));
  std::stable_sort(open.begin(), open.end(), [&](auto a, auto b) { return tiles[a].count > tiles[b].count; });
  return open;
}

}  // namespace locum::apps
