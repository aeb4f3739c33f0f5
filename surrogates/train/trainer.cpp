#include "surrogates/train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/train/schedule.hpp"

namespace locum::train {
namespace {

const std::string optimizer_prefix = "optimizer.";

}  // namespace

std::vector<int> shuffled(int n, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  for (int k = n - 1; k > 0; --k) {
    const double u = random::uniform(seed, random::Stream::shuffle, k, epoch);
    std::swap(order[k], order[std::min(k, static_cast<int>(u * (k + 1)))]);
  }
  return order;
}

Trainer::Trainer(TrainerConfig config, std::vector<double> start)
    : config_(config), parameters_(std::move(start)), ema_(parameters_, config.ema_decay) {
  stopping_.patience = config.patience;
  stopping_.parameters = parameters_;
}

void Trainer::epoch(Objective& objective, const EpochCallback& callback) {
  if (!optimizer_) {
    optimizer_ = make_optimizer(config_.optimizer, parameters_.size(), objective.layout());
    if (!optimizer_state_.fields().empty()) optimizer_->restore(optimizer_state_);
  }
  objective.begin_epoch(epoch_);
  const int n = objective.samples(), batches = (n + config_.batch - 1) / config_.batch;
  const std::vector<int> order = shuffled(n, config_.seed, epoch_);
  std::vector<double> gradient(parameters_.size());
  double loss = 0.0, rate = 0.0;
  for (int b = 0; b < batches; ++b) {
    const int first = b * config_.batch, count = std::min(config_.batch, n - first);
    const double progress = (epoch_ + (b + 1.0) / (batches + 1.0)) / config_.epochs;
    rate = cosine_schedule(progress, config_.warm_up, config_.learning_rate);
    if (config_.loss_scaling) objective.set_loss_scale(loss_scale_.value);
    loss += count * objective.gradient(parameters_, std::span<const int>(order).subspan(first, count), gradient);
    if (config_.loss_scaling && !loss_scale_.look(gradient)) continue;
    optimizer_->update(parameters_, gradient, rate);
    ema_.update(parameters_);
  }
  loss /= std::max(n, 1);
  ++epoch_;
  if (!std::isfinite(loss))
    throw NumericalError("the training loss is not finite", "epoch " + std::to_string(epoch_), "lower learning_rate");
  auto metrics = objective.validate(ema_.average());
  stopping_.look(metrics.at("validation/loss"), ema_.average());
  metrics["train/loss"] = loss;
  metrics["learning_rate"] = rate;
  if (config_.loss_scaling) {
    metrics["loss_scale"] = loss_scale_.value;
    metrics["updates_left_out"] = static_cast<double>(loss_scale_.left_out);
  }
  if (callback) callback(epoch_, metrics);
}

FieldSet Trainer::state() const {
  FieldSet state;
  const auto n = static_cast<std::int64_t>(parameters_.size());
  state.add("parameters", "1", {n}, parameters_);
  state.add("average", "1", {n}, ema_.average());
  state.add("best_parameters", "1", {n}, stopping_.parameters);
  const FieldSet optimizer = optimizer_ ? optimizer_->state() : optimizer_state_;
  state.add_all(optimizer, optimizer_prefix);
  state.add_scalar("average_updates", "1", ema_.updates());
  state.add_scalar("epoch", "1", std::int64_t{epoch_});  // the shuffle counter too
  state.add_scalar("best_loss", "1", stopping_.best);
  state.add_scalar("loss_scale", "1", loss_scale_.value);
  state.add_scalar("loss_scale_good", "1", loss_scale_.good);
  state.add_scalar("updates_left_out", "1", loss_scale_.left_out);
  state.add_scalar("bad_epochs", "1", std::int64_t{stopping_.bad_epochs});
  return state;
}

void Trainer::restore(const FieldSet& state) {
  parameters_ = state.real("parameters");
  optimizer_.reset();
  optimizer_state_ = state.part(optimizer_prefix);
  ema_.restore(state.real("average"), state.integer_scalar("average_updates"));
  loss_scale_.value = state.real_scalar("loss_scale");
  loss_scale_.good = state.integer_scalar("loss_scale_good");
  loss_scale_.left_out = state.integer_scalar("updates_left_out");
  stopping_.parameters = state.real("best_parameters");
  stopping_.best = state.real_scalar("best_loss");
  stopping_.bad_epochs = static_cast<int>(state.integer_scalar("bad_epochs"));
  epoch_ = static_cast<int>(state.integer_scalar("epoch"));
}

}  // namespace locum::train
