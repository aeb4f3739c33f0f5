#include "apps/imaging/simulate_hrtem.hpp"

#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/imaging/hrtem_results.hpp"
#include "apps/imaging/imaging_setup.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "solvers/imaging/detectors/dose.hpp"
#include "solvers/imaging/engines/hrtem.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::apps {
namespace {

imaging::HrtemSetup setup_of(const Communicator& comm, const ImagingConfig& config, SpecimenSource& source) {
  imaging::HrtemSetup setup;
  setup.grid = make_grid(config.grid, source.specimen.lx, source.specimen.ly);
  setup.energy = config.microscope.energy;
  setup.tilt = {config.microscope.tilt[0], config.microscope.tilt[1]};
  setup.objective = config.hrtem.objective;
  setup.coherence = config.coherence;
  setup.potential = config.potential;
  setup.edges = slice(source, config.slices);
  setup.depths = config.hrtem.depths;
  setup.memory = engine_memory(comm, config.imaging);
  return setup;
}

template <class T>
std::vector<float> waves_of(imaging::HrtemEngine<T>& engine, int configuration) {
  const auto waves_host = host_copy(engine.exit_waves(configuration));
  std::vector<float> waves;
  waves.reserve(2 * waves_host.size());
  for (std::size_t k = 0; k < waves_host.size(); ++k) {
    waves.push_back(static_cast<float>(waves_host.data()[k].real()));
    waves.push_back(static_cast<float>(waves_host.data()[k].imag()));
  }
  return waves;
}

template <class T>
HrtemSolver make_solver(const Context& context, const imaging::HrtemSetup& setup,
                        const imaging::Configurations& configurations) {
  const auto engine = std::make_shared<imaging::HrtemEngine<T>>(context, setup, configurations);
  return {engine->grid(),
          engine->depths(),
          engine->memory(),
          [engine] { engine->prepare(); },
          [engine](int configuration) { return engine->image(configuration); },
          [engine](int configuration) { return waves_of(*engine, configuration); }};
}

}  // namespace

void run_hrtem(const Context& context, const ImagingConfig& config, const RunDirectory& directory, bool restart) {
  SpecimenSource source = make_specimen_source(context, config.specimen, config.thermal, config.seed);
  const imaging::HrtemSetup setup = setup_of(context.comm, config, source);
  log::info(describe(source, setup.grid, setup.edges));
  const HrtemSolver solver = config.imaging.precision == "double"
                                 ? make_solver<double>(context, setup, source.configurations)
                                 : make_solver<float>(context, setup, source.configurations);
  HrtemRun run;
  run.configurations = source.configurations.count;
  run.exit_waves = config.hrtem.exit_waves;
  if (config.dose.counts())
    run.electrons = imaging::electrons_per_probe(config.dose, setup.grid.dx() * setup.grid.dy());
  run.dose_seed = static_cast<std::uint64_t>(config.dose.seed);
  run.memory = config.imaging.memory_GiB * gibibyte;
  run.metadata = metadata_of(config, source);
  log::info(fmt::format("hrtem: {} configuration(s), {} plane(s), {} rank(s)", run.configurations, solver.depths.size(),
                        context.comm.size()));
  HrtemJob job(context, directory, run, solver);
  if (!job.run(restart)) throw interrupted(directory, "what is done is");
  log::info(fmt::format("{:.1f} s", job.account().wall));
  write_hrtem_results(context.comm, directory, {config, source, solver, run, job});
}

}  // namespace locum::apps
