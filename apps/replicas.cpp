#include "apps/replicas.hpp"

#include <fmt/format.h>

#include "apps/atoms_file.hpp"
#include "apps/signals.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "solvers/md/simulation.hpp"

namespace locum::apps {
namespace {

// A replica's own key for random numbers: far from its neighbours' and from production's.
std::uint64_t replica_seed(std::uint64_t seed, std::int64_t index) {
  return seed + 0x9E3779B97F4A7C15ull * static_cast<std::uint64_t>(index + 1);
}

md::MdConfig replica_dynamics(const DataConfig& data, const ReplicaConfig& replica) {
  md::MdConfig md;
  md.timestep = data.timestep;
  md.timesteps = data.equilibration + std::int64_t{data.frames - 1} * data.interval;
  md.thermostat.kind = "langevin";
  md.thermostat.friction = data.friction;
  md.thermostat.temperature = {replica.temperature};
  return md;
}

// One trajectory on this group of ranks; every rank of the group gets all samples.
std::vector<FieldSet> run_replica(const Context& group, const SolverConfig& solver_config, const DataConfig& data,
                                  std::int64_t index) {
  const ReplicaConfig& replica = data.replicas[index];
  md::StructureConfig structure_config = data.structure;
  structure_config.strain = replica.strain;
  md::Structure structure = load_structure(group, structure_config);
  // Half of the kinetic energy of a crystal at rest goes into its potential energy: start at twice the temperature.
  md::set_velocities(structure, 2.0 * replica.temperature, group.seed, 3 * structure.size() - 3);

  SolverStep solver = make_solver(group, solver_config);
  SolverConfig label_config = solver_config;
  label_config.tight_binding.k_points = data.label_k_points;
  const bool finer = label_config.tight_binding.k_points != solver_config.tight_binding.k_points;
  SolverStep labeller = finer ? make_solver(group, label_config) : SolverStep{};
  md::Simulation simulation(group, replica_dynamics(data, replica), structure, solver.cutoff, *solver.step);
  simulation.initialize();

  const int only_sample[] = {0};
  AtomisticResult label;
  std::vector<FieldSet> samples;
  for (int frame = 0; frame < data.frames; ++frame) {
    const int wait = frame == 0 ? data.equilibration : data.interval;
    for (int k = 0; k < wait; ++k) simulation.advance();
    const Configuration& configuration = simulation.configuration();
    if (finer) {
      Atomistic::fit_output(configuration, label);
      labeller.step->evaluate(configuration, only_sample, label);
    }
    FieldSet sample = Atomistic::label(configuration, finer ? label : simulation.result(), 0);
    sample.add_scalar("trajectory", "1", index);
    sample.add_scalar("role", "1", std::int64_t{replica.role == "test"});
    sample.add_scalar("temperature", "K", replica.temperature);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace

bool run_replicas(const Context& context, const SolverConfig& solver, const DataConfig& data,
                  const std::set<std::int64_t>& done, const std::function<void(const std::vector<FieldSet>&)>& commit) {
  const int groups = std::max(1, context.comm.size() / data.ranks_per_replica);
  const int mine = std::min(context.comm.rank() / data.ranks_per_replica, groups - 1);
  Context group = context;
  group.comm = context.comm.split(mine, context.comm.rank());

  std::vector<std::int64_t> waiting;
  for (std::int64_t index = 0; index < static_cast<std::int64_t>(data.replicas.size()); ++index)
    if (!done.count(index)) waiting.push_back(index);

  log::Progress progress("replicas", static_cast<long>(waiting.size()));
  for (std::size_t first = 0; first < waiting.size(); first += groups) {
    std::vector<FieldSet> samples;
    if (const std::size_t k = first + mine; k < waiting.size()) {
      group.seed = replica_seed(context.seed, waiting[k]);
      samples = run_replica(group, solver, data, waiting[k]);
    }
    commit(group.comm.is_root() ? samples : std::vector<FieldSet>{});
    progress.at(static_cast<long>(std::min(first + groups, waiting.size())));
    if (stop_requested(context.comm)) return false;
  }
  return true;
}

}  // namespace locum::apps
