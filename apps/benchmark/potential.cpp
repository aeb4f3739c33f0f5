#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/benchmark/benchmark.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/md/simulation.hpp"
#include "surrogates/potential/inference/inference_cost.hpp"
#include "surrogates/potential/inference/potential_step.hpp"

namespace locum::apps {
namespace {

struct PotentialBenchmarkConfig {
  std::string precision = "fp64";  // of the timed run, without asking whether a calibration set would grant it
  int cells = 10;                  // cubic cells of eight atoms along each edge
  int timesteps = 50;
  int score_every = 0;  // timesteps between evaluations with the score; 0: none

  void visit(ConfigVisitor& v) {
    v.value({"precision", "", "of the timed run", {}, potential::precision_names()}, precision);
    v.value({"cells", "", "cubic cells along each edge", {1, 400}}, cells);
    v.value({"timesteps", "", "timed", {1, 1e6}}, timesteps);
    v.value({"score_every", "timesteps", "between scores; 0: none", {0, 1e6}}, score_every);
  }
};

md::Structure warm_silicon(int cells) {
  md::StructureConfig config;
  config.lattice_constant = 5.4455;
  config.replicate = {cells, cells, cells};
  config.displacement = 0.05;
  return md::make_structure(config, 1);
}

// Asks for the score every so many evaluations, as a gate does.
class ScoredStep final : public AtomisticStep {
 public:
  ScoredStep(potential::PotentialStep& step, int every) : step_(step), every_(every) {}
  std::string name() const override { return step_.name(); }
  void evaluate(const Configuration& input, std::span<const int> samples, AtomisticResult& output) override {
    double score = 0.0;
    if (every_ > 0 && calls_++ % every_ == 0)
      step_.evaluate_with_score(input, samples, output, std::span<double>(&score, 1));
    else
      step_.evaluate(input, samples, output);
  }

 private:
  potential::PotentialStep& step_;
  int every_, calls_ = 0;
};

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
template <class T>
double product_rate(const Context& context) {
  const int n = device_is_host ? 768 : 8192;
  const linalg::Matrix<T> a("a", n, n), b("b", n, n), c("c", n, n);
  double best = 1e30;
  for (int turn = 0; turn < 6; ++turn) {
    const Stopwatch watch;
    linalg::gemm<T>(context.space, linalg::Op::none, linalg::Op::none, T(1), a, b, T(0), c);
    context.space.fence();
    best = std::min(best, watch.seconds());
  }
  return 2.0 * n * n * double(n) / best;
}

// Forces of the reduced precision against fp64 on the small structure, RMS over RMS.
double difference_from_double(const Context& context, const md::Structure& structure,
                              const std::shared_ptr<potential::NeuralPotential>& potential,
                              potential::PotentialStep& step, potential::Precision precision) {
  std::vector<double> force[2];
  for (int side = 0; side < 2; ++side) {
    potential->precision = side ? precision : potential::Precision::fp64;
    potential->upload();
    md::Simulation simulation(context, md::MdConfig{}, structure, potential->config().cutoff, step);
    simulation.initialize();
    force[side] = gather_by_id(simulation.configuration(), simulation.result().force);
  }
  double off = 0.0, size = 0.0;
  for (std::size_t i = 0; i < force[0].size(); ++i) {
    off += std::pow(force[1][i] - force[0][i], 2);
    size += force[0][i] * force[0][i];
  }
  return std::sqrt(off / size);
}

// Molecular dynamics, every so many timesteps with the score; seconds.
double time_dynamics(const Context& context, const PotentialBenchmarkConfig& config, double cutoff,
                     potential::PotentialStep& step) {
  const md::Structure structure = warm_silicon(config.cells);
  md::MdConfig md;
  md.initial_temperature = 300.0;
  // Weights of no meaning are no potential to move in: a timestep this short keeps atoms where they are, while lists
  // are rebuilt as often as in silicon at 300 K would be too rare to see; the rebuild at the start counts.
  md.timestep = 0.01;
  ScoredStep scored(step, config.score_every);
  md::Simulation simulation(context, md, structure, cutoff, scored);
  const Stopwatch watch;
  simulation.initialize();
  for (int k = 1; k < config.timesteps; ++k) simulation.advance();
  return context.comm.max(watch.seconds());
}

BenchmarkResult run_potential(const Context& context, PotentialBenchmarkConfig config, const CommandLine& line) {
  io::TomlDocument document = io::TomlDocument::parse("", "the benchmark's settings");
  for (const std::string& assignment : line.set) document.set(assignment);
  io::read_config(document, config);
  linalg::set_threads(1);
  const auto potential = any_potential();
  potential::PotentialStep step(potential);
  const double cutoff = potential->config().cutoff;
  const potential::Precision precision = potential::precision_of(config.precision, "precision");
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
  if (precision != potential::Precision::fp64) {
    const double difference = difference_from_double(context, small, potential, step, precision);
    // Single precision rounds by 6e-8, and a force is a sum over some hundred terms of either sign.
    result.verified = result.verified && (precision != potential::Precision::fp32 || difference <= 1e-4);
    result.check += fmt::format("; {} differs from fp64 by {:.1e} of the forces (RMS)", config.precision, difference);
  }

  result.seconds = time_dynamics(context, config, cutoff, step);
  const double atoms = 8.0 * std::pow(config.cells, 3);
  const double neighbors = 28.0;  // of diamond within 5 Å
  result.rate = atoms * config.timesteps / result.seconds;
  result.unit = "atom·timesteps/s";
  const double rate_of_product = context.comm.sum(
      precision == potential::Precision::fp64 ? product_rate<double>(context) : product_rate<float>(context));
  result.bound_share = result.rate * potential::operations_per_atom(*potential, neighbors) / rate_of_product;
  result.bound = fmt::format("{:.0f} k operations an atom at the {:.0f} GFLOP/s of a matrix product",
                             potential::operations_per_atom(*potential, neighbors) / 1000.0, rate_of_product / 1e9);
  return result;
}

}  // namespace

BenchmarkResult benchmark_potential(const Context& context, const CommandLine& line) {
  return run_potential(context, {}, line);
}

// One million atoms in single precision, the committee's uncertainty every ten timesteps: for a GPU. A CPU takes some
// minutes for it, or --set cells=20.
BenchmarkResult benchmark_potential_million(const Context& context, const CommandLine& line) {
  PotentialBenchmarkConfig config;
  config.precision = "fp32";
  config.cells = 50;
  config.score_every = 10;
  return run_potential(context, config, line);
}

}  // namespace locum::apps
