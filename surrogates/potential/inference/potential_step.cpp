#include "surrogates/potential/inference/potential_step.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::potential {

PotentialStep::PotentialStep(std::shared_ptr<const NeuralPotential> potential) : potential_(std::move(potential)) {}

void PotentialStep::evaluate(const Configuration& input, std::span<const int> samples, AtomisticResult& output) {
  if (!samples.empty()) compute(input, output, false);
}

void PotentialStep::evaluate_with_score(const Configuration& input, std::span<const int> samples,
                                        AtomisticResult& output, std::span<double> scores) {
  if (samples.empty()) return;
  compute(input, output, true);
  const double weight = potential_->score.frame, of_frame = weight * weight * frame_distance2(input.comm);
  double worst = 0.0;
  const auto score = atom_score_;
  Kokkos::parallel_reduce(
      "worst_score", RangePolicy(0, input.n_local),
      KOKKOS_LAMBDA(int i, double& most) {
        const double both = ::sqrt(score(i) * score(i) + of_frame);
        score(i) = both == both ? both : HUGE_VAL;  // comparisons pass over NaN
        if (score(i) > most) most = score(i);
      },
      Kokkos::Max<double>(worst));
  scores[0] = input.comm.max(std::max(worst, 0.0));  // −∞ on a rank without atoms
}

// Largest over the species of Σ_k ((x̄_k − center_k) metric_k)² / d: 1 on average over the training frames.
double PotentialStep::frame_distance2(const Communicator& comm) const {
  const NeuralPotential& potential = *potential_;
  const std::size_t d = potential.device().components;
  std::vector<double> sums =
      potential.precision == Precision::fp64 ? evaluation_.component_sums() : single_evaluation_.component_sums();
  comm.sum(std::span<double>(sums));
  double largest = 0.0;
  for (std::size_t z = 0; z < potential.species().size(); ++z) {
    const double* of_species = &sums[z * (1 + d)];
    if (of_species[0] == 0.0) continue;
    double distance2 = 0.0;
    for (std::size_t k = 0; k < d; ++k)
      distance2 += std::pow((of_species[1 + k] / of_species[0] - potential.species()[z].frame_center[k]) *
                                potential.species()[z].frame_metric[k],
                            2);
    if (std::isnan(distance2)) return HUGE_VAL;  // std::max passes over it
    largest = std::max(largest, distance2 / static_cast<double>(d));
  }
  return largest;
}

void PotentialStep::compute(const Configuration& input, AtomisticResult& output, bool with_score) {
  const DeviceModel& model = potential_->device();
  if (input.neighbors.cutoff < model.cutoff)
    throw ConfigError("the neighbour list reaches " + std::to_string(input.neighbors.cutoff) + " Å, the potential " +
                          std::to_string(model.cutoff) + " Å",
                      "timestep " + std::to_string(input.timestep),
                      "build the list with at least the potential's cut-off");
  Atomistic::fit_output(input, output);
  if (with_score && atom_score_.extent_int(0) < input.n_local)
    atom_score_ = View<double*>(uninitialized("atom_score"), input.n_local + input.n_local / 8 + 1);
  const View<double*> score = with_score ? atom_score_ : View<double*>();
  const EvaluationSums mine =
      potential_->precision == Precision::fp64
          ? evaluation_.run(model, input, output.force, output.atom_energy, score)
          : single_evaluation_.run(potential_->device_single(), input, output.force, output.atom_energy, score);
  if (input.ghosts) input.ghosts->add_to_owners(output.force);
  double sums[7] = {mine.energy,       mine.virial[0][0], mine.virial[1][1], mine.virial[2][2],
                    mine.virial[0][1], mine.virial[0][2], mine.virial[1][2]};
  input.comm.sum(std::span<double>(sums));
  output.energy = sums[0];
  output.virial = Mat3{{{sums[1], sums[4], sums[5]}, {sums[4], sums[2], sums[6]}, {sums[5], sums[6], sums[3]}}};
  if (!std::isfinite(output.energy))
    throw NumericalError("the neural potential's energy is not finite", "timestep " + std::to_string(input.timestep),
                         "two atoms on one spot, or positions that are not numbers");
}

}  // namespace locum::potential
