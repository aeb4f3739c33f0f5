// What PotentialLearner is made of; see learner.hpp.
#pragma once

#include <optional>

#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/features.hpp"
#include "surrogates/potential/frame_pool.hpp"
#include "surrogates/potential/learner.hpp"
#include "surrogates/potential/whitening.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::potential {

struct PotentialLearner::Implementation {
  Implementation(Context context, PotentialConfig potential, TrainingConfig training, std::vector<FieldSet> frames,
                 const std::vector<int>& kept);

  FrameLabel label_of(const FieldSet& fields, std::int64_t index) const;  // with its group
  FramePool judged(const std::vector<FieldSet>& labels) const;            // frames that nobody learns from
  void set_ranges(const std::vector<int>& frames);
  void whiten();
  // Rows of the linear model, moments of x, and network samples (where `keep` says so) of the given training frames.
  void gather_training(const std::vector<int>& frames, bool keep);
  void make_sample(int k);
  void solve_linear();
  void set_sample_targets(const std::vector<int>& frames);
  NetworkObjective objective(const std::vector<int>& training);
  void take_network(const std::vector<double>& parameters);
  std::vector<double> network() const;
  void choose_reservoir(const std::vector<int>& candidates);
  void finish();
  std::map<std::string, double> metrics();
  std::vector<int> held_out() const;
  nn::CommitteeShape shape() const;
  train::TrainerConfig trainer_config() const;

  Context context;
  TrainingConfig training;
  std::shared_ptr<NeuralPotential> potential;
  std::shared_ptr<NeuralPotential> core_only;  // same core, no other energy: what the fit subtracts
  PotentialStep step, core_step;
  FramePool pool;
  FeatureExtractor extractor;
  Ridge ridge;
  Moments distances;
  std::optional<train::Trainer> trainer;       // of a fit in progress
  int initial_frames = 0, updated_frames = 0;  // frames of the constructor; frames that a fit has seen
  int updates = 0;
  bool linear_done = false;
  std::vector<int> reservoir;
};

}  // namespace locum::potential
