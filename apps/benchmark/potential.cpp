#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/benchmark/benchmark.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/md/simulation.hpp"
#include "surrogates/potential/inference_cost.hpp"
#include "surrogates/potential/potential_step.hpp"

namespace locum::apps {
namespace {

constexpr int timesteps = 50;

md::Structure warm_silicon(int cells) {
  md::StructureConfig config;
  config.lattice_constant = 5.4455;
  config.replicate = {cells, cells, cells};
  config.displacement = 0.05;
  return md::make_structure(config, 1);
}

// A potential of the default size with weights of no meaning: time does not depend on them.
std::shared_ptr<potential::NeuralPotential> any_potential() {
  auto potential = std::make_shared<potential::NeuralPotential>(potential::PotentialConfig{}, std::vector<int>{14});
  std::uint64_t counter = 0;
  const auto fill = [&](std::vector<double>& values, double amplitude) {
    for (double& value : values)
      value = amplitude * (2.0 * random::uniform(1, random::Stream::weights, counter++, 0) - 1.0);
  };
  auto& species = potential->species().front();
  fill(species.linear, 1e-4);
  fill(species.projection, 1e-3);
  fill(species.network, 1e-2);
  potential->use_network = true;
  potential->upload();
  return potential;
}

// What a core reaches in a matrix product, operations/s: the practical bound of arithmetic.
double product_rate(const Context& context) {
  const int n = 768;
  const linalg::Matrix<double> a("a", n, n), b("b", n, n), c("c", n, n);
  double best = 1e30;
  for (int turn = 0; turn < 6; ++turn) {
    const Stopwatch watch;
    linalg::gemm<double>(context.space, linalg::Op::none, linalg::Op::none, 1.0, a, b, 0.0, c);
    context.space.fence();
    best = std::min(best, watch.seconds());
  }
  return 2.0 * n * n * n / best;
}

}  // namespace

BenchmarkResult benchmark_potential(const Context& context, const CommandLine&) {
  linalg::set_threads(1);
  const auto potential = any_potential();
  potential::PotentialStep step(potential);
  const double cutoff = potential->config().cutoff;
  BenchmarkResult result;

  md::Structure small = warm_silicon(3);
  const auto energy = [&](double shift) {
    md::Structure moved = small;
    moved.position[0].x += shift;
    md::Simulation simulation(context, md::MdConfig{}, moved, cutoff, step);
    simulation.initialize();
    return std::pair(simulation.potential_energy(),
                     gather_by_id(simulation.configuration(), simulation.result().force)[0]);
  };
  const double h = 1e-4, slope = (energy(h).first - energy(-h).first) / (2.0 * h), force = energy(0.0).second;
  result.verified = std::abs(force + slope) <= 1e-5 * (1.0 + std::abs(force));  // rounding of energies over h
  result.check = fmt::format("force {:.8f} eV/Å, by central differences {:.8f}", force, -slope);

  const md::Structure large = warm_silicon(10);
  md::MdConfig md;
  md.initial_temperature = 300.0;
  // Weights of no meaning are no potential to move in: a timestep this short keeps atoms where they are, while lists
  // are rebuilt as often as in silicon at 300 K would be too rare to see; the rebuild at the start counts.
  md.timestep = 0.01;
  md::Simulation simulation(context, md, large, cutoff, step);
  const Stopwatch watch;
  simulation.initialize();
  for (int k = 1; k < timesteps; ++k) simulation.advance();
  result.seconds = context.comm.max(watch.seconds());

  const double atoms = static_cast<double>(large.size());
  const double neighbors = 28.0;  // of diamond within 5 Å
  result.rate = atoms * timesteps / result.seconds;
  result.unit = "atom·timesteps/s";
  const double rate_of_product = context.comm.sum(product_rate(context));
  result.bound_share = result.rate * potential::operations_per_atom(*potential, neighbors) / rate_of_product;
  result.bound = fmt::format("{:.0f} k operations an atom at the {:.0f} GFLOP/s of a matrix product",
                             potential::operations_per_atom(*potential, neighbors) / 1000.0, rate_of_product / 1e9);
  return result;
}

}  // namespace locum::apps
