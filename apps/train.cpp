// `locum train`: a surrogate from a dataset of labelled samples.
#include <fmt/format.h>

#include <algorithm>

#include "apps/input.hpp"
#include "apps/label_errors.hpp"
#include "apps/label_files.hpp"
#include "apps/signals.hpp"
#include "apps/training_events.hpp"
#include "io/model.hpp"
#include "surrogates/gate/calibration.hpp"
#include "surrogates/potential/learner.hpp"
#include "surrogates/potential/potential_step.hpp"

namespace locum::apps {
namespace {

constexpr char training_format[] = "locum-training";
constexpr double promised_coverage = 0.9;

// Share of the atoms whose force error stays below the bound that the held-out frames calibrate (split conformal).
double coverage_of_bound(potential::PotentialLearner& learner, const std::vector<FieldSet>& test) {
  std::vector<double> nonconformity;
  for (const auto& pair : learner.atom_calibration()) nonconformity.push_back(pair.error / pair.score);
  const double scale = gate::conformal_quantile(std::move(nonconformity), promised_coverage);
  const auto pairs = learner.atom_pairs(test);
  double covered = 0.0;
  for (const auto& pair : pairs) covered += pair.error <= scale * pair.score;
  return covered / static_cast<double>(pairs.size());
}

// What the gate would do with the test's frames at its default threshold. Wrong: more than three times the error of the
// held-out frames; a gate is there to hand those back.
void report_gate(potential::PotentialLearner& learner, const train::FitReport& fit, const std::vector<FieldSet>& test) {
  const auto pairs = learner.calibration();
  if (pairs.size() < gate::pairs_needed(promised_coverage)) return;
  gate::GateConfig config;
  config.coverage = promised_coverage;
  gate::Calibration calibration(config, "eV/Angstrom");
  calibration.fit(pairs);
  const double limit = 3.0 * fit.metrics.at("validation/force_rmse_eV_per_A");
  int flagged = 0, wrong = 0, caught = 0;
  const auto errors = learner.frame_errors(test);
  for (const auto& e : errors) {
    const bool back = calibration.uncertainty(e.score) > calibration.threshold();
    flagged += back;
    wrong += e.rmse > limit;
    caught += back && e.rmse > limit;
  }
  std::vector<double> bounds;
  for (const auto& e : errors) bounds.push_back(calibration.uncertainty(e.score));
  const auto middle = bounds.begin() + static_cast<std::ptrdiff_t>(bounds.size() / 2);
  std::nth_element(bounds.begin(), middle, bounds.end());
  log::info(fmt::format("  gate: threshold {:.3f} eV/Å, median bound of the test's frames {:.3f} eV/Å",
                        calibration.threshold(), *middle));
  log::info(
      fmt::format("  gate: would hand back {} of the test's {} frames, among them {} of the {} wrong by more than "
                  "{:.3f} eV/Å (three times the held-out error)",
                  flagged, errors.size(), caught, wrong, limit));
}

}  // namespace

void run_train(const Context& caller, const CommandLine& line) {
  const auto [config, directory] = open_run<TrainConfig>(caller, line);
  Context context = caller;
  context.seed = static_cast<std::uint64_t>(config.seed);
  const LabelledFrames frames = read_label_files(context.comm, config);
  log::info(fmt::format("{} frames to learn from, {} for the test", frames.train.size(), frames.test.size()));

  potential::PotentialLearner learner(context, config.potential, config.training, frames.train, config.inference);
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
  const potential::PotentialRecord record = learner.potential()->record();
  io::write_model(context.comm, directory.file("model.h5"), io::Tree{record.groups, record.attributes});

  log::info(fmt::format("trained on {} frames in {:.2f} s", report.samples, report.seconds));
  for (const auto& [name, value] : report.metrics) log::info(fmt::format("  {:<40} {:.5g}", name, value));
  log::info("  " + learner.precision().text());
  if (!frames.test.empty()) {
    potential::PotentialStep step(learner.potential());
    for (const auto& [name, value] :
         as_metrics(errors_on_labels(context, step, config.potential.cutoff, frames.test, 0), "test"))
      log::info(fmt::format("  {:<40} {:.5g}", name, value));
    log::info(fmt::format("  {:<40} {:.3f}  (of the test's atoms; promised: {})", "test/coverage",
                          coverage_of_bound(learner, frames.test), promised_coverage));
    report_gate(learner, report, frames.test);
  }
  log::info(fmt::format("model: {}", directory.file("model.h5")));
}

}  // namespace locum::apps
