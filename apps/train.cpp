// `locum train`: a surrogate from a dataset of labelled samples.
#include <fmt/format.h>

#include <optional>

#include "apps/compress/distill.hpp"
#include "apps/compress/prune.hpp"
#include "apps/input.hpp"
#include "apps/search/search.hpp"
#include "apps/training_run.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/timer.hpp"

namespace locum::apps {
namespace {

// The given model of a fine-tuning; its architecture takes the place of the input's.
std::optional<potential::StartingPoint> starting_point(const TrainingRun& run) {
  const TrainConfig& config = run.config;
  if (config.from.empty()) return {};
  io::Tree tree = io::read_model(run.context.comm, config.from);
  log::info(fmt::format("fine-tuning {}: architecture, invariants and whitening are its own; trunk {}, {}", config.from,
                        config.tune.trunk,
                        config.tune.memory ? "its normal equations count on" : "pulled to its linear weights"));
  return potential::StartingPoint{std::move(tree), config.tune, run.sources.replay};
}

// What was forgotten of the given model's domain.
void report_old_domain(const train::FitReport& fit) {
  const auto after = fit.metrics.find("old_domain/force_rmse_eV_per_A");
  if (after == fit.metrics.end())
    log::info("  old domain: no frames of it were given (data.replay): its error is not known");
  else
    log::info(fmt::format("  old domain: {:.4f} eV/Å on its held-out frames, {:.4f} before", after->second,
                          fit.metrics.at("old_domain_before/force_rmse_eV_per_A")));
}

// One model, its frames read as they are wanted.
void run_training(const TrainingRun& run, const Stopwatch& watch) {
  const TrainConfig& config = run.config;
  potential::LearnerOptions options;
  options.inference = config.inference;
  options.start = starting_point(run);
  potential::PotentialLearner learner(run.context, config.potential, config.training, run.sources.train,
                                      std::move(options));
  log::info(learner.forecast().text());
  const train::FitReport report = fit_with_progress(run, learner);
  write_model(run, learner.record(), "model.h5");
  report_training(run, report, learner);
  log::info("  " + learner.precision().text());
  if (!config.from.empty()) report_old_domain(report);
  log::info(fmt::format("{:.2f} s with everything; memory: at most {} of a rank were used, {} were forecast",
                        watch.seconds(), bytes_text(static_cast<double>(run.context.comm.max(peak_memory()))),
                        bytes_text(learner.forecast().rank_peak)));
  log::info(fmt::format("model: {}", run.directory.file("model.h5")));
}

}  // namespace

void run_train(const Context& caller, const CommandLine& given) {
  CommandLine line = given;
  if (!line.from.empty()) line.set.push_back(fmt::format("from=\"{}\"", line.from));
  if (line.search > 0) line.set.push_back(fmt::format("search.candidates={}", line.search));
  const auto [config, directory] = open_run<TrainConfig>(caller, line);
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  const Stopwatch watch;
  const LabelSources sources = open_label_files(context.comm, config);
  log::info(fmt::format("{} frames to learn from, {} for the test, opened in {:.2f} s", sources.train->size(),
                        sources.test->size(), watch.seconds()));
  TrainingRun run{context, config, directory, sources, {}, line.restart};
  const bool searches = config.search.candidates > 0, distils = !config.distill.teacher.empty(),
             prunes = config.prune.bound > 0.0;
  // Many trainings on the same frames: all in memory.
  if (searches || distils || prunes) run.frames = weighty_frames(*sources.train);
  if (searches) return run_search(run);
  if (distils) return run_distillation(run);
  if (prunes) return run_pruning(run);
  run_training(run, watch);
}

}  // namespace locum::apps
