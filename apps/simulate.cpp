// `locum simulate`: one run of molecular dynamics by solver or surrogate, or replicas that fill a dataset; images where
// the input has a section [imaging], ptychographic data sets where it has [ptychography].
#include <fmt/format.h>

#include <set>

#include "apps/atoms_file.hpp"
#include "apps/commands.hpp"
#include "apps/dynamics_job.hpp"
#include "apps/imaging/simulate_imaging.hpp"
#include "apps/input.hpp"
#include "apps/ptychography/simulate_ptychography.hpp"
#include "apps/replicas.hpp"
#include "apps/simulate_config.hpp"
#include "io/dataset/dataset.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/inference/potential_step.hpp"

namespace locum::apps {
namespace {

struct PlayingStep {
  std::unique_ptr<AtomisticStep> step;
  double cutoff = 0.0;
};

PlayingStep make_player(const Context& context, const SimulateConfig& config) {
  if (config.play == "solver") {
    SolverStep solver = make_solver(context, config.solver);
    return {std::move(solver.step), solver.cutoff};
  }
  const auto potential = potential::NeuralPotential::from_record(io::read_model(context.comm, config.model));
  return {std::make_unique<potential::PotentialStep>(potential), potential->config().cutoff};
}

void fill_dataset(const Context& context, const RunDirectory& directory, const SimulateConfig& config, bool restart) {
  const std::string path = directory.file("dataset.h5");
  const bool there = restart && directory.has("dataset.h5");
  const std::set<std::int64_t> done = there ? trajectories_in(context.comm, path) : std::set<std::int64_t>{};
  io::DatasetWriter writer(context.comm, path, there ? io::Dataset(context.comm, path).size() : -1);
  const bool complete =
      run_replicas(context, config.solver, config.data, done, [&](const std::vector<FieldSet>& samples) {
        writer.add(samples);
        writer.commit();
      });
  if (!complete) throw interrupted(directory);
  log::info(fmt::format("{} samples in {}", writer.size(), path));
}

}  // namespace

void run_simulate(const Context& caller, const CommandLine& line) {
  if (is_input_with(caller.comm, line, "imaging")) return run_imaging(caller, line);
  if (is_input_with(caller.comm, line, "ptychography")) return run_ptychography_data(caller, line);
  const auto [config, directory] = open_run<SimulateConfig>(caller, line);
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  if (!config.data.replicas.empty()) return fill_dataset(context, directory, config, line.restart);

  PlayingStep player = make_player(context, config);
  md::Simulation simulation(context, config.md, load_structure(context, config.structure), player.cutoff, *player.step);
  log::info(fmt::format("{}: {} atoms, {} timesteps of {} fs, {} rank(s)", player.step->name(),
                        simulation.configuration().n_global, config.md.timesteps, config.md.timestep,
                        context.comm.size()));
  DynamicsJob job(context, directory, config.output, simulation, config.md.timesteps);
  job.title = "simulation";
  const Stopwatch watch;
  if (!job.run(line.restart)) throw interrupted(directory);
  const double seconds = context.comm.max(watch.seconds());
  const auto timesteps = static_cast<double>(simulation.timestep() - job.restarted_at());
  if (timesteps > 0)
    log::info(fmt::format("{:.1f} s, {:.2f} ms a timestep, {:.3g} atom·timesteps/s", seconds,
                          1000.0 * seconds / timesteps,
                          timesteps * static_cast<double>(simulation.configuration().n_global) / seconds));
  log::info(fmt::format("energy {:.6f} eV/atom, temperature {:.1f} K, pressure {:.3f} GPa",
                        simulation.potential_energy() / static_cast<double>(simulation.configuration().n_global),
                        simulation.temperature(), simulation.pressure()));
}

}  // namespace locum::apps
