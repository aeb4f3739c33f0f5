#include "surrogates/imaging/object_learner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/imaging/frames_objective.hpp"
#include "surrogates/imaging/object_step.hpp"

namespace locum::imaging {
namespace {

constexpr char label_prefix[] = "label.", trainer_prefix[] = "trainer.";

std::span<float> numbers(std::vector<Ptychogram::Value>& values) {
  return {reinterpret_cast<float*>(values.data()), 2 * values.size()};  // as std::complex promises
}

// 0 where the label says nothing.
std::vector<float> weight_in(const Canvas& canvas, const PixelBox& core) {
  std::vector<float> weight = canvas.weight;
  for (int x = 0; x < canvas.nx; ++x)
    for (int y = 0; y < canvas.ny; ++y)
      if (x < core.x0 || x >= core.x1 || y < core.y0 || y >= core.y1)
        weight[static_cast<std::size_t>(x) * canvas.ny + y] = 0.0f;
  return weight;
}

}  // namespace

std::size_t held_out_sets(const ObjectTrainingConfig& config, std::size_t data_sets) {
  const auto count = static_cast<double>(data_sets);
  return static_cast<std::size_t>(std::clamp(std::ceil(config.validation_fraction * count - 1e-9), 1.0, count - 1.0));
}

ObjectLearner::ObjectLearner(Context context, ObjectNetworkConfig network, ObjectTrainingConfig training,
                             std::shared_ptr<DiffractionModel> model, int tile_side,
                             std::vector<LabelledObject> data_sets)
    : context_(std::move(context)),
      config_(std::move(training)),
      model_(std::move(model)),
      tile_side_(tile_side),
      cascade_(std::make_shared<ObjectCascade>(context_.space, network)) {
  config_.validate();
  if (data_sets.size() < 2)
    throw ConfigError(fmt::format("{} labelled data set(s), 2 or more were expected", data_sets.size()),
                      "ObjectLearner", "one is held out to calibrate");
  const std::size_t kept = data_sets.size() - held_out_sets(config_, data_sets.size());
  for (std::size_t k = 0; k < data_sets.size(); ++k)
    (k < kept ? training_ : held_out_).push_back(std::make_shared<LabelledObject>(std::move(data_sets[k])));
  for (int s = 0; s < network.stages; ++s)
    cascade_->stage(s).set_parameters(
        cascade_->stage(s).initial_parameters(context_.seed + static_cast<std::uint64_t>(s)));
}

// Ranks share the data sets, and give each other what they made.
std::vector<CanvasSample> ObjectLearner::samples(const Sets& sets, int stage,
                                                 const std::vector<CanvasSample>& before) const {
  std::vector<CanvasSample> all(sets.size());
  const Communicator& comm = context_.comm;
  for (std::size_t k = 0; k < sets.size(); ++k)
    if (static_cast<int>(k % static_cast<std::size_t>(comm.size())) == comm.rank())
      all[k].canvas = before.empty() ? cascade_->canvas_of(stage, sets[k]->data, *model_)
                                     : cascade_->next(stage, before[k].canvas, sets[k]->data, *model_);
  for (std::size_t k = 0; k < sets.size(); ++k) {
    const Ptychogram& data = sets[k]->data;
    const int owner = static_cast<int>(k % static_cast<std::size_t>(comm.size()));
    Canvas& canvas = all[k].canvas;
    canvas.nx = data.object_nx;
    canvas.ny = data.object_ny;
    canvas.input.resize(data.object_size() * input_channels);
    canvas.weight.resize(data.object_size());
    canvas.reach.resize(data.object_size());
    canvas.object.value.resize(data.object_size());
    comm.broadcast(std::span<float>(canvas.input), owner);
    comm.broadcast(std::span<float>(canvas.weight), owner);
    comm.broadcast(std::span<float>(canvas.reach), owner);
    comm.broadcast(numbers(canvas.object.value), owner);
    all[k].labelled = sets[k];
    all[k].weight = weight_in(canvas, sets[k]->core);
    Canvas judged = canvas;
    judged.weight = all[k].weight;
    all[k].answer = sets[k]->truth.value.empty() ? CanvasAnswer(data.object_size() * answer_channels)
                                                 : missing(judged, sets[k]->truth);
  }
  return all;
}

train::TrainerConfig ObjectLearner::trainer_config(int epochs) const {
  train::TrainerConfig config;
  config.epochs = epochs;
  config.batch = config_.batch;
  config.learning_rate = config_.learning_rate;
  config.warm_up = config_.warm_up;
  config.ema_decay = config_.ema_decay;
  config.patience = config_.patience;
  config.seed = context_.seed + static_cast<std::uint64_t>(updates_);
  config.optimizer = config_.optimizer;
  return config;
}

train::FitReport ObjectLearner::train_one(int stage, const train::TrainerConfig& config, train::Objective& objective,
                                          const EpochCallback& callback, bool again) {
  ObjectNetwork& network = cascade_->stage(stage);
  const std::vector<double> before = network.parameters();
  const double loss = again ? objective.validate(before).at("validation/loss") : 0.0;
  trainer_ = std::make_unique<train::Trainer>(config, network.parameters());
  if (!trainer_state_.fields().empty()) trainer_->restore(std::exchange(trainer_state_, {}));
  stage_ = stage;
  train::FitReport report;
  while (!trainer_->finished())
    trainer_->epoch(objective, [&](int epoch, const std::map<std::string, double>& metrics) {
      report.metrics = metrics;
      report.metrics["stage"] = stage;
      if (callback) callback(epoch, report.metrics);
    });
  network.set_parameters(again && !(trainer_->best_loss() < loss) ? before : trainer_->best());
  trainer_.reset();
  for (const auto& [name, value] : objective.validate(network.parameters())) report.metrics[name] = value;
  return report;
}

train::FitReport ObjectLearner::train_stages(int first, int epochs, const EpochCallback& callback, bool again) {
  const Stopwatch watch;
  train::FitReport report;
  std::unique_ptr<ObjectObjective> objective;
  for (int s = first; s < cascade_->config().stages; ++s) {
    std::vector<CanvasSample> training, validation;
    if (objective) {
      training = samples(training_, s, objective->training());
      validation = samples(held_out_, s, objective->validation());
    } else {
      training = samples(training_, s, {});
      validation = samples(held_out_, s, {});
    }
    objective = std::make_unique<ObjectObjective>(context_, config_, cascade_->stage(s), model_, std::move(training),
                                                  std::move(validation));
    FramesObjective by_frames(context_, *objective, cascade_->stage(s), model_);
    train::Objective& judge = config_.supervised > 0.0 ? static_cast<train::Objective&>(*objective) : by_frames;
    report.metrics = train_one(s, trainer_config(epochs), judge, callback, again).metrics;
  }
  stage_ = cascade_->config().stages;
  report.samples = static_cast<std::int64_t>(training_.size());
  report.seconds = watch.seconds();
  return report;
}

train::FitReport ObjectLearner::fit(const EpochCallback& callback) {
  return train_stages(stage_, config_.epochs, callback);
}

void ObjectLearner::add(const FieldSet& label) {
  labels_.push_back(label);
  auto labelled = std::make_shared<LabelledObject>(labelled_object(label, tile_side_));
  const bool held_out = labels_.size() % static_cast<std::size_t>(config_.calibration_every) == 0;
  (held_out ? held_out_ : training_).push_back(std::move(labelled));
}

train::FitReport ObjectLearner::update() {
  ++updates_;
  return train_stages(0, config_.update_epochs, {}, true);
}

std::vector<train::CalibrationPair> ObjectLearner::calibration() {
  using Row = std::array<double, 6>;  // data set, tile, score, largest error, sum of squared errors, frames
  const Communicator& comm = context_.comm;
  std::vector<double> mine;
  ObjectStep step(cascade_, model_);
  for (std::size_t k = static_cast<std::size_t>(comm.rank()); k < held_out_.size();
       k += static_cast<std::size_t>(comm.size())) {
    const Ptychogram& data = held_out_[k]->data;
    std::vector<int> tiles(data.tiles.size());
    std::iota(tiles.begin(), tiles.end(), 0);
    std::vector<double> scores(tiles.size());
    ObjectFunction answer = Ptychography::make_output(data);
    step.evaluate_with_score(data, tiles, answer, scores);
    for (std::size_t t = 0; t < tiles.size(); ++t) {
      double largest = 0.0, sum = 0.0;
      const std::vector<double> errors = frame_errors(data, held_out_[k]->truth, answer, tiles[t]);
      for (const double e : errors) {
        largest = std::max(largest, e);
        sum += e * e;
      }
      if (std::isnan(sum)) largest = sum;  // std::max passes over NaN
      mine.insert(mine.end(), {static_cast<double>(k), static_cast<double>(tiles[t]), scores[t], largest, sum,
                               static_cast<double>(errors.size())});
    }
  }
  const std::vector<double> all = comm.all_gather(std::span<const double>(mine));
  std::vector<Row> rows(all.size() / std::tuple_size_v<Row>);
  for (std::size_t k = 0; k < all.size(); ++k) rows[k / std::tuple_size_v<Row>][k % std::tuple_size_v<Row>] = all[k];
  std::sort(rows.begin(), rows.end());  // the same order from any number of ranks
  pairs_.clear();
  double sum = 0.0, frames = 0.0;
  for (const Row& row : rows) {
    if (!std::isfinite(row[2]) || !std::isfinite(row[3])) continue;
    pairs_.push_back({row[2], row[3]});
    sum += row[4];
    frames += row[5];
  }
  frame_error_ = frames > 0.0 ? std::sqrt(sum / frames) : 0.0;
  return pairs_;
}

FieldSet ObjectLearner::state() const {
  FieldSet state;
  for (int s = 0; s < cascade_->config().stages; ++s) {
    const std::vector<double>& p = cascade_->stage(s).parameters();
    state.add(fmt::format("parameters.{}", s), "1", {static_cast<std::int64_t>(p.size())}, p);
  }
  state.add_scalar("stage", "1", std::int64_t{stage_});
  state.add_scalar("updates", "1", updates_);
  state.add_scalar("labels", "1", static_cast<std::int64_t>(labels_.size()));
  for (std::size_t k = 0; k < labels_.size(); ++k) state.add_all(labels_[k], fmt::format("{}{}.", label_prefix, k));
  if (trainer_) state.add_all(trainer_->state(), trainer_prefix);
  return state;
}

void ObjectLearner::restore(const FieldSet& state) {
  for (int s = 0; s < cascade_->config().stages; ++s)
    cascade_->stage(s).set_parameters(state.real(fmt::format("parameters.{}", s)));
  updates_ = state.integer_scalar("updates");
  stage_ = static_cast<int>(state.integer_scalar("stage"));
  for (auto k = static_cast<std::int64_t>(labels_.size()); k < state.integer_scalar("labels"); ++k)
    add(state.part(fmt::format("{}{}.", label_prefix, k)));
  trainer_state_ = state.part(trainer_prefix);
}

}  // namespace locum::imaging
