// The neural potential as an atomistic step: energies and forces over MPI, with a score for the gate.
#pragma once

#include <memory>

#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/inference/evaluation.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

class PotentialStep final : public AtomisticSurrogate {
 public:
  // The potential may be refitted between calls; the next call answers with its new parameters, in the precision that
  // the potential then has.
  explicit PotentialStep(std::shared_ptr<const NeuralPotential> potential);

  std::string name() const override { return "neural potential"; }
  // Throws ConfigError for an element that the model does not know or a neighbour list shorter than its cut-off,
  // NumericalError when the energy is not finite.
  void evaluate(const Configuration& input, std::span<const int> samples, AtomisticResult& output) override;
  // scores[0]: largest atomic score of all ranks, eV/Å: predicts the largest atomic |ΔF|. Every atom's score has the
  // distance of the frame's mean x from those of the training frames in it: a strain or another phase moves every atom
  // by little, all in one direction.
  void evaluate_with_score(const Configuration& input, std::span<const int> samples, AtomisticResult& output,
                           std::span<double> scores) override;
  // Score of each owned atom at the last evaluate_with_score, eV/Å.
  const View<double*>& atom_score() const { return atom_score_; }

 private:
  void compute(const Configuration& input, AtomisticResult& output, bool with_score);
  double frame_distance2(const Communicator& comm) const;
  std::shared_ptr<const NeuralPotential> potential_;
  Evaluation<double> evaluation_;
  Evaluation<float> single_evaluation_;
  View<double*> atom_score_;
};

}  // namespace locum::potential
