// Adam: Kingma and Ba, ICLR 2015, Algorithm 1. Gradients do not accumulate: one call, one update.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::train {

class Adam {
 public:
  explicit Adam(std::size_t size, double beta1 = 0.9, double beta2 = 0.99, double epsilon = 1e-10);
  // parameters −= rate · m̂ / (√v̂ + ε)
  void update(std::span<double> parameters, std::span<const double> gradient, double rate);
  std::int64_t updates() const { return updates_; }

  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  double beta1_, beta2_, epsilon_;
  std::int64_t updates_ = 0;
  std::vector<double> first_, second_;  // running means of the gradient and its square
};

}  // namespace locum::train
