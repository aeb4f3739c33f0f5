// `locum train`: a surrogate from a dataset of labelled samples.
#include <fmt/format.h>

#include <optional>

#include "apps/input.hpp"
#include "apps/label_errors.hpp"
#include "apps/label_files.hpp"
#include "apps/signals.hpp"
#include "apps/training_events.hpp"
#include "apps/uncertainty.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/potential/learner.hpp"
#include "surrogates/potential/potential_step.hpp"

namespace locum::apps {
namespace {

constexpr char training_format[] = "locum-training";
void report_uncertainty(potential::PotentialLearner& learner, const train::FitReport& fit,
                        const std::shared_ptr<potential::FrameSource>& test) {
  log::info(fmt::format("  {:<40} {:.3f}  (of the test's atoms; promised: {})", "test/coverage",
                        coverage_of_bound(learner, test), promised_coverage));
  const GateCheck gate = check_gate(learner, fit.metrics.at("validation/force_rmse_eV_per_A"), test);
  if (!gate.calibrated) return;
  log::info(fmt::format("  gate: threshold {:.3f} eV/Å, median bound of the test's frames {:.3f} eV/Å", gate.threshold,
                        gate.median_bound));
  log::info(
      fmt::format("  gate: would hand back {} of the test's {} frames, among them {} of the {} wrong by more than "
                  "{:.3f} eV/Å (three times the held-out error)",
                  gate.flagged, gate.frames, gate.caught, gate.wrong, gate.limit));
}

// The given model of a fine-tuning; its architecture takes the place of the input's.
std::optional<potential::StartingPoint> starting_point(const Context& context, const TrainConfig& config,
                                                       std::shared_ptr<potential::FrameSource> replay) {
  if (config.from.empty()) return {};
  io::Tree tree = io::read_model(context.comm, config.from);
  log::info(fmt::format("fine-tuning {}: architecture, invariants and whitening are its own; trunk {}, {}", config.from,
                        config.tune.trunk,
                        config.tune.memory ? "its normal equations count on" : "pulled to its linear weights"));
  return potential::StartingPoint{{std::move(tree.attributes), std::move(tree.groups)}, config.tune, std::move(replay)};
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

}  // namespace

void run_train(const Context& caller, const CommandLine& given) {
  CommandLine line = given;
  if (!line.from.empty()) line.set.push_back(fmt::format("from=\"{}\"", line.from));
  const auto [config, directory] = open_run<TrainConfig>(caller, line);
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  const Stopwatch watch;
  const LabelSources frames = open_label_files(context.comm, config);
  log::info(fmt::format("{} frames to learn from, {} for the test, opened in {:.2f} s", frames.train->size(),
                        frames.test->size(), watch.seconds()));

  potential::PotentialLearner learner(context, config.potential, config.training, frames.train, config.inference,
                                      starting_point(context, config, frames.replay));
  log::info(learner.forecast().text());
  const std::string progress = directory.file("training.h5");
  if (line.restart && directory.has("training.h5"))
    learner.restore(io::read_tree(context.comm, progress, training_format).groups.at("learner"));
  const auto keep = [&] {
    io::write_tree(context.comm, progress, io::Tree{{{"learner", learner.state()}}, {}}, training_format, 1);
  };
  TrainingEvents events(context.comm, directory.path());
  const train::FitReport report =
      learner.fit([&, &directory = directory](int epoch, const std::map<std::string, double>& metrics) {
        events.add(epoch, metrics);
        const bool stopped = stop_requested(context.comm);
        if (stopped || (epoch > 0 && epoch % 10 == 0)) keep();
        if (stopped)
          throw Interrupted{
              fmt::format("stopped by a signal; everything is kept in {}: go on with --restart", directory.path())};
      });
  keep();
  const potential::PotentialRecord record = learner.record();
  io::write_model(context.comm, directory.file("model.h5"), io::Tree{record.groups, record.attributes});

  log::info(fmt::format("trained on {} frames in {:.2f} s, {:.2f} s with everything before", report.samples,
                        report.seconds, watch.seconds()));
  for (const auto& [name, value] : report.metrics) log::info(fmt::format("  {:<40} {:.5g}", name, value));
  log::info("  " + learner.precision().text());
  if (!config.from.empty()) report_old_domain(report);
  if (frames.test->size() > 0) {
    potential::PotentialStep step(learner.potential());
    for (const auto& [name, value] :
         as_metrics(errors_on_labels(context, step, learner.potential()->config().cutoff, *frames.test, 0), "test"))
      log::info(fmt::format("  {:<40} {:.5g}", name, value));
    report_uncertainty(learner, report, frames.test);
  }
  log::info(fmt::format("memory: at most {} of a rank were used, {} were forecast",
                        bytes_text(static_cast<double>(context.comm.max(peak_memory()))),
                        bytes_text(learner.forecast().rank_peak)));
  log::info(fmt::format("model: {}", directory.file("model.h5")));
}

}  // namespace locum::apps
