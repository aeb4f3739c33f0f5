#include "apps/compress/prune.hpp"

#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/compress/comparison.hpp"
#include "apps/signals.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/inference/inference_cost.hpp"
#include "surrogates/potential/training/pruning.hpp"

namespace locum::apps {
namespace {

potential::TrainingConfig without_network(potential::TrainingConfig training) {
  training.network = false;
  return training;
}

class Pruning {
 public:
  explicit Pruning(const TrainingRun& run)
      : run_(run),
        training_(run.config.training),
        config_(run.config.prune),
        held_out_(held_out_frames(run, training_)) {}

  void run() {
    take_full();
    write_model(run_, best_record_, "full.h5");
    neighbors_ = potential::neighbors_per_atom(held_out_, shape().cutoff);
    const potential::PrunedShape all{full_->kept_invariants(), shape().components, shape().hidden};
    full_error_ = cross_validated(all, full_held_out_, nullptr);
    log::info(fmt::format("full model: {:.4g} eV/Å, mean over the held-out frames of {} folds; {}", full_error_,
                          config_.folds, described(*full_)));
    const auto order = potential::elimination_order(run_.context, ridge_, static_cast<int>(full_->elements().size()),
                                                    full_->invariants(), training_.ridge);
    best_ = full_;
    best_error_ = full_error_;
    potential::prune(all, order, full_->invariants().count, full_error_, config_,
                     [this](const potential::PrunedShape& s) { return attempt(s); });
    conclude();
  }

 private:
  const potential::PotentialConfig& shape() const { return full_->config(); }
  std::string described(const potential::NeuralPotential& model) const {
    return fmt::format("{} invariants, {} components, {} neurons, {:.1f} thousand operations", model.invariants().count,
                       model.config().components, model.config().hidden,
                       1e-3 * potential::operations_per_atom(model, neighbors_));
  }
  void take_full();
  double train(const potential::PrunedShape& s, int fold, FieldTree* model) const;
  double cross_validated(const potential::PrunedShape& s, double first, FieldTree* model) const;
  double attempt(const potential::PrunedShape& s);
  void conclude();

  const Stopwatch watch_;
  const TrainingRun& run_;
  const potential::TrainingConfig& training_;
  const potential::PruneConfig& config_;
  std::vector<FieldSet> held_out_;
  std::shared_ptr<potential::NeuralPotential> full_, best_;
  FieldTree best_record_;  // as its learner leaves it: a fine-tuning can go on from it
  FieldSet ridge_;         // sums of the full model's linear part
  double full_held_out_ = 0.0, full_error_ = 0.0, best_error_ = 0.0, neighbors_ = 0.0;
};

// Trains the full model, or takes the one that is named and gathers what its linear part came from.
void Pruning::take_full() {
  const Context& context = run_.context;
  const auto& frames = run_.frames;
  if (config_.from.empty()) {
    potential::PotentialLearner learner(context, run_.config.potential, training_, frames);
    fit_with_progress(run_, learner);
    full_ = learner.potential();
    best_record_ = learner.record();
    full_held_out_ = mean_frame_rmse(learner, held_out_);
    ridge_ = learner.state().part("memory.ridge.");
    return;
  }
  best_record_ = io::read_model(context.comm, config_.from);
  full_ = potential::NeuralPotential::from_record(best_record_);
  potential::PotentialLearner learner(context, shape(), without_network(training_), frames,
                                      keeping(full_->kept_invariants()));
  learner.fit();
  ridge_ = learner.state().part("memory.ridge.");
  learner.adopt(*full_);
  full_held_out_ = mean_frame_rmse(learner, held_out_);
}

// Held-out error of one training; its model where one is wanted.
double Pruning::train(const potential::PrunedShape& s, int fold, FieldTree* model) const {
  potential::PotentialConfig smaller = shape();
  smaller.components = s.components;
  smaller.hidden = s.hidden;
  potential::TrainingConfig training = training_;
  training.fold += fold;
  potential::PotentialLearner learner(run_.context, smaller, training, run_.frames, keeping(s.kept));
  learner.fit([&](int, const auto&) {
    if (stop_requested(run_.context.comm))
      throw Interrupted{fmt::format("stopped by a signal; the full model is {}: prune.from goes on with it",
                                    run_.directory.file("full.h5"))};
  });
  if (model) *model = learner.record();
  return mean_frame_rmse(learner, held_out_frames(run_, training));
}

// Mean over the folds. first: what the first fold is known to give; negative: it is trained, too, and gives the model.
double Pruning::cross_validated(const potential::PrunedShape& s, double first, FieldTree* model) const {
  double sum = first >= 0.0 ? first : train(s, 0, model);
  for (int fold = 1; fold < config_.folds; ++fold) sum += train(s, fold, nullptr);
  return sum / config_.folds;
}

double Pruning::attempt(const potential::PrunedShape& s) {
  FieldTree record;
  const double error = cross_validated(s, -1.0, &record);
  const auto model = potential::NeuralPotential::from_record(record);
  const bool accepted = error <= (1.0 + config_.bound) * full_error_;
  log::info(fmt::format("  {:.4g} eV/Å with {}{}", error, described(*model), accepted ? "" : ": not accepted"));
  if (accepted) {  // it is smaller than every one that was accepted before
    best_ = model;
    best_record_ = std::move(record);
    best_error_ = error;
  }
  return error;
}

void Pruning::conclude() {
  write_model(run_, best_record_, "model.h5");
  const auto& small = best_->config();
  log::info(
      fmt::format("removed: {} of {} invariants, {} of {} components, {} of {} neurons in each hidden layer; "
                  "held-out error {:.4g} → {:.4g} eV/Å",
                  full_->invariants().count - best_->invariants().count, full_->invariants().count,
                  shape().components - small.components, shape().components, shape().hidden - small.hidden,
                  shape().hidden, full_error_, best_error_));
  potential::PotentialLearner learner(run_.context, small, without_network(training_), run_.frames,
                                      keeping(best_->kept_invariants()));
  learner.adopt(*best_);
  train::FitReport report = learner.fit();  // nothing is left to train
  report.seconds = watch_.seconds();
  report_training(run_, report, learner);
  compare_models(run_, "full", full_, "pruned", best_);
  log::info(fmt::format("model: {}", run_.directory.file("model.h5")));
}

}  // namespace

void run_pruning(const TrainingRun& run) { Pruning(run).run(); }

}  // namespace locum::apps
