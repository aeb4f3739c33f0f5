#include "apps/learn/comparison.hpp"

#include <algorithm>
#include <numeric>

#include "apps/atoms_file.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "solvers/md/msd.hpp"
#include "solvers/md/rdf.hpp"
#include "solvers/md/simulation.hpp"

namespace locum::apps {
namespace {

// Rows of this rank, put in order of id on every rank.
std::vector<Vec3> by_id(const Communicator& comm, const std::vector<std::int64_t>& id,
                        const std::vector<double>& rows) {
  const auto all_id = comm.all_gather(std::span<const std::int64_t>(id));
  const auto all = comm.all_gather(std::span<const double>(rows));
  std::vector<Vec3> ordered(all_id.size());
  for (std::size_t k = 0; k < all_id.size(); ++k) ordered[all_id[k]] = {all[3 * k], all[3 * k + 1], all[3 * k + 2]};
  return ordered;
}

std::vector<double> flat(const std::vector<Vec3>& vectors) {
  std::vector<double> numbers;
  for (const Vec3& v : vectors) numbers.insert(numbers.end(), {v.x, v.y, v.z});
  return numbers;
}

// Slope of y over x by least squares.
double slope(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n,
               mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double above = 0.0, below = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    above += (x[k] - mean_x) * (y[k] - mean_y);
    below += (x[k] - mean_x) * (x[k] - mean_x);
  }
  return below > 0.0 ? above / below : 0.0;
}

md::Structure thermalised(const Context& context, const ComparisonConfig& config, AtomisticStep& step, double cutoff) {
  md::MdConfig md;
  md.timestep = config.timestep;
  md.timesteps = config.thermalise;
  md.thermostat.kind = "langevin";
  md.thermostat.temperature = {config.temperature};
  md.thermostat.friction = 0.02;
  md::Structure structure = load_structure(context, config.structure);
  md::set_velocities(structure, 2.0 * config.temperature, context.seed, 3 * structure.size() - 3);
  md::Simulation simulation(context, md, structure, cutoff, step);
  simulation.initialize();
  for (std::int64_t k = 0; k < config.thermalise; ++k) simulation.advance();
  const md::HostAtoms atoms = simulation.local_atoms(md::Positions::wrapped);
  structure.position = by_id(context.comm, atoms.id, atoms.position);
  structure.velocity = by_id(context.comm, atoms.id, atoms.velocity);
  return structure;
}

Observables run_stretch(const Context& context, const ComparisonConfig& config, const md::Structure& start,
                        AtomisticStep& step, double cutoff, ComparisonResult& axes, const std::string& title) {
  const Stopwatch watch;
  md::MdConfig md;
  md.timestep = config.timestep;
  md.timesteps = config.steps;
  md.thermostat.kind = "none";
  md::Simulation simulation(context, md, start, cutoff, step);
  simulation.initialize();

  std::vector<double> mass;
  for (int number : start.atomic_number) mass.push_back(atomic_mass(number));
  const double atoms = static_cast<double>(start.size());
  md::RadialDistribution rdf(config.r_max, config.bins);
  std::vector<double> first, time;
  Observables seen;
  double first_energy = 0.0;
  log::Progress progress(title, static_cast<long>(config.steps));
  for (std::int64_t k = 0; k <= config.steps; ++k) {
    if (k > 0) simulation.advance();
    progress.at(static_cast<long>(k));
    if (k % config.interval != 0) continue;
    const md::HostAtoms mine = simulation.local_atoms(md::Positions::unwrapped);
    const std::vector<double> position = flat(by_id(context.comm, mine.id, mine.position));
    const double energy = (simulation.potential_energy() + simulation.kinetic_energy()) / atoms;
    if (k == 0) {
      first = position;
      first_energy = energy;
    }
    rdf.add_frame(simulation.cell(), position);
    time.push_back(simulation.time());
    seen.msd.push_back(md::mean_square_displacement(first, position, mass));
    seen.energy_change.push_back(energy - first_energy);
    seen.temperature += simulation.temperature();
  }
  seen.temperature /= static_cast<double>(time.size());
  seen.rdf = rdf.value();
  seen.drift = slope(time, seen.energy_change) * 1000.0;  // per fs → per ps
  seen.seconds = watch.seconds();
  axes.atoms = start.size();
  axes.r = rdf.radius();
  axes.time = time;
  return seen;
}

double mean_of_second_half(const std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  return std::accumulate(middle, values.end(), 0.0) / static_cast<double>(values.end() - middle);
}

}  // namespace

ComparisonResult compare_dynamics(const Context& context, const ComparisonConfig& config, AtomisticStep& solver_step,
                                  AtomisticStep& surrogate_step, double step_cutoff) {
  const md::Structure start = thermalised(context, config, surrogate_step, step_cutoff);
  ComparisonResult result;
  result.solver = run_stretch(context, config, start, solver_step, step_cutoff, result, "stretch by the solver");
  result.surrogate =
      run_stretch(context, config, start, surrogate_step, step_cutoff, result, "stretch by the surrogate");
  const double peak = *std::max_element(result.solver.rdf.begin(), result.solver.rdf.end());
  result.rdf_difference = peak > 0.0 ? md::difference(result.solver.rdf, result.surrogate.rdf).largest / peak : 0.0;
  result.msd_solver = mean_of_second_half(result.solver.msd);
  result.msd_surrogate = mean_of_second_half(result.surrogate.msd);
  return result;
}

}  // namespace locum::apps
