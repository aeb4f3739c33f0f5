#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/benchmark/benchmark.hpp"
#include "apps/benchmark/timing.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/linalg/eigen.hpp"
#include "solvers/md/simulation.hpp"
#include "solvers/quantum/tight_binding.hpp"

namespace locum::apps {
namespace {

md::Structure warm_silicon() {
  md::StructureConfig config;
  config.lattice_constant = 5.4455;
  config.replicate = {3, 3, 3};
  config.displacement = 0.1;
  return md::make_structure(config, 1);
}

double energy_of(const Context& context, md::Structure structure, double shift, AtomisticStep& step, double cutoff) {
  structure.position[0].x += shift;
  md::Simulation simulation(context, md::MdConfig{}, structure, cutoff, step);
  simulation.initialize();
  return simulation.potential_energy();
}

// Any dense symmetric matrix of the size does: the time of a reduction to tridiagonal form does not depend on it.
double eigenproblem_seconds(const Context& context, int n) {
  linalg::EigenSolver solver;
  linalg::Matrix<double> matrix("matrix", n, n), vectors("vectors", n, n);
  View<double*> values("values", n);
  std::vector<double> seconds;
  for (int turn = 0; turn <= timed_turns; ++turn) {
    Kokkos::parallel_for(
        "fill", RangePolicy(0, n), KOKKOS_LAMBDA(int i) {
          for (int j = 0; j < n; ++j) matrix(i, j) = 1.0 / (1.0 + (i > j ? i - j : j - i)) + (i == j ? i % 17 : 0);
        });
    context.space.fence();
    const Stopwatch watch;
    solver.symmetric(context.space, matrix, values, vectors, n / 2 + n / 20);
    context.space.fence();
    if (turn > 0) seconds.push_back(watch.seconds());
  }
  return median(seconds);
}

}  // namespace

BenchmarkResult benchmark_tight_binding(const Context& context, const CommandLine&) {
  quantum::TightBinding step(context, quantum::TightBindingConfig{});
  const md::Structure structure = warm_silicon();
  md::Simulation simulation(context, md::MdConfig{}, structure, step.cutoff(), step);
  simulation.initialize();

  const double h = 1e-3;
  const double slope =
      (energy_of(context, structure, h, step, step.cutoff()) - energy_of(context, structure, -h, step, step.cutoff())) /
      (2.0 * h);
  const double force = gather_by_id(simulation.configuration(), simulation.result().force)[0];
  BenchmarkResult result;
  const double difference = std::abs(force + slope);
  result.verified = difference < 1e-4;  // central differences of step 1e-3 Å: errors of order 1e-5 eV/Å
  result.check = fmt::format("force {:.6f} eV/Å, by central differences {:.6f}", force, -slope);

  const int only_sample[] = {0};
  AtomisticResult answer = Atomistic::make_output(simulation.configuration());
  std::vector<double> seconds;
  for (int turn = 0; turn <= timed_turns; ++turn) {
    const Stopwatch watch;
    step.evaluate(simulation.configuration(), only_sample, answer);
    if (turn > 0) seconds.push_back(context.comm.max(watch.seconds()));
    result.seconds += watch.seconds();
  }
  const double bound = context.comm.max(context.comm.is_root() ? eigenproblem_seconds(context, 864) : 0.0);
  result.rate = 1.0 / median(seconds);
  result.unit = "steps/s";
  result.bound_share = bound / median(seconds);
  result.bound = fmt::format("its eigenproblem alone, {:.0f} ms", 1000.0 * bound);
  return result;
}

}  // namespace locum::apps
