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
#include "io/dataset/dataset.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/conv/convolution.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::apps {
namespace {

constexpr char labels_format[] = "locum-labels";
constexpr std::size_t label_rounds = 8;  // of labels by the solver, between two commits

std::string label_name(std::size_t k) { return fmt::format("{:06}", k); }

FieldSet data_field(double seconds, std::int64_t open_labels) {
  FieldSet fields;
  fields.add_scalar("seconds", "s", seconds);
  fields.add_scalar("open_labels", "1", open_labels);
  return fields;
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
  if (stages_.has("energy")) energy_.restore(stages_.at("energy"));
}

void SeriesRun::run() {
  check_files(context_, config_);
  if (config_.series.model.empty()) {
    make_data();
    train();
  } else {
    take_model();
  }
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

// Labels that an earlier session had the solver make, and what they took: both are in one file, so that no moment of a
// kill parts them.
KnownLabels SeriesRun::known_labels() {
  KnownLabels known;
  if (!restart_ || config_.data.labels != "solver" || !directory_.has("labels.h5")) return known;
  const io::Tree labels = io::read_tree(context_.comm, directory_.file("labels.h5"), labels_format);
  for (std::string name; labels.groups.count(name = label_name(known.objects.size()));)
    known.objects.push_back({complex_field(labels.groups.at(name), "object")});
  known.seconds = labels.groups.at("data").real_scalar("seconds");
  known.open = labels.groups.at("data").integer_scalar("open_labels");
  if (!stages_.has("data_complete")) energy_.restore(labels.groups.at("energy"));
  return known;
}

void SeriesRun::keep_labels(const KnownLabels& known, std::size_t done, const TrainingData& data) {
  io::Tree labels;
  for (std::size_t k = 0; k < done; ++k) add_complex(labels.groups[label_name(k)], "object", data.sets[k].truth.value);
  labels.groups["data"] = data_field(known.seconds + data.seconds, known.open + data.open_labels);
  labels.groups["energy"] = energy_.state();
  io::write_tree(context_.comm, directory_.file("labels.h5"), labels, labels_format, 1);
}

// Simulated data are functions of the input: a restart makes them again, and only what is still to be learned from is
// held. Labels of the solver are kept, for they took time.
void SeriesRun::make_data() {
  const bool trained = stages_.has("trained"), by_solver = config_.data.labels == "solver";
  const KnownLabels known = known_labels();
  log::info(fmt::format("data: {} data sets to learn from, labelled with {}", config_.data.size(),
                        by_solver ? "the solver's objects" : "the truth"));
  std::size_t rounds = 0;
  bool stopped = false;
  data_ =
      make_training_data(context_, config_, !trained, known.objects, [&](std::size_t done, const TrainingData& data) {
        stopped = stop_requested(context_.comm);
        energy_.update();
        const bool all = done == static_cast<std::size_t>(config_.data.size());
        if (by_solver && done > known.objects.size() && (++rounds % label_rounds == 0 || stopped || all))
          keep_labels(known, done, data);
        return !stopped;
      });
  stop_if(stopped);
  if (!stages_.has("data_complete")) {
    if (config_.output.keep_training_data) keep_data();
    stages_.note("energy", energy_.state());
    stages_.keep("data_complete", data_field(known.seconds + data_.seconds, known.open + data_.open_labels));
  }
  data_seconds_ = stages_.seconds("data_complete");
  open_labels_ = stages_.at("data_complete").integer_scalar("open_labels");
  if (open_labels_ > 0)
    log::warn(
        fmt::format("data: {} of the solver's labels had not converged after {} sweeps: what is learned is no better",
                    open_labels_, config_.ptychography.sweeps));
  log::info(fmt::format("data: {} frames of {} × {} pixels in each, {:.1f} s", data_.sets.front().data.size(),
                        data_.sets.front().data.nx, data_.sets.front().data.ny, data_seconds_));
}

// One sample a data set: its frames and its whole object.
void SeriesRun::keep_data() const {
  io::DatasetWriter writer(context_.comm, directory_.file("dataset.h5"));
  for (const imaging::LabelledObject& set : data_.sets) {
    if (set.truth.value.empty()) continue;  // learned from by its frames alone
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
    held_out_ = HeldOutErrors::from_state(stages_.at("calibration"));
    stages_.take_training(training_);
  } else {
    fit();
  }
  in_domain_ = held_out_.frame_error;
  training_.samples = config_.data.size();
  training_.device = backend();
  training_.precision = "fp32";
  log::info(fmt::format("training: {} data sets, {:.1f} s; phase error of the last network {:.4f} rad on validation",
                        config_.data.size(), training_.seconds, training_.metrics["validation/phase_rmse_rad"]));
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
    energy_.update();
    const bool due = epoch % config_.output.training_checkpoint_epochs == 0;
    if (due || epoch == config_.training.epochs)
      log::info(fmt::format("  network {} of {}, epoch {}: phase error {:.4f} rad on validation, {:.1f} s", stage + 1,
                            config_.network.stages, epoch, metrics.at("validation/phase_rmse_rad"), watch.seconds()));
    stopped = stop_requested(context_.comm);
    if (stopped || due) {
      stages_.note("learner", learner_->state());
      stages_.note("energy", energy_.state());
      stages_.keep_seconds("fitting", earlier + context_.comm.max(watch.seconds()));
    }
    stop_if(stopped);
  });
  held_out_.pairs = learner_->calibration();
  held_out_.frame_error = learner_->frame_error();
  take_metrics(report);
  training_.seconds = earlier + context_.comm.max(watch.seconds());
  stages_.note("calibration", held_out_.state());
  stages_.note("learner", learner_->state());
  stages_.note("energy", energy_.state());
  stages_.keep_training(training_);
  write_model();
}

// The data that the networks learned from are not here, so that nothing can be learned on.
void SeriesRun::take_model() {
  const TrainedModel model = read_trained_model(context_, config_);
  surrogate_ = std::make_unique<imaging::ObjectStep>(model.cascade, model_);
  held_out_ = model.held_out;
  in_domain_ = held_out_.frame_error;
  training_.metrics["validation/worst_frame_rmse"] = held_out_.worst_frame_rmse();
  training_.device = backend();
  training_.precision = "fp32";
  log::info(fmt::format("networks and calibration of {}: no data to learn from, no training, no learning in the series",
                        config_.series.model));
  training_counted_ = model.price.has_value();
  if (!training_counted_) {
    log::warn(
        fmt::format("{} does not say what its data and its training took: neither is counted", config_.series.model));
    return;
  }
  data_seconds_ = model.price->data;
  training_.seconds = model.price->training;
  log::info(fmt::format("counted as if made for this series: its data, {:.1f} s, and its training, {:.1f} s",
                        data_seconds_, training_.seconds));
}

// Of the networks as they are, which learning in the series changes.
void SeriesRun::take_metrics(const train::FitReport& report) {
  training_.metrics = report.metrics;
  training_.metrics["validation/worst_frame_rmse"] = held_out_.worst_frame_rmse();
}

FieldSet SeriesRun::metrics_state() const {
  FieldSet metrics;
  for (const auto& [name, value] : training_.metrics) metrics.add_scalar(name, "1", value);
  metrics.add_scalar("samples", "1", training_.samples);
  return metrics;
}

void SeriesRun::restore_metrics(const FieldSet& state) {
  training_.samples = state.integer_scalar("samples");
  for (const auto& [name, field] : state.fields())
    if (name != "samples") training_.metrics[name] = state.real_scalar(name);
}

void SeriesRun::write_model() const {
  if (!learner_) return;
  TrainingPrice price{data_seconds_, training_.seconds};
  if (gate_) price.training += context_.comm.max(gate_->ledger().seconds(gate::Clock::training_in_run));
  io::write_model(context_.comm, directory_.file("model.h5"),
                  object_model(config_, *learner_->cascade(), held_out_, training_.samples, price));
}

void run_series(const Context& context, const CommandLine& line) {
  const auto [config, directory] = open_run<SeriesRunConfig>(context, line);
  linalg::set_threads(1);
  conv::set_threads(1);  // ranks have the cores; threads that wait for one another take them away
  SeriesRun(context, directory, config, line.restart).run();
}

}  // namespace locum::apps
