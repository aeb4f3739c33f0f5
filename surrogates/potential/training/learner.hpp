// Trains a neural potential from labelled frames, and again inside a run when the gate has gathered new ones.
//
//   PotentialLearner learner(context, potential_config, training_config, frames);   // frames: the same on every rank
//   learner.fit([&](int epoch, const std::map<std::string, double>& metrics) { … });
//   PotentialStep surrogate(learner.potential());
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/potential/neural_potential.hpp"
#include "surrogates/potential/training/frame_pool.hpp"
#include "surrogates/potential/training/memory_forecast.hpp"
#include "surrogates/potential/training/precision_check.hpp"
#include "surrogates/potential/training/tuning.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::potential {

struct LearnerOptions {
  // The precision that fit() and update() leave the potential in, where the held-out frames grant it.
  InferenceConfig inference;
  // A fine-tuning: architecture and elements are then the given model's. Frames with an element that it does not know
  // throw ConfigError.
  std::optional<StartingPoint> start;
  std::vector<int> kept;  // invariants, of NeuralPotential; empty: all
};

class PotentialLearner final : public train::Learner {
 public:
  // After every epoch (epoch 0: the linear start): "train/loss", "validation/force_rmse_eV_per_A", "learning_rate", …
  using EpochCallback = std::function<void(int epoch, const std::map<std::string, double>& metrics)>;

  // frames: labels of Atomistic::label with an integer scalar "trajectory", the same list on every rank. Validation
  // (and test) take whole trajectories. Throws ConfigError with fewer than two trajectories.
  PotentialLearner(Context context, PotentialConfig potential, TrainingConfig training, std::vector<FieldSet> frames,
                   LearnerOptions options = {});
  // Frames that are read when they are wanted, each rank its own. The learner gives labels of other ranks back to the
  // source: it serves no second one. Frames of weight 0 are left out. Throws ConfigError when training cannot fit into
  // memory. Collective.
  PotentialLearner(Context context, PotentialConfig potential, TrainingConfig training,
                   std::shared_ptr<FrameSource> frames, LearnerOptions options = {});
  ~PotentialLearner() override;

  // The first training. Metrics: {train,validation,test}/{force_rmse_eV_per_A, energy_rmse_meV_per_atom,
  // virial_rmse_meV_per_atom}; of a fine-tuning with frames to replay also old_domain/… and old_domain_before/…
  // Collective. After restore() of a state taken in a callback it goes on from there.
  train::FitReport fit(const EpochCallback& callback = {});
  // What fit() will need of memory, before anything is read.
  const MemoryForecast& forecast() const;
  // Takes over every parameter of a potential of the same elements, invariants and sizes, its core and its score too.
  // fit() then starts with the networks, on what the linear part leaves; with training.network = false it calibrates
  // and judges, and nothing else. For labels of one level of energy (training.offsets = "none"), and not for update(),
  // which needs the sums that the linear part came from. Throws ConfigError when the potential is of another kind.
  // Collective.
  void adopt(const NeuralPotential& model);
  // The potential that fit() and update() write to; share it with a PotentialStep.
  std::shared_ptr<NeuralPotential> potential() const;
  // The model as its file keeps it, with what a later fine-tuning starts from: the normal equations of the linear part
  // (unless they are larger than 64 MiB, or not this learner's: adopt()) and the moments that tell known ground.
  FieldTree record() const;
  // What the last fit() or update() found about the precision of inference.
  const PrecisionCheck& precision() const;

  void add(const FieldSet& label) override;
  train::FitReport update() override;
  std::vector<train::CalibrationPair> calibration() override;
  // The same for atoms: score and |ΔF| of each atom, eV/Å, of the held-out frames, frame by frame, and of any labels.
  // Collective.
  std::vector<std::vector<train::CalibrationPair>> atom_calibration();
  std::vector<train::CalibrationPair> atom_pairs(const std::vector<FieldSet>& labels);
  std::vector<train::CalibrationPair> atom_pairs(std::shared_ptr<const FrameSource> labels);
  // How the potential answers any labels. Collective.
  std::vector<FrameError> frame_errors(const std::vector<FieldSet>& labels);
  std::vector<FrameError> frame_errors(std::shared_ptr<const FrameSource> labels);
  // Everything but the initial frames, which the constructor must be given again.
  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace locum::potential
