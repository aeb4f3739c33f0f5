#include "surrogates/potential/inference/inference_cost.hpp"

#include <algorithm>

#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/inference/potential_step.hpp"

namespace locum::potential {
namespace {

constexpr int timings = 5;
constexpr double shortest_timing = 0.02;  // s

}  // namespace

double operations_per_atom(const InvariantSet& set, const PotentialConfig& config, double neighbors) {
  double operations = 8.0 * neighbors * set.slots();
  for (const auto& term : set.three_body) operations += 6.0 * term.width;
  for (const auto& coupling : set.couplings) {
    const double terms = set.terms_start[coupling.entries + coupling.width] - set.terms_start[coupling.entries];
    operations += 9.0 * terms + 4.0 * coupling.width * (coupling.target_end - coupling.target);
  }
  operations += 4.0 * set.count * std::min(config.components, set.count) + 2.0 * set.count;
  operations += 4.0 * config.members * network_size(std::min(config.components, set.count), config.hidden);
  return operations;
}

double operations_per_atom(const NeuralPotential& potential, double neighbors) {
  return operations_per_atom(potential.invariants(), potential.config(), neighbors);
}

double neighbors_per_atom(const std::vector<FieldSet>& frames, double cutoff, int most) {
  const std::size_t count = std::min<std::size_t>(most, frames.size());
  double pairs = 0.0, atoms = 0.0;
  for (std::size_t k = 0; k < count; ++k) {
    const FrameLabel label = read_label(frames[k * frames.size() / count], static_cast<std::int64_t>(k));
    const Frame frame(Communicator::self(), label, cutoff);
    pairs += static_cast<double>(frame.configuration().neighbors.index.extent(0));
    atoms += label.atoms();
  }
  return pairs / std::max(1.0, atoms);
}

double microseconds_per_atom(const std::shared_ptr<const NeuralPotential>& potential, const FrameLabel& label) {
  const Frame frame(Communicator::self(), label, potential->config().cutoff);
  PotentialStep step(potential);
  AtomisticResult result = Atomistic::make_output(frame.configuration());
  const int sample = 0;
  double score = 0.0;
  const auto answer = [&] {
    step.evaluate_with_score(frame.configuration(), std::span<const int>(&sample, 1), result,
                             std::span<double>(&score, 1));
  };
  answer();  // allocates its workspace
  std::vector<double> each;
  for (int turn = 0; turn < timings; ++turn) {
    const Stopwatch watch;
    int calls = 0;
    for (; calls == 0 || watch.seconds() < shortest_timing; ++calls) answer();
    each.push_back(watch.seconds() / calls);
  }
  std::nth_element(each.begin(), each.begin() + timings / 2, each.end());
  return 1e6 * each[timings / 2] / label.atoms();
}

}  // namespace locum::potential
