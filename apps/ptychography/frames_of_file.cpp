#include "apps/ptychography/frames_of_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

constexpr std::size_t block_numbers = 2u << 20;  // of frames that are looked at together
constexpr std::size_t most_named = 50;           // frames without a count

}  // namespace

FramesOfFile::FramesOfFile(std::shared_ptr<const io::DiffractionFile> file, std::vector<std::int64_t> chosen)
    : file_(std::move(file)), chosen_(std::move(chosen)) {}

void FramesOfFile::read(std::span<const int> which, std::span<float> counts) const {
  std::vector<std::int64_t> frames;
  frames.reserve(which.size());
  for (const int j : which) frames.push_back(chosen_.at(static_cast<std::size_t>(j)));
  file_->read(frames, io::FrameOrder::fft, counts);
}

FrameStatistics frame_statistics(const Ptychogram& input) {
  const Communicator& comm = input.comm;
  const std::size_t window = input.window();
  const auto first = static_cast<int>(io::block_start(input.size(), comm.size(), comm.rank())),
             last = static_cast<int>(io::block_start(input.size(), comm.size(), comm.rank() + 1));
  const int block = std::max(1, static_cast<int>(block_numbers / window));
  FrameStatistics s;
  s.least = std::numeric_limits<double>::max();
  s.mean_frame.assign(window, 0.0);
  together(comm, [&] {
    std::vector<float> counts;
    std::vector<int> which;
    for (int from = first; from < last; from += block) {
      which.clear();
      for (int j = from; j < std::min(last, from + block); ++j) which.push_back(j);
      counts.resize(which.size() * window);
      input.frames->read(which, counts);
      for (std::size_t j = 0; j < which.size(); ++j) {
        double total = 0.0;
        for (std::size_t k = 0; k < window; ++k) {
          if (!input.mask.empty() && input.mask[k] == 0.0f) continue;
          const double count = counts[j * window + k];
          total += count;
          s.largest = std::max(s.largest, count);
          s.mean_frame[k] += count;
        }
        s.mean += total;
        s.least = std::min(s.least, total);
        s.most = std::max(s.most, total);
        s.empty += total > 0.0 ? 0 : 1;
        if (!(total > 0.0) && s.empty_frames.size() < most_named) s.empty_frames.push_back(which[j]);
      }
    }
  });
  comm.sum(std::span<double>(s.mean_frame));
  for (double& value : s.mean_frame) value /= input.size();
  s.mean = comm.sum(s.mean) / input.size();
  s.least = comm.min(s.least);
  s.most = comm.max(s.most);
  s.largest = comm.max(s.largest);
  s.empty = comm.sum(s.empty);
  s.empty_frames = comm.all_gather(std::span<const std::int64_t>(s.empty_frames));
  s.empty_frames.resize(std::min(s.empty_frames.size(), most_named));
  if (!(s.mean > 0.0))
    throw ConfigError(fmt::format("none of {} frames has a count in a valid pixel", input.size()), "data",
                      "check data.data, the mask and data.mask_is");
  return s;
}

}  // namespace locum::apps
