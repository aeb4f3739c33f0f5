// Exponential moving average of parameters; early averages are not biased towards the start.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace locum::train {

class Ema {
 public:
  Ema() = default;
  Ema(std::vector<double> start, double decay) : decay_(decay), average_(std::move(start)) {}
  void update(std::span<const double> parameters) {
    ++updates_;
    const double decay = std::min(decay_, (1.0 + updates_) / (10.0 + updates_));
    for (std::size_t k = 0; k < average_.size(); ++k) average_[k] = decay * average_[k] + (1.0 - decay) * parameters[k];
  }
  const std::vector<double>& average() const { return average_; }
  std::int64_t updates() const { return updates_; }
  void restore(std::vector<double> average, std::int64_t updates) {
    average_ = std::move(average);
    updates_ = updates;
  }

 private:
  double decay_ = 0.0;
  std::int64_t updates_ = 0;
  std::vector<double> average_;
};

}  // namespace locum::train
