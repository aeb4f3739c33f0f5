// What every way of training shares: progress that survives a kill, the model file, what is said at the end.
#pragma once

#include <memory>
#include <string>

#include "apps/label_files.hpp"
#include "apps/run_directory.hpp"
#include "apps/train_config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "surrogates/potential/learner.hpp"

namespace locum::apps {

struct TrainingRun {
  const Context& context;  // with the input's seed
  const TrainConfig& config;
  const RunDirectory& directory;
  const LabelledFrames& frames;
  bool restart = false;
};

// Fits with curves for TensorBoard, and training.h5 every ten epochs, from which --restart goes on. Throws Interrupted
// after a signal. Collective.
train::FitReport fit_with_progress(const TrainingRun& run, potential::PotentialLearner& learner);

// NAME in the run's folder. Collective.
void write_model(const TrainingRun& run, const potential::NeuralPotential& potential, const std::string& name);
// Any model file. Throws IoError, ConfigError. Collective.
std::shared_ptr<potential::NeuralPotential> read_model(const Communicator& comm, const std::string& path);

// Logs the training's figures and those of the test, if there is one. Collective.
void report_training(const TrainingRun& run, const train::FitReport& report, potential::PotentialLearner& learner);

}  // namespace locum::apps
