// Counts of a DiffractionFile: boxes of frames, read in the order of the file, in the type of the file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "io/cxi/cxi_file.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr std::int64_t most_bytes = std::int64_t{32} << 20;    // of a box in memory
constexpr std::size_t largest_cache = std::size_t{512} << 20;  // of unpacked chunks

// Unpacked chunks that one frame touches are kept, or each row of a frame would unpack them again.
std::size_t cache_bytes(hid_t data, const Shape& shape, std::size_t number) {
  const Hdf5Handle creation(H5Dget_create_plist(data), H5Pclose);
  if (H5Pget_layout(creation.id()) != H5D_CHUNKED) return 0;
  std::vector<hsize_t> chunk(shape.size());
  if (H5Pget_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data()) < 0) return 0;
  double bytes = static_cast<double>(number);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto whole = static_cast<double>(chunk[d]);
    const bool of_frame = d + 2 >= shape.size();
    bytes *= of_frame ? whole * std::ceil(static_cast<double>(shape[d]) / whole) : whole;
  }
  return static_cast<std::size_t>(std::min(bytes * 1.1 + 4096.0, static_cast<double>(largest_cache)));
}

}  // namespace

struct DiffractionFile::Run {
  std::int64_t first = 0, count = 0;
  struct Wanted {
    std::int64_t frame;
    std::size_t slot;  // where in the answer
  };
  std::vector<Wanted> wanted;
};

void DiffractionFile::open_data() {
  const auto& [file, dataset] = places_.data();
  const Hdf5Handle first = file->open_dataset(dataset), type(H5Dget_type(first.id()), H5Tclose);
  const Hdf5Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  const std::size_t bytes = cache_bytes(first.id(), shape_, H5Tget_size(type.id()));
  if (bytes > std::size_t{1} << 20) H5Pset_chunk_cache(access.id(), 12289, bytes, 1.0);
  data_ = file->open_dataset(dataset, access.id());
}

// Wanted frames in the order of the file, neighbours together: each chunk is then unpacked once.
std::vector<DiffractionFile::Run> DiffractionFile::runs(std::span<const std::int64_t> frames) const {
  std::vector<Run::Wanted> wanted;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (frames[k] < 0 || frames[k] >= frames_)
      throw IoError(fmt::format("frame {} was asked for, the file has 0 … {}", frames[k], frames_ - 1), places_.path());
    wanted.push_back({frames[k], k});
  }
  std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.frame < b.frame; });
  const std::int64_t row = scan_.size() == 2 ? scan_[1] : frames_;
  const std::int64_t most = std::max<std::int64_t>(1, most_bytes / static_cast<std::int64_t>(box() * bytes_));
  std::vector<Run> runs;
  for (const auto& one : wanted) {
    const bool same = !runs.empty() && one.frame < runs.back().first + runs.back().count;
    const bool next = !same && !runs.empty() && one.frame == runs.back().first + runs.back().count &&
                      one.frame % row != 0 && runs.back().count < most;
    if (!same && !next) runs.push_back({one.frame, 0, {}});
    if (!same) ++runs.back().count;
    runs.back().wanted.push_back(one);
  }
  return runs;
}

template <class T>
void DiffractionFile::read_run(const Run& run, hid_t type, std::vector<T>& numbers) const {
  const auto& [file, dataset] = places_.data();
  std::vector<hsize_t> start, count;
  if (scan_.size() == 2) start.push_back(static_cast<hsize_t>(run.first / scan_[1])), count.push_back(1);
  start.push_back(static_cast<hsize_t>(scan_.size() == 2 ? run.first % scan_[1] : run.first));
  count.push_back(static_cast<hsize_t>(run.count));
  for (const auto first : {window_.x, window_.y}) start.push_back(static_cast<hsize_t>(first));
  for (const auto n : {window_.nx, window_.ny}) count.push_back(static_cast<hsize_t>(n * keys_.bin));
  const Hdf5Handle there(H5Dget_space(data_.id()), H5Sclose);
  file->check(H5Sselect_hyperslab(there.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
              fmt::format("select frames {} … {} of", run.first, run.first + run.count - 1), dataset);
  numbers.resize(static_cast<std::size_t>(run.count) * box());
  // Of the box's own shape: HDF5 copies element by element where memory has another one than a chunked file.
  const Hdf5Handle here(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
  file->check(H5Dread(data_.id(), type, here.id(), there.id(), H5P_DEFAULT, numbers.data()),
              fmt::format("read frames {} … {} of", run.first, run.first + run.count - 1), dataset);
}

template <class T>
void DiffractionFile::read_runs(const std::vector<Run>& runs, hid_t type, FrameOrder order,
                                std::span<float> counts) const {
  const OrderMap x(nx_, keys_.bin, order), y(ny_, keys_.bin, order);
  const std::size_t size = static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_), side = y.to.size();
  const bool zero_negative = keys_.negative == "zero";
  const auto scale = static_cast<float>(keys_.counts_scale);
  std::vector<T> numbers;
  for (const auto& run : runs) {
    read_run(run, type, numbers);
    for (const auto& [frame, slot] : run.wanted) {
      const T* from = numbers.data() + static_cast<std::size_t>(frame - run.first) * box();
      float* to = counts.data() + slot * size;
      std::fill_n(to, size, 0.0f);
      bool bad = false;
      for (std::size_t i = 0; i < x.to.size(); ++i) {
        float* row = to + x.to[i] * static_cast<std::size_t>(ny_);
        for (std::size_t j = 0; j < side; ++j) {
          float value = good_[i * side + j] ? scale * static_cast<float>(from[i * side + j]) : 0.0f;
          if (zero_negative && value < 0.0f) value = 0.0f;
          bad |= !(value >= 0.0f && value <= std::numeric_limits<float>::max());  // NaN too
          row[y.to[j]] += value;
        }
      }
      if (bad) refuse(frame, from);
    }
  }
}

// Says where the first number is that cannot be a count.
template <class T>
void DiffractionFile::refuse(std::int64_t frame, const T* numbers) const {
  const std::int64_t side = window_.ny * keys_.bin;
  std::int64_t k = 0;
  const auto is_bad = [&](std::int64_t p) {
    const float value = static_cast<float>(keys_.counts_scale) * static_cast<float>(numbers[p]);
    return good_[static_cast<std::size_t>(p)] && !(std::isfinite(value) && (value >= 0.0f || keys_.negative == "zero"));
  };
  while (!is_bad(k)) ++k;
  const double value = static_cast<double>(numbers[k]);
  const char* what = std::isnan(value)                     ? "not a number"
                     : value < 0.0 && std::isfinite(value) ? "negative"
                                                           : "not finite";
  throw IoError(
      fmt::format("frame {} has a count that is {} at pixel ({}, {}): {}; 0 or more was expected", frame, what,
                  window_.x + k / side, window_.y + k % side, value),
      places_.path(),
      value < 0.0 && std::isfinite(value)
          ? "negative = \"zero\" takes them for 0 (data from which a background was subtracted); broken pixels belong "
            "into the mask"
          : "broken pixels belong into the mask");
}

void DiffractionFile::read(std::span<const std::int64_t> frames, FrameOrder order, std::span<float> counts) const {
  const std::size_t wanted = frames.size() * static_cast<std::size_t>(nx_) * static_cast<std::size_t>(ny_);
  if (counts.size() != wanted)
    throw ConfigError(fmt::format("found room for {} counts of {} frames of {} × {}, {} were expected", counts.size(),
                                  frames.size(), nx_, ny_, wanted),
                      places_.path());
  const auto all = runs(frames);
  if (number_ == Number::real) {
    if (bytes_ == 4) read_runs<float>(all, H5T_NATIVE_FLOAT, order, counts);
    if (bytes_ == 8) read_runs<double>(all, H5T_NATIVE_DOUBLE, order, counts);
  } else if (signed_) {
    if (bytes_ == 1) read_runs<std::int8_t>(all, H5T_NATIVE_INT8, order, counts);
    if (bytes_ == 2) read_runs<std::int16_t>(all, H5T_NATIVE_INT16, order, counts);
    if (bytes_ == 4) read_runs<std::int32_t>(all, H5T_NATIVE_INT32, order, counts);
    if (bytes_ == 8) read_runs<std::int64_t>(all, H5T_NATIVE_INT64, order, counts);
  } else {
    if (bytes_ == 1) read_runs<std::uint8_t>(all, H5T_NATIVE_UINT8, order, counts);
    if (bytes_ == 2) read_runs<std::uint16_t>(all, H5T_NATIVE_UINT16, order, counts);
    if (bytes_ == 4) read_runs<std::uint32_t>(all, H5T_NATIVE_UINT32, order, counts);
    if (bytes_ == 8) read_runs<std::uint64_t>(all, H5T_NATIVE_UINT64, order, counts);
  }
}

void DiffractionFile::read(std::int64_t first, std::int64_t count, FrameOrder order, std::span<float> counts) const {
  if (first < 0 || count < 0 || first > frames_ || count > frames_ - first)
    throw IoError(fmt::format("{} frames from {} were asked for, the file has {}", count, first, frames_),
                  places_.path());
  std::vector<std::int64_t> frames(static_cast<std::size_t>(count));
  for (std::size_t k = 0; k < frames.size(); ++k) frames[k] = first + static_cast<std::int64_t>(k);
  read(frames, order, counts);
}

}  // namespace locum::io
