#include "apps/ptychography/diffraction_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apps/imaging/frames_file.hpp"
#include "apps/ptychography/data_truth.hpp"
#include "io/collective.hpp"
#include "io/cxi_result.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

constexpr double tolerated_power = 3.0;  // of the probe against the frames

std::vector<std::int64_t> chosen(const ReconstructionDataConfig& config, std::int64_t count) {
  if (!config.frames.empty()) return chosen_frames(config.frames, count, config.file);
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return all;
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

void check_frames(const io::DiffractionFile& file, const std::string& path) {
  for (const int n : {file.nx(), file.ny()}) {
    int fits = n;
    while (fits > 1 && fft::good_size(fits) != fits) --fits;
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

void find_probe(DiffractionData& data, const Context& context, const ReconstructionConfig& config,
                const io::DiffractionFile& file) {
  Ptychogram& in = data.input;
  io::ComplexImages probe;
  if (config.start.probe != "microscope") probe = file.probe();
  if (!probe.empty()) {
    in.modes = static_cast<int>(probe.modes);
    in.probe = std::move(probe.values);
    return;
  }
  if (config.start.probe == "file")
    throw ConfigError("has no probe", config.data.file,
                      "name it with data.probe, or describe the lens: start.probe = \"microscope\" and [microscope]");
  if (!data.electrons)
    throw ConfigError("has no probe, and the beam is of photons", config.data.file,
                      "name the probe with data.probe: [microscope] knows electron lenses only");
  if (data.wavelength > 0.0) {
    const double own = imaging::wavelength(config.microscope.energy);
    if (std::abs(own / data.wavelength - 1.0) > 0.01)
      throw ConfigError(
          fmt::format("{:g} keV have {:.5g} Å, the file says {:.5g} Å", config.microscope.energy, own, data.wavelength),
          "microscope.energy", "take the energy of the experiment, or correct data.beam_energy");
  }
  in.probe = imaging::make_window_probe(context, {in.nx, in.ny, in.nx * in.dx, in.ny * in.dy}, config.microscope,
                                        config.probe, data.statistics.mean);
  in.modes = config.probe.modes;
  log::info(fmt::format("probe: {:g} keV, {:g} mrad, {} mode(s), of the microscope", config.microscope.energy,
                        config.microscope.convergence, in.modes));
}

// The empty beam's counts are not known; the frames' are nearly they for a specimen that absorbs little.
void scale_probe(DiffractionData& data) {
  Ptychogram& in = data.input;
  double power = 0.0, background = 0.0;
  for (const auto& value : in.probe) power += std::norm(value);
  for (const float value : in.background) background += value;
  const double counts = std::max(data.statistics.mean - background, 0.01 * data.statistics.mean);
  if (!(power > 0.0)) throw ConfigError("is 0 everywhere", "the probe", "name another one with data.probe");
  if (power < tolerated_power * counts && counts < tolerated_power * power) return;
  const auto factor = static_cast<float>(std::sqrt(counts / power));
  for (auto& value : in.probe) value *= factor;
  log::info(fmt::format("the probe's {:.4g} counts are scaled to the frames' {:.4g}", power, counts));
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

void describe(const DiffractionData& data, const io::DiffractionFile& file, const std::string& path) {
  const Ptychogram& in = data.input;
  const FrameStatistics& s = data.statistics;
  for (const auto& note : file.notes()) log::info(note);
  log::info(
      fmt::format("{}: {} frames of {} × {} pixels, {:.4g} counts each ({:.4g} … {:.4g}); object of {} × {} "
                  "pixels of {:.4g} Å{}",
                  path, in.size(), in.nx, in.ny, s.mean, s.least, s.most, in.object_nx, in.object_ny, in.dx,
                  data.truth.value.empty() ? "" : "; the truth is known"));
  if (s.empty > 0) log::warn(fmt::format("{} frame(s) have no counts at all", s.empty));
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
  together(context.comm, [&] { find_probe(data, context, config, *file); });
  scale_probe(data);
  take_start(data, context, config, *file);
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
