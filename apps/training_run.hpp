// What every way of training shares: progress that survives a kill, the model file, what is said at the end.
#pragma once

#include <memory>
#include <string>

#include "apps/label_files.hpp"
#include "apps/run_directory.hpp"
#include "apps/train_config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "surrogates/potential/training/learner.hpp"

namespace locum::apps {

struct TrainingRun {
  const Context& context;  // with the input's seed
  const TrainConfig& config;
  const RunDirectory& directory;
  const LabelSources& sources;
  std::vector<FieldSet> frames;  // those to learn from, in memory: for searches, distillations and prunings
  bool restart = false;
};

// Fits with curves for TensorBoard, and training.h5 every ten epochs, from which --restart goes on. Throws Interrupted
// after a signal. Collective.
train::FitReport fit_with_progress(const TrainingRun& run, potential::PotentialLearner& learner);

// NAME in the run's folder. Collective.
void write_model(const TrainingRun& run, const FieldTree& model, const std::string& name);
// Any model file. Throws IoError, ConfigError. Collective.
std::shared_ptr<potential::NeuralPotential> read_model(const Communicator& comm, const std::string& path);

// Options of a learner for a potential with these invariants.
potential::LearnerOptions keeping(std::vector<int> kept_invariants);

// The frames (of run.frames) that a training with these settings holds out.
std::vector<FieldSet> held_out_frames(const TrainingRun& run, const potential::TrainingConfig& training);

// Mean over frames of the root mean square of their force errors, eV/Å: what searches and prunings decide by. The root
// mean square over all of them would be decided by the oddest of some thirty frames. Collective.
double mean_frame_rmse(potential::PotentialLearner& learner, const std::vector<FieldSet>& frames);

// Logs the training's figures and those of the test, if there is one. Collective.
void report_training(const TrainingRun& run, const train::FitReport& report, potential::PotentialLearner& learner);

}  // namespace locum::apps
