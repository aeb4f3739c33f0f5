// Trains a neural potential from labelled frames, and again inside a run when the gate has gathered new ones.
//
//   PotentialLearner learner(context, potential_config, training_config, frames);   // frames: the same on every rank
//   learner.fit([&](int epoch, const std::map<std::string, double>& metrics) { … });
//   PotentialStep surrogate(learner.potential());
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/potential/frame_pool.hpp"
#include "surrogates/potential/neural_potential.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::potential {

class PotentialLearner final : public train::Learner {
 public:
  // After every epoch (epoch 0: the linear start): "train/loss", "validation/force_rmse_eV_per_A", "learning_rate", …
  using EpochCallback = std::function<void(int epoch, const std::map<std::string, double>& metrics)>;

  // frames: labels of Atomistic::label with an integer scalar "trajectory", the same list on every rank. Validation
  // (and test) take whole trajectories. kept: of NeuralPotential. Throws ConfigError with fewer than two trajectories.
  PotentialLearner(Context context, PotentialConfig potential, TrainingConfig training, std::vector<FieldSet> frames,
                   std::vector<int> kept = {});
  ~PotentialLearner() override;

  // The first training. Metrics: {train,validation,test}/{force_rmse_eV_per_A, energy_rmse_meV_per_atom,
  // virial_rmse_meV_per_atom}. Collective. After restore() of a state taken in a callback it goes on from there.
  train::FitReport fit(const EpochCallback& callback = {});
  // Takes over every parameter of a potential of the same elements, invariants and sizes, its core and its score too.
  // fit() then starts with the networks, on what the linear part leaves; with training.network = false it calibrates
  // and judges, and nothing else. For labels of one level of energy (training.offsets = "none"), and not for update(),
  // which needs the sums that the linear part came from. Throws ConfigError when the potential is of another kind.
  // Collective.
  void adopt(const NeuralPotential& model);
  // The potential that fit() and update() write to; share it with a PotentialStep.
  std::shared_ptr<NeuralPotential> potential() const;

  void add(const FieldSet& label) override;
  train::FitReport update() override;
  std::vector<train::CalibrationPair> calibration() override;
  // The same for atoms: score and |ΔF| of each atom, eV/Å, of the held-out frames, and of any labels. Collective.
  std::vector<train::CalibrationPair> atom_calibration();
  std::vector<train::CalibrationPair> atom_pairs(const std::vector<FieldSet>& labels);
  // How the potential answers any labels. Collective.
  std::vector<FrameError> frame_errors(const std::vector<FieldSet>& labels);
  // Everything but the initial frames, which the constructor must be given again.
  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace locum::potential
