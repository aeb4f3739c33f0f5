// The training loop of any network: batches in an order drawn anew every epoch, an optimizer, averaged weights, early
// stopping.
//
// A network and its data are an Objective. Everything is collective; every rank holds the same parameters, so that n
// ranks give the loss curve of one to rounding.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/train/early_stopping.hpp"
#include "surrogates/train/ema.hpp"
#include "surrogates/train/loss_scale.hpp"
#include "surrogates/train/optimizer.hpp"

namespace locum::train {

class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::size_t parameters() const = 0;
  virtual int samples() const = 0;  // training samples of all ranks
  // What optimizers may know of the parameters; one flat block with one loss where nothing is said.
  virtual ParameterLayout layout() const { return {}; }
  // Before the batches of an epoch, 0, 1, 2, …: what is drawn at random may be drawn anew, as a function of the epoch
  // alone, so that a restarted training draws the same. samples() stays.
  virtual void begin_epoch(int) {}
  // Mean loss over the batch (indices below samples()), and its gradient, overwritten; summed over the ranks.
  virtual double gradient(std::span<const double> parameters, std::span<const int> batch,
                          std::span<double> gradient) = 0;
  // By which the next gradients' derivatives are multiplied on the way, so that formats with few exponents hold them;
  // the gradient that comes back is without it. Of no meaning to objectives that need none.
  virtual void set_loss_scale(double) {}
  // Metrics on held-out samples; "validation/loss" steers early stopping.
  virtual std::map<std::string, double> validate(std::span<const double> parameters) = 0;
};

struct TrainerConfig {
  int epochs = 40;
  int batch = 8;
  double learning_rate = 3e-3;
  double warm_up = 0.05;
  double ema_decay = 0.98;
  int patience = 12;
  std::uint64_t seed = 1;
  std::string optimizer = "adam";  // a name of optimizer_names()
  bool loss_scaling = false;       // for objectives that compute in formats with few exponents
};

class Trainer {
 public:
  // start: the same on every rank.
  Trainer(TrainerConfig config, std::vector<double> start);
  // Metrics of validate(), and "train/loss", "learning_rate"; with loss scaling "loss_scale" and "updates_left_out".
  using EpochCallback = std::function<void(int epoch, const std::map<std::string, double>& metrics)>;

  bool finished() const { return epoch_ >= config_.epochs || stopping_.stop(); }
  // One epoch, 1, 2, …; the callback may take state(): a restored trainer goes on bit for bit.
  void epoch(Objective& objective, const EpochCallback& callback = {});
  void run(Objective& objective, const EpochCallback& callback = {}) {
    while (!finished()) epoch(objective, callback);
  }
  // Averaged weights of the best epoch; the start before the first epoch.
  const std::vector<double>& best() const { return stopping_.parameters; }
  double best_loss() const { return stopping_.best; }
  int epochs_done() const { return epoch_; }

  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  TrainerConfig config_;
  std::vector<double> parameters_;
  std::unique_ptr<Optimizer> optimizer_;  // made when the first objective tells its layout
  FieldSet optimizer_state_;              // that one shall begin with
  LossScale loss_scale_;
  Ema ema_;
  EarlyStopping stopping_;
  int epoch_ = 0;
};

// 0 … n − 1 in an order that depends on seed and epoch only (Fisher and Yates with counter-based numbers).
std::vector<int> shuffled(int n, std::uint64_t seed, std::uint64_t epoch);

}  // namespace locum::train
