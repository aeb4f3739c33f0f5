#include "surrogates/train/adam.hpp"

#include <cmath>

namespace locum::train {

Adam::Adam(std::size_t size, double beta1, double beta2, double epsilon)
    : beta1_(beta1), beta2_(beta2), epsilon_(epsilon), first_(size, 0.0), second_(size, 0.0) {}

void Adam::update(std::span<double> parameters, std::span<const double> gradient, double rate) {
  ++updates_;
  const double correct1 = 1.0 / (1.0 - std::pow(beta1_, static_cast<double>(updates_)));
  const double correct2 = 1.0 / (1.0 - std::pow(beta2_, static_cast<double>(updates_)));
  for (std::size_t k = 0; k < first_.size(); ++k) {
    first_[k] = beta1_ * first_[k] + (1.0 - beta1_) * gradient[k];
    second_[k] = beta2_ * second_[k] + (1.0 - beta2_) * gradient[k] * gradient[k];
    parameters[k] -= rate * first_[k] * correct1 / (std::sqrt(second_[k] * correct2) + epsilon_);
  }
}

FieldSet Adam::state() const {
  FieldSet state;
  const auto n = static_cast<std::int64_t>(first_.size());
  state.add_scalar("updates", "1", updates_);
  state.add("first", "1", {n}, first_);
  state.add("second", "1", {n}, second_);
  return state;
}

void Adam::restore(const FieldSet& state) {
  updates_ = state.integer_scalar("updates");
  first_ = state.real("first");
  second_ = state.real("second");
}

}  // namespace locum::train
