// Diffraction frames read from their file as they are wanted: nothing of a data set has to be in memory at once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/cxi/cxi_file.hpp"
#include "kokkos_kernels/base/communicator.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::apps {

class FramesOfFile final : public FrameSource {
 public:
  // chosen: frames of the file, in the order in which they are counted here.
  FramesOfFile(std::shared_ptr<const io::DiffractionFile> file, std::vector<std::int64_t> chosen);
  int frames() const override { return static_cast<int>(chosen_.size()); }
  // Throws IoError as DiffractionFile::read does.
  void read(std::span<const int> which, std::span<float> counts) const override;

 private:
  std::shared_ptr<const io::DiffractionFile> file_;
  std::vector<std::int64_t> chosen_;
};

// What the counts of a data set are, from one pass over all frames: counts that are no counts are found before hours of
// work, and not by one rank alone.
struct FrameStatistics {
  double mean = 0.0;                       // counts of a frame, background included, valid pixels only
  double least = 0.0, most = 0.0;          // of the frames
  int empty = 0;                           // frames without a count
  std::vector<std::int64_t> empty_frames;  // which: some of the first
  double largest = 0.0;                    // of a valid pixel
  std::vector<double> mean_frame;          // (nx, ny), in the order of the transform
};

// Collective; IoError with the frame and the pixel for a count that is NaN, infinite or negative, ConfigError where no
// frame has a count.
FrameStatistics frame_statistics(const Ptychogram& input);

}  // namespace locum::apps
