// The datasets of a trajectory file that grow with its frames, in the order in which they are given space. For
// io/trajectory*.cpp only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/trajectory/trajectory.hpp"

namespace locum::io {

struct TrajectorySeries {
  std::string dataset;
  Number number;
  std::string unit;
  Shape row;                // shape of one frame's values
  std::int64_t chunk_rows;  // frames in a chunk

  std::int64_t row_size() const;
  Shape rows(std::int64_t count) const;  // shape of `count` frames
  Slab slab(std::int64_t first, std::int64_t count) const;
};

// The empty file: structure without frames. `temporary` exists and is empty.
void make_trajectory(const std::string& temporary, const std::vector<TrajectorySeries>& series,
                     const std::vector<std::int64_t>& species, const TrajectoryOptions& options);

// Space for frames `from` … `to` − 1. Chunks are asked for frame by frame, whatever the number of frames in a call, so
// that their places in the file do not depend on when it was committed.
void grow(Hdf5File& file, const std::vector<TrajectorySeries>& series, std::int64_t from, std::int64_t to);

// The first `frames` frames of the trajectory at `source` in the empty one at `temporary`.
void copy_frames(const std::string& source, const std::string& temporary, const std::vector<TrajectorySeries>& series,
                 std::int64_t frames);

// Bytes of a file with so many frames, at most.
std::uint64_t trajectory_bytes(const std::vector<TrajectorySeries>& series, std::int64_t atoms, std::int64_t frames);

}  // namespace locum::io
