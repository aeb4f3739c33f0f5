// In what order frames are worked on, and by whom.
//
// Frames are put in an order in which neighbours in the list are neighbours on the specimen, by halving their set along
// its longer side again and again. A rank owns a stretch of it. A mini-batch has one frame of each of `batch`
// stretches, drawn anew every sweep, so that its frames lie far apart and, where the batch is a multiple of the number
// of ranks, every rank has as many of them. The draw depends on the seed and the sweep alone, never on the number of
// ranks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace locum::imaging {

// position: of all frames; which: those that take part. Returns `which`, neighbours together.
std::vector<int> spatial_order(std::span<const std::array<double, 2>> position, std::vector<int> which);

// This rank's places in the order: [first, last).
std::pair<int, int> own_share(int frames, int rank, int ranks);

// Batches of a sweep, of at most `batch` places in the order each; every place once.
std::vector<std::vector<int>> sparse_batches(int frames, int batch, std::uint64_t seed, std::uint64_t sweep);

// Places first … last − 1 as they come, `batch` at a time.
std::vector<std::vector<int>> compact_batches(int first, int last, int batch);

}  // namespace locum::imaging
