// What PotentialLearner is made of; see learner.hpp.
#pragma once

#include <optional>

#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "surrogates/potential/invariants/features.hpp"
#include "surrogates/potential/invariants/whitening.hpp"
#include "surrogates/potential/training/frame_pool.hpp"
#include "surrogates/potential/training/learner.hpp"
#include "surrogates/potential/training/memory_room.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::potential {

struct PotentialLearner::Implementation {
  Implementation(Context context, PotentialConfig potential, TrainingConfig training,
                 std::shared_ptr<FrameSource> frames, LearnerOptions options);

  FrameLabel label_of(const FieldSet& fields, std::int64_t index) const;  // with its group
  std::int64_t group_of(const FrameFacts& facts) const;
  std::vector<int> species_of(const FrameLabel& label) const;         // of each atom
  FramePool judged(std::shared_ptr<const FrameSource> labels) const;  // frames that nobody learns from
  void plan_memory();
  double remaking_cost();
  void take_starting_point();
  Ridge::Pull given_linear() const;
  void add_old_domain(std::map<std::string, double>& metrics);
  std::vector<int> linear_frames() const;
  std::vector<int> network_frames() const;
  void add_replay();
  void require_known(const FrameFacts& facts) const;
  FieldSet memory() const;  // of the linear part and of known ground
  void remember(const FieldSet& memory);
  void set_ranges(const std::vector<int>& frames);
  void whiten();
  // Rows of the linear model, moments of x, and network samples (where `keep` says so) of the given training frames.
  void gather_training(const std::vector<int>& frames, bool keep);
  // This rank's of the frames, cut into stretches that the extractor takes at once.
  std::vector<std::vector<int>> batches(const std::vector<int>& frames) const;
  FrameLabel beyond_core(int k, const Frame& geometry);
  void add_moments(const RowMajor<float**>& x, const std::vector<std::vector<int>>& species);
  void make_samples(const std::vector<int>& frames);
  // Features that fit are held in the frame's sample; sample() makes the others anew. null: another rank's.
  std::uint64_t sample_bytes(int k);  // of frame k of this rank, with features
  void hold(int k, NetworkFeatures features);
  bool all_fit(const std::vector<int>& frames);
  std::shared_ptr<const NetworkSample> sample(int k);
  void drop_sample(int k);
  void solve_linear();
  void set_sample_targets(const std::vector<int>& frames);
  NetworkObjective objective(const std::vector<int>& training);
  // The networks' training, of a fine-tuning in the parameters that it leaves free. Networks that do not lower
  // bare_loss (the validation loss without them) are left out.
  void train_networks(NetworkObjective& objective, double bare_loss, const EpochCallback& callback);
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
  InferenceConfig inference;
  PrecisionCheck precision;
  std::shared_ptr<NeuralPotential> potential;
  std::shared_ptr<NeuralPotential> core_only;  // same core, no other energy: what the fit subtracts
  PotentialStep step, core_step;
  FramePool pool;
  FeatureExtractor extractor;
  Ridge ridge;
  Moments distances, frame_means;              // of x over atoms, and of its mean over frames
  std::optional<StartingPoint> start;          // of a fine-tuning
  std::int64_t first_group = 0;                // of labels from files: those of the given model's come before
  std::optional<train::Trainer> trainer;       // of a fit in progress
  int initial_frames = 0, updated_frames = 0;  // frames of the constructor; frames that a fit has seen
  int updates = 0;
  bool linear_done = false;
  bool gathers = true;  // false: the linear part is another learner's
  std::vector<int> reservoir;
  MemoryForecast forecast;
  MemoryRoom feature_room;
};

}  // namespace locum::potential
