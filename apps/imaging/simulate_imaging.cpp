#include "apps/imaging/simulate_imaging.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/imaging/engine.hpp"
#include "apps/imaging/imaging_config.hpp"
#include "apps/imaging/imaging_results.hpp"
#include "apps/imaging/imaging_setup.hpp"
#include "apps/imaging/scan_job.hpp"
#include "apps/imaging/simulate_hrtem.hpp"
#include "apps/imaging/specimen_source.hpp"
#include "apps/imaging/without_effect.hpp"
#include "apps/input.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {
namespace {

ScanRun scan_run_of(const ImagingConfig& config, const SpecimenSource& source, int slices) {
  ScanRun run;
  const auto& probe = config.microscope;
  run.scan = imaging::make_scan(config.scan, source.specimen.lx, source.specimen.ly, probe.energy, probe.convergence);
  run.configurations = source.configurations.count;
  run.slices = slices;
  run.each_configuration = config.output.each_configuration;
  if (config.dose.counts()) {
    const double area = run.scan.kind == "raster" ? run.scan.area_of_position() : 0.0;
    run.electrons = imaging::electrons_per_probe(config.dose, area);
  }
  run.dose_seed = static_cast<std::uint64_t>(config.dose.seed);
  run.source_sigma = imaging::standard_deviation(config.coherence.source_size);
  run.tile = config.output.tile;
  run.memory = config.imaging.memory_GiB * gibibyte;
  run.metadata = metadata_of(config, source);
  return run;
}

// What the engine says of itself, each detector by its worst channel. Empty of an engine that was not made ready, since
// nothing was left to do.
std::vector<DetectorError> errors_of(const ImagingEngine& engine, const imaging::DetectorSet& detectors,
                                     const ScanAccount& account) {
  std::vector<DetectorError> all;
  if (!engine.errors || account.probes_here == 0) return all;
  const std::vector<imaging::ChannelError> channels = engine.errors();
  for (const auto& detector : detectors.detectors()) {
    DetectorError worst{detector.config.name, 0.0, 0.0, engine.confidence()};
    for (int c = detector.channel; c < detector.channel + detector.channels; ++c) {
      const auto& channel = channels.at(static_cast<std::size_t>(c));
      worst.relative = std::max(worst.relative, channel.relative);
      worst.bound = std::max(worst.bound, channel.bound);
    }
    log::info(fmt::format(
        "{}: {:.2f} % off full multislice for each configuration, at most {:.2f} % with {:.0f} % confidence",
        worst.detector, 100.0 * worst.relative, 100.0 * worst.bound, 100.0 * worst.confidence));
    all.push_back(worst);
  }
  return all;
}

}  // namespace

void run_imaging(const Context& caller, const CommandLine& line) {
  const auto [config, directory] = open_run<ImagingConfig>(caller, line);
  if (line.restart && is_complete(directory)) return;
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  linalg::set_threads(1);  // threads would sum in another order, and images must be the same from any number of ranks
  if (context.comm.is_root())
    for (const std::string& sentence : without_effect(config)) log::warn(sentence);
  if (config.imaging.mode == "hrtem") return run_hrtem(context, config, directory, line.restart);
  EnergyMeter meter(config.energy, context.comm);
  SpecimenSource source = make_specimen_source(context, config.specimen, config.thermal, config.seed);
  imaging::ScanSetup setup;
  setup.grid = make_grid(config.grid, source.specimen.lx, source.specimen.ly);
  setup.probe = config.microscope;
  setup.coherence = config.coherence;
  setup.detectors = config.detectors;
  setup.potential = config.potential;
  setup.edges = slice(source, config.slices);
  setup.memory = engine_memory(context.comm, config.imaging);
  setup.batch = config.imaging.batch;
  log::info(describe(source, setup.grid, setup.edges));
  const ScanRun run = scan_run_of(config, source, static_cast<int>(setup.edges.size()) - 1);
  const auto engine = make_engine(context, config, setup, source.configurations, run.scan);
  const imaging::DetectorSet detectors(engine.detector_grid, config.microscope.energy, config.microscope.convergence,
                                       config.detectors);
  log::info(fmt::format("{}: {} probes ({} × {}), {} configuration(s), {} rank(s)", engine.engine->name(),
                        run.scan.position.size(), run.scan.shape.nx, run.scan.shape.ny, run.configurations,
                        context.comm.size()));
  ScanJob job(context, directory, run, detectors, *engine.engine);
  if (!job.run(line.restart)) throw interrupted(directory, "what is done is");
  const ScanAccount& account = job.account();
  if (account.probes_here > 0) log::info(fmt::format("{:.1f} s, {:.3g} probe·slices/s", account.wall, account.rate));
  const ImagingResults results{
      config,         source, setup, run, detectors, job, engine.engine->name(), errors_of(engine, detectors, account),
      meter.reading()};
  write_results(context.comm, directory, results);
}

}  // namespace locum::apps
