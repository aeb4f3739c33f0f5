// The stages before the series: data, training, calibration, and what a restart finds of them.
#include "apps/series/series_run.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "apps/input.hpp"
#include "apps/series/run_series.hpp"
#include "apps/series/series_results.hpp"
#include "apps/signals.hpp"
#include "apps/training_events.hpp"
#include "apps/version.hpp"
#include "io/dataset.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/conv/convolution.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {
namespace {

constexpr char labels_format[] = "locum-labels";
constexpr std::size_t label_rounds = 8;  // of labels by the solver, between two commits

std::vector<train::CalibrationPair> pairs_from(const FieldSet& fields) {
  const auto& rows = fields.real("pairs");
  std::vector<train::CalibrationPair> pairs;
  for (std::size_t k = 0; k + 1 < rows.size(); k += 2) pairs.push_back({rows[k], rows[k + 1]});
  return pairs;
}

}  // namespace

SeriesRun::SeriesRun(const Context& context, const RunDirectory& directory, SeriesRunConfig config, bool restart)
    : context_(context),
      directory_(directory),
      config_(std::move(config)),
      restart_(restart),
      energy_(config_.energy, context.comm),
      stages_(context.comm, directory, restart),
      solver_(config_.ptychography),
      model_(std::make_shared<imaging::FarFieldModel>(config_.ptychography)) {
  context_.seed = static_cast<std::uint64_t>(config_.seed);
}

void SeriesRun::run() {
  check_files(context_, config_);
  make_data();
  train();
  produce();
  compare();
  conclude();
}

void SeriesRun::stop_if(bool stopped) const {
  if (stopped) throw interrupted(directory_);
}

std::string SeriesRun::numbered(const std::string& name, std::int64_t number, const std::string& extension) const {
  return fmt::format("{}_{:04}.{}", name, number, extension);
}

// Simulated data are functions of the input: a restart makes them again, and only what is still to be learned from is
// held. Labels of the solver are kept, for they took time.
void SeriesRun::make_data() {
  const bool trained = stages_.has("trained"), by_solver = config_.data.labels == "solver";
  const double earlier = stages_.seconds("data");
  std::vector<ObjectFunction> known;
  if (restart_ && by_solver && directory_.has("labels.h5")) {
    const io::Tree labels = io::read_tree(context_.comm, directory_.file("labels.h5"), labels_format);
    for (std::size_t k = 0; k < labels.groups.size(); ++k)
      known.push_back({complex_field(labels.groups.at(fmt::format("{:06}", k)), "object")});
  }
  log::info(fmt::format("data: {} data sets to learn from, labelled with {}", config_.data.count,
                        by_solver ? "the solver's objects" : "the truth"));
  std::size_t rounds = 0;
  bool stopped = false;
  data_ = make_training_data(context_, config_, !trained, known, [&](std::size_t done, const TrainingData& data) {
    stopped = stop_requested(context_.comm);
    const bool all = done == static_cast<std::size_t>(config_.data.count);
    if (by_solver && done > known.size() && (++rounds % label_rounds == 0 || stopped || all)) {
      io::Tree labels;
      for (std::size_t k = 0; k < done; ++k)
        add_complex(labels.groups[fmt::format("{:06}", k)], "object", data.sets[k].truth.value);
      io::write_tree(context_.comm, directory_.file("labels.h5"), labels, labels_format, 1);
      stages_.keep_seconds("data", earlier + data.seconds);
    }
    return !stopped;
  });
  stop_if(stopped);
  const bool counted = stages_.has("data_complete");
  data_seconds_ = counted ? stages_.seconds("data_complete")
                          : (by_solver && known.size() < data_.sets.size() ? earlier : 0.0) + data_.seconds;
  if (!counted) {
    if (config_.output.keep_training_data) keep_data();
    stages_.keep_seconds("data_complete", data_seconds_);
  }
  log::info(fmt::format("data: {} frames of {} × {} pixels in each, {:.1f} s", data_.sets.front().data.size(),
                        data_.sets.front().data.nx, data_.sets.front().data.ny, data_seconds_));
}

// One sample a data set: its frames and its whole object.
void SeriesRun::keep_data() const {
  io::DatasetWriter writer(context_.comm, directory_.file("dataset.h5"));
  for (const imaging::LabelledObject& set : data_.sets) {
    if (context_.comm.is_root()) writer.add({imaging::label_of(set)});
    writer.commit();
  }
}

void SeriesRun::train() {
  learner_ = std::make_unique<imaging::ObjectLearner>(context_, config_.network, config_.training, model_,
                                                      config_.series.tile, std::move(data_.sets));
  surrogate_ = std::make_unique<imaging::ObjectStep>(learner_->cascade(), model_);
  if (stages_.has("trained")) {
    learner_->restore(stages_.at("learner"));
    pairs_ = pairs_from(stages_.at("calibration"));
    stages_.take_training(training_);
  } else {
    fit();
  }
  training_.samples = config_.data.count;
  training_.device = backend();
  training_.precision = "fp32";
  log::info(fmt::format("training: {} data sets, {:.1f} s; phase error of the last network {:.4f} rad on validation",
                        training_.samples, training_.seconds, training_.metrics["validation/phase_rmse_rad"]));
}

void SeriesRun::fit() {
  TrainingEvents events(context_.comm, directory_.path());
  const double earlier = stages_.seconds("fitting");
  if (stages_.has("learner")) learner_->restore(stages_.at("learner"));
  const Stopwatch watch;
  bool stopped = false;
  const train::FitReport report = learner_->fit([&](int epoch, const std::map<std::string, double>& metrics) {
    const auto stage = static_cast<int>(metrics.at("stage"));
    events.add(stage * config_.training.epochs + epoch, metrics);
    if ((epoch + 1) % config_.output.training_checkpoint_epochs == 0)
      log::info(fmt::format("  network {} of {}, epoch {}: phase error {:.4f} rad on validation, {:.1f} s", stage + 1,
                            config_.network.stages, epoch + 1, metrics.at("validation/phase_rmse_rad"),
                            watch.seconds()));
    stopped = stop_requested(context_.comm);
    if (stopped || (epoch + 1) % config_.output.training_checkpoint_epochs == 0) {
      stages_.note("learner", learner_->state());
      stages_.keep_seconds("fitting", earlier + context_.comm.max(watch.seconds()));
    }
    stop_if(stopped);
  });
  training_.metrics = report.metrics;
  calibrate();
  training_.seconds = earlier + context_.comm.max(watch.seconds());
  stages_.note("calibration", calibration_fields(pairs_));
  stages_.note("learner", learner_->state());
  stages_.keep_training(training_);
  write_model();
}

// Held-out data sets under the networks as they are: part of the training's price.
void SeriesRun::calibrate() {
  pairs_ = learner_->calibration();
  double sum = 0.0;
  for (const auto& p : pairs_) sum += p.error * p.error;
  training_.metrics["validation/worst_frame_rmse"] =
      std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, pairs_.size())));
}

void SeriesRun::write_model() const {
  io::write_model(context_.comm, directory_.file("model.h5"),
                  object_model(config_, *learner_->cascade(), pairs_, training_));
}

void run_series(const Context& context, const CommandLine& line) {
  const auto [config, directory] = open_run<SeriesRunConfig>(context, line);
  linalg::set_threads(1);
  conv::set_threads(1);  // ranks have the cores; threads that wait for one another take them away
  SeriesRun(context, directory, config, line.restart).run();
}

}  // namespace locum::apps
