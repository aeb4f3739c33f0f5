#include "apps/ptychography/starting_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::apps {
namespace {

constexpr double tolerated_power = 3.0;  // of the probe against the frames
// Of the empty beam on valid pixels: below, what a specimen scatters there is more than what the beam itself puts
// there.
constexpr double least_visible = 0.1;

double power_of(const Ptychogram& input) {
  double power = 0.0;
  for (const auto& value : input.probe) power += std::norm(value);
  return power;
}

}  // namespace

void find_probe(DiffractionData& data, const Context& context, const ReconstructionConfig& config,
                const io::DiffractionFile& file) {
  Ptychogram& in = data.input;
  io::ComplexImages probe;
  if (config.start.probe == "auto" || config.start.probe == "file") probe = file.probe();
  if (!probe.empty()) {
    in.modes = static_cast<int>(probe.modes);
    in.probe = std::move(probe.values);
    scale_probe(data, false);
    return;
  }
  if (config.start.probe == "file")
    throw ConfigError("has no probe", config.data.file,
                      "name it with data.probe, or describe the lens: start.probe = \"microscope\" and [microscope]");
  if (config.start.probe == "mean_frame") {
    in.probe = probe_of_mean_frame(in, data.statistics, data.wavelength, config.start.defocus);
    in.modes = 1;
    scale_probe(data, true);
    log::info(fmt::format("probe: of the mean frame, {:g} Å of defocus", config.start.defocus));
    return;
  }
  if (!data.electrons)
    throw ConfigError(
        "has no probe, and the beam is of photons", config.data.file,
        "name the probe with data.probe, or make one: start.probe = \"mean_frame\" with start.defocus and "
        "ptychography.probe.refine = true; [microscope] knows electron lenses only");
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
  scale_probe(data, true);
}

std::vector<Ptychogram::Value> probe_of_mean_frame(const Ptychogram& input, const FrameStatistics& statistics,
                                                   double wavelength, double defocus) {
  if (defocus != 0.0 && !(wavelength > 0.0))
    throw ConfigError("the wavelength is not known, and a defocus wants it", "start.defocus",
                      "give data.beam_energy or data.beam_wavelength");
  imaging::Image wave(input.window());
  for (int ix = 0; ix < input.nx; ++ix)
    for (int iy = 0; iy < input.ny; ++iy) {
      const std::size_t k =
          static_cast<std::size_t>(ix) * static_cast<std::size_t>(input.ny) + static_cast<std::size_t>(iy);
      const double dark = input.background.empty() ? 0.0 : input.background[k];
      const double qx = imaging::frequency(ix, input.nx) / input.dx, qy = imaging::frequency(iy, input.ny) / input.dy;
      // The ramp puts the middle of the probe on pixel (⌊nx/2⌋, ⌊ny/2⌋).
      const double turns =
          imaging::frequency(ix, input.nx) * (input.nx / 2) + imaging::frequency(iy, input.ny) * (input.ny / 2);
      wave[k] = std::polar(std::sqrt(std::max(0.0, statistics.mean_frame[k] - dark)),
                           std::numbers::pi * (wavelength * defocus * (qx * qx + qy * qy) - 2.0 * turns));
    }
  imaging::ImageTransform(input.nx, input.ny).inverse(wave);
  return {wave.begin(), wave.end()};
}

double visible_share(const Ptychogram& input) {
  if (input.mask.empty()) return 1.0;
  const imaging::ImageTransform transform(input.nx, input.ny);
  double seen = 0.0, all = 0.0;
  for (int m = 0; m < input.modes; ++m) {
    const auto first = input.probe.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(m) * input.window());
    imaging::Image wave(first, first + static_cast<std::ptrdiff_t>(input.window()));
    transform.forward(wave);
    for (std::size_t k = 0; k < wave.size(); ++k) {
      all += std::norm(wave[k]);
      if (input.mask[k] > 0.0f) seen += std::norm(wave[k]);
    }
  }
  return all > 0.0 ? seen / all : 0.0;
}

double counts_of_beam(const Ptychogram& input, const FrameStatistics& statistics) {
  const double share = visible_share(input);
  if (share < least_visible) return -1.0;
  double background = 0.0;
  for (std::size_t k = 0; k < input.background.size(); ++k)
    if (input.mask.empty() || input.mask[k] > 0.0f) background += input.background[k];
  return std::max(statistics.mean - background, 0.01 * statistics.mean) / share;
}

void scale_probe(DiffractionData& data, bool always) {
  Ptychogram& in = data.input;
  const double power = power_of(in);
  if (!(power > 0.0)) throw ConfigError("is 0 everywhere", "the probe", "name another one with data.probe");
  double counts = counts_of_beam(in, data.statistics);
  if (counts < 0.0) {
    log::warn(fmt::format("the mask hides the beam itself: its counts cannot be told from the frames, and are taken {}",
                          always ? "to be what valid pixels have" : "as the probe's file has them"));
    if (!always) return;
    counts = data.statistics.mean;
  }
  if (!always && power < tolerated_power * counts && counts < tolerated_power * power) return;
  const auto factor = static_cast<float>(std::sqrt(counts / power));
  for (auto& value : in.probe) value *= factor;
  if (!always) log::info(fmt::format("the probe's {:.4g} counts are scaled to the frames' {:.4g}", power, counts));
}

}  // namespace locum::apps
