// L-BFGS with damped pairs and a bounded step (Nocedal and Wright, Numerical Optimization, Alg. 7.4 and 7.5; damping:
// Procedure 18.2), without a line search: for batches so large that gradients hardly differ from one to the next.
//
// Each independent part of the parameters (a member of a committee) has curvature of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "surrogates/train/optimizer.hpp"

namespace locum::train {

struct LbfgsConfig {
  int memory = 20;            // pairs that are kept
  double damping = 0.2;       // sᵀy is at least this share of sᵀBs, B = 1/γ
  double largest_step = 0.1;  // in RMS of a part's parameters, at rate 1
};

class Lbfgs final : public Optimizer {
 public:
  Lbfgs(std::size_t size, std::vector<std::size_t> parts, LbfgsConfig config = {});
  // parameters −= rate · min(1, bound / ‖H g‖) H g, part by part
  void update(std::span<double> parameters, std::span<const double> gradient, double rate) override;

  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  void remember(std::size_t part, std::span<const double> parameters, std::span<const double> gradient);
  std::vector<double> direction(std::size_t part, std::span<const double> gradient) const;
  std::size_t length(std::size_t part) const { return parts_[part + 1] - parts_[part]; }

  LbfgsConfig config_;
  std::int64_t updates_ = 0;
  std::vector<std::size_t> parts_;             // with the end
  std::vector<double> parameters_, gradient_;  // of the last call
  std::vector<double> moves_, changes_;        // s and y: pair (updates % memory) · size + parameter
  std::vector<double> curvature_;              // (memory, parts): sᵀy; 0: no pair
};

}  // namespace locum::train
