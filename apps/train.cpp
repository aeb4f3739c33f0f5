// `locum train`: a surrogate from a dataset of labelled samples.
#include <fmt/format.h>

#include "apps/compress/distill.hpp"
#include "apps/compress/prune.hpp"
#include "apps/input.hpp"
#include "apps/search/search.hpp"
#include "apps/training_run.hpp"

namespace locum::apps {

void run_train(const Context& caller, const CommandLine& given) {
  CommandLine line = given;
  if (line.search > 0) line.set.push_back(fmt::format("search.candidates={}", line.search));
  const auto [config, directory] = open_run<TrainConfig>(caller, line);
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  const LabelledFrames frames = read_label_files(context.comm, config);
  log::info(fmt::format("{} frames to learn from, {} for the test", frames.train.size(), frames.test.size()));
  const TrainingRun run{context, config, directory, frames, line.restart};
  if (config.search.candidates > 0) return run_search(run);
  if (!config.distill.teacher.empty()) return run_distillation(run);
  if (config.prune.bound > 0.0) return run_pruning(run);

  potential::PotentialLearner learner(context, config.potential, config.training, frames.train);
  const train::FitReport report = fit_with_progress(run, learner);
  write_model(run, *learner.potential(), "model.h5");
  report_training(run, report, learner);
  log::info(fmt::format("model: {}", directory.file("model.h5")));
}

}  // namespace locum::apps
