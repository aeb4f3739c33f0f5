// Adam: Kingma and Ba, ICLR 2015, Algorithm 1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "surrogates/train/optimizer.hpp"

namespace locum::train {

class Adam final : public Optimizer {
 public:
  explicit Adam(std::size_t size, double beta1 = 0.9, double beta2 = 0.99, double epsilon = 1e-10);
  // parameters −= rate · m̂ / (√v̂ + ε)
  void update(std::span<double> parameters, std::span<const double> gradient, double rate) override;
  std::int64_t updates() const { return updates_; }

  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  double beta1_, beta2_, epsilon_;
  std::int64_t updates_ = 0;
  std::vector<double> first_, second_;  // running means of the gradient and its square
};

}  // namespace locum::train
