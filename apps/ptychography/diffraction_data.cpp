#include "apps/ptychography/diffraction_data.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/imaging/frames_file.hpp"
#include "apps/ptychography/data_truth.hpp"
#include "apps/ptychography/starting_probe.hpp"
#include "io/collective.hpp"
#include "io/cxi/cxi_result.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

std::vector<std::int64_t> chosen(const ReconstructionDataConfig& config, std::int64_t count) {
  std::vector<std::int64_t> frames(static_cast<std::size_t>(count));
  std::iota(frames.begin(), frames.end(), std::int64_t{0});
  if (!config.frames.empty()) frames = chosen_frames(config.frames, count, config.file);
  for (const std::int64_t k : config.leave_out) {
    if (k < -count || k >= count)
      throw ConfigError(fmt::format("frame {} is to be left out, the file has {}", k, count), "data.leave_out",
                        fmt::format("frames count from 0 to {}, -1 is the last", count - 1));
    std::erase(frames, k < 0 ? count + k : k);
  }
  if (frames.empty()) throw ConfigError("no frame is left", "data.leave_out", "leave fewer out");
  return frames;
}

// FNV-1a over bytes.
class Fingerprint {
 public:
  template <class T>
  void fold(const std::vector<T>& values) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    for (std::size_t k = 0; k < values.size() * sizeof(T); ++k) hash_ = (hash_ ^ bytes[k]) * 1099511628211ull;
  }
  std::string text() const { return fmt::format("{:016x}", hash_); }

 private:
  std::uint64_t hash_ = 14695981039346656037ull;
};

std::vector<std::array<double, 2>> in_pixels(const std::vector<double>& list, const std::vector<std::int64_t>& frames,
                                             const std::array<double, 2>& origin, double dx, double dy) {
  std::vector<std::array<double, 2>> position;
  for (const std::int64_t f : frames) {
    const auto k = 2 * static_cast<std::size_t>(f);
    position.push_back({(list.at(k) - origin[0]) / dx, (list.at(k + 1) - origin[1]) / dy});
  }
  return position;
}

// What the transforms of frames can do.
bool transforms(int n) {
  for (const int factor : {2, 3, 5, 7})
    while (n > 1 && n % factor == 0) n /= factor;
  return n == 1;
}

void check_frames(const io::DiffractionFile& file, const std::string& path) {
  for (const int n : {file.nx(), file.ny()}) {
    int fits = n;
    while (!transforms(fits)) --fits;
    if (fits < n)
      throw ConfigError(
          fmt::format("frames have {} × {} pixels, and {} has a prime factor above 7", file.nx(), file.ny(), n), path,
          fmt::format("cut them: data.crop = {}", fits));
  }
}

// The smallest grid that has the windows and the margin, and where it begins.
void lay_grid(DiffractionData& data, const std::vector<double>& positions, const std::vector<std::int64_t>& frames,
              int margin) {
  Ptychogram& in = data.input;
  std::array<double, 2> low{1e300, 1e300}, high{-1e300, -1e300};
  for (const std::int64_t f : frames)
    for (std::size_t d = 0; d < 2; ++d) {
      const double r = positions[2 * static_cast<std::size_t>(f) + d];
      low[d] = std::min(low[d], r);
      high[d] = std::max(high[d], r);
    }
  data.origin = {low[0] - margin * in.dx, low[1] - margin * in.dy};
  in.object_nx = in.nx + 2 * margin + static_cast<int>(std::ceil((high[0] - low[0]) / in.dx)) + 1;
  in.object_ny = in.ny + 2 * margin + static_cast<int>(std::ceil((high[1] - low[1]) / in.dy)) + 1;
}

// Takes the truth's grid where the windows are those that it was made with.
bool take_truth(DiffractionData& data, const io::DiffractionFile& file, const std::vector<std::int64_t>& frames,
                const ReconstructionDataConfig& config) {
  const DataTruth truth = read_truth(config.file);
  Ptychogram& in = data.input;
  if (truth.object.empty()) return false;
  const auto position = in_pixels(file.positions(), frames, truth.origin, in.dx, in.dy);
  const bool inside = std::all_of(position.begin(), position.end(), [&](const auto& r) {
    return r[0] >= 0.0 && r[1] >= 0.0 && r[0] + in.nx <= static_cast<double>(truth.object.nx) &&
           r[1] + in.ny <= static_cast<double>(truth.object.ny);
  });
  if (config.keys.crop > 0 || config.keys.bin > 1 || !inside) {
    log::info("the truth in the file is of other windows than these: it is not compared with");
    return false;
  }
  data.origin = truth.origin;
  in.object_nx = static_cast<int>(truth.object.nx);
  in.object_ny = static_cast<int>(truth.object.ny);
  data.truth.value = truth.object.values;
  if (truth.probe.nx == in.nx && truth.probe.ny == in.ny) {
    data.true_probe = truth.probe.values;
    data.true_modes = static_cast<int>(truth.probe.modes);
  }
  if (!truth.positions.empty()) data.true_position = in_pixels(truth.positions, frames, truth.origin, in.dx, in.dy);
  return true;
}

// An earlier result: that of start.object, or the one that data.object names in the file.
void take_start(DiffractionData& data, const Context& context, const ReconstructionConfig& config,
                const io::DiffractionFile& file) {
  const bool in_file = !config.data.keys.object.empty() && config.data.keys.object != "none";
  if (config.start.object.empty() && !in_file) return;
  io::ComplexImages object;
  together(context.comm,
           [&] { object = in_file ? file.object() : io::read_reconstruction(config.start.object).object; });
  const Ptychogram& in = data.input;
  if (object.modes != 1 || object.nx != in.object_nx || object.ny != in.object_ny)
    throw ConfigError(fmt::format("{} object(s) of {} × {} pixels, one of {} × {} was expected", object.modes,
                                  object.nx, object.ny, in.object_nx, in.object_ny),
                      in_file ? "data.object" : config.start.object,
                      "start from a result of the same data, crop, bin and start.margin");
  data.start.value = std::move(object.values);
}

// An earlier result of the same frames, with its grid: start.from.
void take_result(DiffractionData& data, const Context& context, const std::string& path) {
  io::Reconstruction found;
  together(context.comm, [&] { found = io::read_reconstruction(path); });
  Ptychogram& in = data.input;
  const auto refuse = [&](const std::string& what) {
    throw ConfigError(what, path, "start from a result of the same data, frames, crop and bin");
  };
  if (found.positions.size() != 2 * in.position.size())
    refuse(fmt::format("has {} positions, {} frames were chosen", found.positions.size() / 2, in.size()));
  if (found.probe.nx != in.nx || found.probe.ny != in.ny)
    refuse(fmt::format("has a probe of {} × {} pixels, frames have {} × {}", found.probe.nx, found.probe.ny, in.nx,
                       in.ny));
  const std::array<double, 2> pixel{in.dx, in.dy};
  const std::array<std::int64_t, 2> extent{in.object_nx, in.object_ny}, other{found.object.nx, found.object.ny};
  for (std::size_t d = 0; d < 2; ++d) {
    if (std::abs(found.pixel[d] / pixel[d] - 1.0) > 1e-3)
      refuse(fmt::format("has pixels of {:.5g} Å, the frames' are of {:.5g} Å", found.pixel[d], pixel[d]));
    const double off = (found.origin[d] - data.origin[d]) / pixel[d];
    if (!data.truth.value.empty() && (other[d] != extent[d] || std::abs(off) > 1e-3))
      refuse(fmt::format("has an object of {} × {} pixels, the truth beside the data has {} × {}", other[0], other[1],
                         extent[0], extent[1]));
  }
  data.origin = found.origin;
  in.object_nx = static_cast<int>(other[0]);
  in.object_ny = static_cast<int>(other[1]);
  std::vector<std::int64_t> all(in.position.size());
  std::iota(all.begin(), all.end(), std::int64_t{0});
  in.position = in_pixels(found.positions, all, found.origin, in.dx, in.dy);
  const std::array<double, 2> room{1.0 * (in.object_nx - in.nx), 1.0 * (in.object_ny - in.ny)};
  for (auto& r : in.position)  // they lay inside, but metres and back are a rounding
    for (std::size_t d = 0; d < 2; ++d) r[d] = std::clamp(r[d], 0.0, std::max(0.0, room[d]));
  in.modes = static_cast<int>(found.probe.modes);
  in.probe = std::move(found.probe.values);
  data.start.value = std::move(found.object.values);
}

void describe(const DiffractionData& data, const io::DiffractionFile& file, const std::string& path) {
  const Ptychogram& in = data.input;
  const FrameStatistics& s = data.statistics;
  for (const auto& note : file.notes()) log::info(note);
  log::info(
      fmt::format("{}: {} frames of {} × {} pixels, {:.4g} counts each ({:.4g} … {:.4g}); object of {} × {} "
                  "pixels of {:.4g} Å{}",
                  path, in.size(), in.nx, in.ny, s.mean, s.least, s.most, in.object_nx, in.object_ny, in.dx,
                  data.truth.value.empty() ? "" : "; the truth is known"));
  if (s.empty > 0)
    log::warn(
        fmt::format("{} frame(s) have no counts at all; an object is sought that explains them: data.leave_out = "
                    "[{}{}] leaves them out",
                    s.empty, fmt::join(s.empty_frames, ", "),
                    s.empty_frames.size() < static_cast<std::size_t>(s.empty) ? ", …" : ""));
}

}  // namespace

DiffractionData read_diffraction_data(const Context& context, const ReconstructionConfig& config) {
  std::shared_ptr<const io::DiffractionFile> file;
  together(context.comm, [&] { file = std::make_shared<io::DiffractionFile>(config.data.file, config.data.keys); });
  check_frames(*file, config.data.file);
  const std::vector<std::int64_t> frames = chosen(config.data, file->frames());
  DiffractionData data;
  Ptychogram& in = data.input;
  in.comm = context.comm;
  in.frames = std::make_shared<FramesOfFile>(file, frames);
  in.nx = file->nx();
  in.ny = file->ny();
  in.dx = file->object_pixel()[0];
  in.dy = file->object_pixel()[1];
  data.wavelength = file->wavelength();
  data.electrons = file->electrons();
  bool has_truth = false;
  together(context.comm, [&] {
    const std::vector<std::uint8_t> mask = file->mask(io::FrameOrder::fft);
    if (std::find(mask.begin(), mask.end(), 0) != mask.end()) in.mask.assign(mask.begin(), mask.end());
    in.background = file->background(io::FrameOrder::fft);
    has_truth = take_truth(data, *file, frames, config.data);
  });
  if (!has_truth) lay_grid(data, file->positions(), frames, config.start.margin);
  in.position = in_pixels(file->positions(), frames, data.origin, in.dx, in.dy);
  data.statistics = frame_statistics(in);
  for (std::int64_t& j : data.statistics.empty_frames) j = frames[static_cast<std::size_t>(j)];
  together(context.comm, [&] {
    if (config.start.from.empty()) find_probe(data, context, config, *file);
  });
  if (config.start.from.empty())
    take_start(data, context, config, *file);
  else
    take_result(data, context, config.start.from);
  in.validate();
  Fingerprint fingerprint;
  fingerprint.fold(in.position);
  fingerprint.fold(in.probe);
  fingerprint.fold(data.statistics.mean_frame);
  data.fingerprint = fingerprint.text();
  describe(data, *file, config.data.file);
  return data;
}

}  // namespace locum::apps
