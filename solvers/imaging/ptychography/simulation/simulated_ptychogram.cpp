#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/ptychography/simulation/specimen_object.hpp"

namespace locum::imaging {
namespace {

double pixel_of(const SimulatedPtychogramConfig& config) {
  if (config.pixel > 0.0) return config.pixel;
  return 0.5 * config.aperture * wavelength(config.probe.energy) / (1e-3 * config.probe.convergence);
}

}  // namespace

SimulatedPtychogramConfig::SimulatedPtychogramConfig() {
  probe.energy = 300.0;
  probe.convergence = 20.0;
  probe.aberrations.defocus = 150.0;
  scan.jitter = 0.1;
}

void SimulatedPtychogramConfig::visit(ConfigVisitor& v) {
  v.value({"pixels", "", "of a frame along each side", {8, 4096}}, pixels);
  v.value({"pixel", "Angstrom", "of the object; 0: by the aperture", {0.0, 1e4}}, pixel);
  v.value({"aperture", "", "radius of the bright disc, of half the detector's side", {0.01, 0.66}}, aperture);
  v.value({"counts", "", "of a frame of the empty beam", {0.0, 1e12}}, counts);
  v.value({"dose", "electrons/Angstrom^2", "of the scanned area, instead of counts; 0: counts", {0.0, 1e12}}, dose);
  v.value({"position_error", "pixels", "standard deviation along each axis", {0.0, 100.0}}, position_error);
  v.section({"probe", "", "lens that forms the probe"}, probe);
  v.section({"window", "", "modes of the probe"}, window);
  v.section({"scan", "", "positions"}, scan);
  v.section({"object", "", "drawn at random"}, object);
  v.section({"noise", "", "of the detector"}, noise);
}

void SimulatedPtychogramConfig::validate() const {
  probe.validate();
  window.validate();
  scan.validate();
  object.validate();
  noise.validate();
  if (pixels < 8 || pixels > 4096)
    throw ConfigError(fmt::format("frames of {} pixels along a side, 8 … 4096 were expected", pixels),
                      "simulation.pixels");
  if (!(pixel >= 0.0 && std::isfinite(pixel)))
    throw ConfigError(fmt::format("a pixel of {} Å, 0 or more was expected", pixel), "simulation.pixel");
  if (pixel == 0.0 && !(aperture > 0.0 && aperture <= 0.66))
    throw ConfigError(
        fmt::format("the aperture is {} of the detector's half, above 0 and at most 0.66 was expected", aperture),
        "simulation.aperture", "the dark field needs the rest");
  if (!(counts > 0.0 || dose > 0.0) || !std::isfinite(counts) || !std::isfinite(dose))
    throw ConfigError(
        fmt::format("{} counts a frame and a dose of {} electrons/Å², one above 0 was expected", counts, dose),
        "simulation.counts");
  if (!(position_error >= 0.0 && position_error <= 100.0))
    throw ConfigError(fmt::format("a position error of {} pixels, 0 … 100 was expected", position_error),
                      "simulation.position_error");
}

SimulatedPtychogram simulated_geometry(const Context& context, const SimulatedPtychogramConfig& config,
                                       std::int64_t index, std::array<double, 2> pixel) {
  config.validate();
  if (index < 0)
    throw ConfigError(fmt::format("data set {} was asked for, 0 or more was expected", index), "simulation");
  SimulatedPtychogram simulated;
  Ptychogram& data = simulated.data;
  data.comm = context.comm;
  data.nx = data.ny = config.pixels;
  data.dx = pixel[0] > 0.0 ? pixel[0] : pixel_of(config);
  data.dy = pixel[1] > 0.0 ? pixel[1] : pixel_of(config);
  const Grid window{data.nx, data.ny, data.nx * data.dx, data.ny * data.dy};
  data.modes = config.window.modes;
  data.probe = make_window_probe(context, window, config.probe, config.window, 1.0);
  ScanPatternConfig scan = config.scan;
  scan.seed = data_set_seed(scan.seed, index);
  scan.margin = std::max(scan.margin, static_cast<int>(std::ceil(3.0 * config.position_error)));
  const ScanPattern pattern =
      make_scan_pattern(scan, data.nx, data.ny, data.dx, data.dy, probe_diameter(data.probe, window, data.modes));
  data.object_nx = pattern.object_nx;
  data.object_ny = pattern.object_ny;
  data.position = pattern.position;
  const double counts = config.dose > 0.0 ? config.dose * pattern.step * pattern.step : config.counts;
  for (auto& p : data.probe) p *= static_cast<float>(std::sqrt(counts));
  data.mask = detector_mask(config.noise, data.nx, data.ny);
  data.background = detector_background(config.noise, data.nx, data.ny);
  simulated.true_position = displaced_positions(data.position, config.position_error, scan.seed);
  return simulated;
}

void add_frames(const Context& context, const FrameNoiseConfig& noise, std::int64_t index,
                std::unique_ptr<FrameModel> model, bool keep, SimulatedPtychogram& simulated) {
  Ptychogram& data = simulated.data;
  auto frames =
      std::make_shared<SimulatedFrames>(context.space, std::move(model), simulated.true_position, noise, index);
  data.frames = frames;
  if (keep) data.frames = kept_frames(context.comm, *frames, static_cast<int>(data.window()));
}

SimulatedPtychogram simulate_ptychogram(const Context& context, const SimulatedPtychogramConfig& config,
                                        std::int64_t index, bool keep) {
  SimulatedPtychogram simulated = simulated_geometry(context, config, index);
  const Ptychogram& data = simulated.data;
  simulated.truth = random_object(config.object, data.object_nx, data.object_ny, index);
  add_frames(context, config.noise, index, far_field_frames(context.space, data, simulated.truth), keep, simulated);
  return simulated;
}

SimulatedPtychogram simulate_specimen(const Context& context, const SimulatedPtychogramConfig& config,
                                      const MultisliceFramesSetup& setup, const Configurations& configurations,
                                      std::int64_t index, bool keep) {
  const Grid& cell = setup.cell;
  if (configurations.count < 1) throw ConfigError("there is no specimen", "simulation");
  SimulatedPtychogram simulated = simulated_geometry(context, config, index, {cell.dx(), cell.dy()});
  const Ptychogram& data = simulated.data;
  simulated.truth = specimen_object(context, configurations.get(0), cell, config.probe.energy, setup.potential,
                                    data.object_nx, data.object_ny);
  MultisliceFramesSetup thick = setup;
  thick.energy = config.probe.energy;
  auto model = setup.edges.empty() ? far_field_frames(context.space, data, simulated.truth)
                                   : multislice_frames(context, data, thick, configurations);
  add_frames(context, config.noise, index, std::move(model), keep, simulated);
  return simulated;
}

}  // namespace locum::imaging
