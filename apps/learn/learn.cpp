#include "apps/learn/learn.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "apps/input.hpp"
#include "apps/label_errors.hpp"
#include "apps/replicas.hpp"
#include "apps/series/run_series.hpp"
#include "apps/signals.hpp"
#include "apps/training_events.hpp"
#include "apps/version.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"

namespace locum::apps {

LearnRun::LearnRun(const Context& context, const RunDirectory& directory, LearnConfig config, bool restart)
    : context_(context),
      directory_(directory),
      config_(std::move(config)),
      restart_(restart),
      energy_(config_.energy, context.comm),
      stages_(context.comm, directory, restart) {
  context_.seed = static_cast<std::uint64_t>(config_.seed);
  if (stages_.has("energy")) energy_.restore(stages_.at("energy"));
}

void LearnRun::run() {
  make_data();
  train();
  produce();
  compare();
  conclude();
}

void LearnRun::stop_if(bool stopped) const {
  if (stopped) throw interrupted(directory_);
}

void LearnRun::make_data() {
  std::set<std::int64_t> done;
  double earlier = 0.0;
  const std::string path = directory_.file("dataset.h5");
  const bool there = restart_ && directory_.has("dataset.h5");
  if (there) {
    done = trajectories_in(context_.comm, path);
    earlier = stages_.seconds("data");
  }
  const std::size_t wanted = config_.data.replicas.size();
  log::info(fmt::format("data: {} replicas of {} frames, {} already there", wanted, config_.data.frames,
                        std::min(done.size(), wanted)));
  const Stopwatch watch;
  const auto keep_price = [&] {
    stages_.note("energy", energy_.state());
    stages_.keep_seconds("data", context_.comm.max(earlier + watch.seconds()));
  };
  io::DatasetWriter writer(context_.comm, path, there ? io::Dataset(context_.comm, path).size() : -1);
  const bool complete =
      run_replicas(context_, config_.solver, config_.data, done, [&](const std::vector<FieldSet>& samples) {
        writer.add(samples);
        writer.commit();
        keep_price();
      });
  stop_if(!complete);
  data_seconds_ = stages_.seconds("data");

  // What training sees is what the file holds, in the order of the trajectories whatever the number of ranks.
  const io::Dataset dataset(context_.comm, path);
  std::vector<std::vector<FieldSet>> by_trajectory(wanted);
  for (std::int64_t k = 0; k < dataset.size(); ++k) {
    FieldSet sample = dataset.sample(k);
    const auto trajectory = static_cast<std::size_t>(sample.integer_scalar("trajectory"));
    if (trajectory < wanted) by_trajectory[trajectory].push_back(std::move(sample));
  }
  for (std::size_t t = 0; t < wanted; ++t)
    for (auto& sample : by_trajectory[t])
      (config_.data.replicas[t].role == "test" ? test_frames_ : training_frames_).push_back(std::move(sample));
  initial_samples_ = static_cast<std::int64_t>(training_frames_.size() + test_frames_.size());
  log::info(fmt::format("data: {} frames to learn from, {} held out for the test, {:.1f} s", training_frames_.size(),
                        test_frames_.size(), data_seconds_));
}

void LearnRun::train() {
  potential::LearnerOptions options;
  options.inference = config_.inference;
  learner_ = std::make_unique<potential::PotentialLearner>(context_, config_.potential, config_.training,
                                                           training_frames_, std::move(options));
  surrogate_ = std::make_unique<potential::PotentialStep>(learner_->potential());
  if (stages_.has("trained")) {
    learner_->restore(stages_.at("learner"));
    stages_.take_training(training_);
  } else {
    fit();
  }
  training_.samples = static_cast<std::int64_t>(training_frames_.size());
  training_.device = backend();
  const LabelErrors errors = errors_on_labels(context_, *surrogate_, config_.potential.cutoff,
                                              test_frames_.empty() ? training_frames_ : test_frames_, 6000);
  parity_ = {errors.truth, errors.answer};
  if (!test_frames_.empty())
    for (const auto& [name, value] : as_metrics(errors, "test")) training_.metrics[name] = value;
  log::info(fmt::format(
      "training: {} frames, {:.1f} s; force RMSE {:.4f} eV/Å on validation, {:.4f} eV/Å on held-out test trajectories",
      training_.samples, training_.seconds, training_.metrics["validation/force_rmse_eV_per_A"],
      training_.metrics["test/force_rmse_eV_per_A"]));
}

void LearnRun::fit() {
  TrainingEvents events(context_.comm, directory_.path());
  const double earlier = stages_.seconds("fitting");
  if (stages_.has("learner")) learner_->restore(stages_.at("learner"));
  const Stopwatch watch;
  bool stopped = false;
  const train::FitReport report = learner_->fit([&](int epoch, const std::map<std::string, double>& metrics) {
    events.add(epoch, metrics);
    energy_.update();
    stopped = stop_requested(context_.comm);
    if (stopped || (epoch > 0 && epoch % config_.output.training_checkpoint_epochs == 0)) {
      stages_.note("learner", learner_->state());
      stages_.note("energy", energy_.state());
      stages_.keep_seconds("fitting", earlier + context_.comm.max(watch.seconds()));
    }
    stop_if(stopped);
  });
  training_.seconds = earlier + context_.comm.max(report.seconds);
  training_.metrics = report.metrics;
  log::info("training: " + learner_->precision().text());
  stages_.note("learner", learner_->state());
  stages_.note("energy", energy_.state());
  stages_.keep_training(training_);
  write_model();
}

void LearnRun::write_model() { io::write_model(context_.comm, directory_.file("model.h5"), learner_->record()); }

void run_learn(const Context& context, const CommandLine& line) {
  if (is_input_with(context.comm, line, "ptychography")) return run_series(context, line);
  const auto [config, directory] = open_run<LearnConfig>(context, line);
  LearnRun(context, directory, config, line.restart).run();
}

}  // namespace locum::apps
