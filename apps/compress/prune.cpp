#include "apps/compress/prune.hpp"

#include <fmt/format.h>

#include <cmath>

#include "apps/commands.hpp"
#include "apps/compress/comparison.hpp"
#include "apps/signals.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/potential/frame_parts.hpp"
#include "surrogates/potential/inference_cost.hpp"
#include "surrogates/potential/learner_state.hpp"
#include "surrogates/potential/pruning.hpp"

namespace locum::apps {
namespace {

constexpr char force_metric[] = "validation/force_rmse_eV_per_A";

// The model that is made smaller, with what its pruning is decided by.
struct Full {
  std::shared_ptr<potential::NeuralPotential> model;
  FieldSet ridge;  // sums of the linear part
  double error = 0.0;
};

potential::TrainingConfig without_network(potential::TrainingConfig training) {
  training.network = false;
  return training;
}

Full full_model(const TrainingRun& run) {
  const auto& [context, config, directory, frames, restart] = run;
  Full full;
  if (config.prune.from.empty()) {
    potential::PotentialLearner learner(context, config.potential, config.training, frames.train);
    full.error = fit_with_progress(run, learner).metrics.at(force_metric);
    full.model = learner.potential();
    full.ridge = potential::fields_with("ridge.", learner.state());
    return full;
  }
  full.model = read_model(context.comm, config.prune.from);
  const potential::TrainingConfig linear = without_network(config.training);
  potential::PotentialLearner learner(context, full.model->config(), linear, frames.train,
                                      full.model->kept_invariants());
  learner.fit();
  full.ridge = potential::fields_with("ridge.", learner.state());
  learner.adopt(*full.model);
  full.error = learner.fit().metrics.at(force_metric);  // nothing is left to train
  return full;
}

std::string described(const potential::NeuralPotential& model, double neighbors) {
  return fmt::format("{} invariants, {} components, {} neurons, {:.1f} thousand operations", model.invariants().count,
                     model.config().components, model.config().hidden,
                     1e-3 * potential::operations_per_atom(model, neighbors));
}

}  // namespace

void run_pruning(const TrainingRun& run) {
  const auto& [context, config, directory, frames, restart] = run;
  const Full full = full_model(run);
  write_model(run, *full.model, "full.h5");
  const potential::PotentialConfig shape = full.model->config();
  const auto held_out =
      potential::frames_of(frames.train, potential::parts_of(frames.train, config.training), train::Part::validation);
  const double neighbors = potential::neighbors_per_atom(held_out, shape.cutoff);
  log::info(
      fmt::format("full model: {:.4f} eV/Å on held-out frames; {}", full.error, described(*full.model, neighbors)));
  const potential::InvariantSet& set = full.model->invariants();
  const auto order = potential::elimination_order(context, full.ridge, static_cast<int>(full.model->elements().size()),
                                                  set, config.training.ridge);

  std::shared_ptr<potential::NeuralPotential> best = full.model;
  const auto train = [&, &config = config, &context = context, &frames = frames,
                      &directory = directory](const potential::PrunedShape& s) {
    potential::PotentialConfig smaller = shape;
    smaller.components = s.components;
    smaller.hidden = s.hidden;
    potential::PotentialLearner learner(context, smaller, config.training, frames.train, s.kept);
    const double error = learner
                             .fit([&](int, const auto&) {
                               if (stop_requested(context.comm))
                                 throw Interrupted{
                                     fmt::format("stopped by a signal; the full model is {}: "
                                                 "prune.from goes on with it",
                                                 directory.file("full.h5"))};
                             })
                             .metrics.at(force_metric);
    const bool accepted = error <= (1.0 + config.prune.bound) * full.error;
    log::info(fmt::format("  {:.4f} eV/Å with {}{}", error, described(*learner.potential(), neighbors),
                          accepted ? "" : ": not accepted"));
    if (accepted) best = learner.potential();  // every accepted one is smaller than the one before
    return error;
  };
  potential::prune({full.model->kept_invariants(), shape.components, shape.hidden}, order, set.count, full.error,
                   config.prune, train);

  write_model(run, *best, "model.h5");
  log::info(fmt::format("removed: {} of {} invariants, {} of {} components, {} of {} neurons in each hidden layer",
                        set.count - best->invariants().count, set.count, shape.components - best->config().components,
                        shape.components, shape.hidden - best->config().hidden, shape.hidden));
  potential::PotentialLearner learner(context, best->config(), without_network(config.training), frames.train,
                                      best->kept_invariants());
  learner.adopt(*best);
  report_training(run, learner.fit(), learner);
  compare_models(run, "full", full.model, "pruned", best);
  log::info(fmt::format("model: {}", directory.file("model.h5")));
}

}  // namespace locum::apps
