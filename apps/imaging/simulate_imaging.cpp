#include "apps/imaging/simulate_imaging.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/imaging/engine.hpp"
#include "apps/imaging/imaging_config.hpp"
#include "apps/imaging/imaging_results.hpp"
#include "apps/imaging/scan_job.hpp"
#include "apps/imaging/specimen_source.hpp"
#include "apps/input.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

constexpr double gibibyte = 1024.0 * 1024.0 * 1024.0;
constexpr double engine_share = 0.6;  // of a node's memory, for what ranks hold together

// What a node may give to the engine: the same on every rank, since it decides how the engine works.
double engine_memory(const Communicator& comm, const MethodConfig& config) {
  const double available = config.memory_GiB > 0.0 ? config.memory_GiB * gibibyte
                           : device_is_host        ? static_cast<double>(available_memory())
                                                   : static_cast<double>(available_device_memory());
  const double least = comm.min(available);
  return least > 0.0 ? engine_share * least : 4.0 * gibibyte;
}

io::ScanMetadata metadata_of(ImagingConfig config, const SpecimenSource& source) {
  const Specimen& specimen = source.specimen;
  const auto& probe = config.microscope;
  const double defocus = imaging::Aberrations(probe.aberrations, probe.energy).defocus();
  io::ScanMetadata m;
  m.title = config.title;
  m.program_version = version();
  m.input = io::to_toml(config);
  m.fingerprint = m.input + "\nspecimen " + source.fingerprint;
  m.energy = probe.energy;
  m.sample = source.formula;
  m.probe = {{"convergence", "mrad", probe.convergence},
             {"wavelength", "Angstrom", imaging::wavelength(probe.energy)},
             {"defocus", "Angstrom", defocus},
             {"Cs", "mm", probe.aberrations.Cs}};
  m.specimen = {{"thickness", "Angstrom", specimen.lz},
                {"atoms", "1", static_cast<double>(specimen.position.size())},
                {"configurations", "1", static_cast<double>(source.configurations.count)}};
  m.prismatic = {{"E", "keV", probe.energy},     {"sa", "mrad", probe.convergence},
                 {"df", "Angstrom", defocus},    {"C3", "Angstrom", 1e7 * probe.aberrations.Cs},
                 {"s", "Angstrom", specimen.lz}, {"F", "1", static_cast<double>(source.configurations.count)}};
  m.cell[0] = specimen.lx;
  m.cell[1] = specimen.ly;
  m.cell[2] = specimen.lz;
  return m;
}

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

std::string describe(const SpecimenSource& source, const imaging::Grid& grid, const std::vector<double>& edges) {
  const Specimen& s = source.specimen;
  return fmt::format("{}: {} atoms in {:.2f} × {:.2f} × {:.2f} Å, {}; {} × {} points, {} slices of {:.2f} Å",
                     source.formula, s.position.size(), s.lx, s.ly, s.lz, source.thermal, grid.nx, grid.ny,
                     edges.size() - 1, s.lz / static_cast<double>(edges.size() - 1));
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
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  EnergyMeter meter(config.energy, context.comm);
  const SpecimenSource source = make_specimen_source(context, config.specimen, config.thermal, config.seed);
  imaging::ScanSetup setup;
  setup.grid = make_grid(config.grid, source.specimen.lx, source.specimen.ly);
  setup.probe = config.microscope;
  setup.coherence = config.coherence;
  setup.detectors = config.detectors;
  setup.potential = config.potential;
  setup.edges = imaging::slice_edges(source.specimen.lz, config.slices);
  setup.memory = engine_memory(context.comm, config.imaging);
  setup.batch = config.imaging.batch;
  log::info(describe(source, setup.grid, setup.edges));
  const imaging::DetectorSet detectors(setup.grid, config.microscope.energy, config.microscope.convergence,
                                       config.detectors);
  const ScanRun run = scan_run_of(config, source, static_cast<int>(setup.edges.size()) - 1);
  const auto engine = make_engine(context, config, setup, source.configurations, run.scan);
  log::info(fmt::format("{}: {} probes ({} × {}), {} configuration(s), {} rank(s)", engine.engine->name(),
                        run.scan.position.size(), run.scan.shape.nx, run.scan.shape.ny, run.configurations,
                        context.comm.size()));
  ScanJob job(context, directory, run, detectors, *engine.engine);
  if (!job.run(line.restart))
    throw Interrupted{
        fmt::format("stopped by a signal; what is done is kept in {}: go on with --restart", directory.path())};
  const ScanAccount& account = job.account();
  if (account.probes_here > 0) log::info(fmt::format("{:.1f} s, {:.3g} probe·slices/s", account.wall, account.rate));
  const ImagingResults results{
      config,         source, setup, run, detectors, job, engine.engine->name(), errors_of(engine, detectors, account),
      meter.reading()};
  write_results(context.comm, directory, results);
}

}  // namespace locum::apps
