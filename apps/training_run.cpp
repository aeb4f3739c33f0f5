#include "apps/training_run.hpp"

#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/signals.hpp"
#include "apps/training_events.hpp"
#include "apps/training_report.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "surrogates/potential/training/frame_parts.hpp"

namespace locum::apps {
namespace {

constexpr char training_format[] = "locum-training";

}  // namespace

train::FitReport fit_with_progress(const TrainingRun& run, potential::PotentialLearner& learner) {
  const Communicator& comm = run.context.comm;
  const std::string progress = run.directory.file("training.h5");
  if (run.restart && run.directory.has("training.h5"))
    learner.restore(io::read_tree(comm, progress, training_format).groups.at("learner"));
  const auto keep = [&] {
    io::write_tree(comm, progress, io::Tree{{{"learner", learner.state()}}, {}}, training_format, 1);
  };
  TrainingEvents events(comm, run.directory.path());
  train::FitReport report = learner.fit([&](int epoch, const std::map<std::string, double>& metrics) {
    events.add(epoch, metrics);
    const bool stopped = stop_requested(comm);
    if (stopped || (epoch > 0 && epoch % 10 == 0)) keep();
    if (stopped) throw interrupted(run.directory);
  });
  keep();
  return report;
}

void write_model(const TrainingRun& run, const FieldTree& model, const std::string& name) {
  io::write_model(run.context.comm, run.directory.file(name), model);
}

std::shared_ptr<potential::NeuralPotential> read_model(const Communicator& comm, const std::string& path) {
  return potential::NeuralPotential::from_record(io::read_model(comm, path));
}

potential::LearnerOptions keeping(std::vector<int> kept_invariants) {
  potential::LearnerOptions options;
  options.kept = std::move(kept_invariants);
  return options;
}

std::vector<FieldSet> held_out_frames(const TrainingRun& run, const potential::TrainingConfig& training) {
  return potential::frames_of(run.frames, potential::parts_of(run.frames, training), train::Part::validation);
}

double mean_frame_rmse(potential::PotentialLearner& learner, const std::vector<FieldSet>& frames) {
  double sum = 0.0;
  for (const potential::FrameError& e : learner.frame_errors(frames)) sum += e.rmse;
  return sum / static_cast<double>(frames.size());
}

void report_training(const TrainingRun& run, const train::FitReport& report, potential::PotentialLearner& learner) {
  log::info(fmt::format("trained on {} frames in {:.2f} s", report.samples, report.seconds));
  for (const auto& [name, value] : report.metrics) log::info(fmt::format("  {:<40} {:.5g}", name, value));
  if (run.sources.test->size() > 0)
    report_test(run.context, learner, report.metrics.at("validation/force_rmse_eV_per_A"), run.sources.test);
}

}  // namespace locum::apps
