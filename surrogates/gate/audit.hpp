// The error of production, measured: what audits found, with a confidence bound.
//
// An audit is a sample that the surrogate answered and the caller used, drawn at random whatever its uncertainty, that
// the solver answered too. The draw, not any model of the errors, makes the estimate valid: consecutive timesteps may
// be as correlated as they like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::gate {

struct Metric {
  std::string name = "rmse";  // key of summary.json: "force_rmse_eV_per_A"
  std::string unit = "1";     // "eV/Angstrom"
};

class Audit {
 public:
  explicit Audit(Metric metric = {}) : metric_(std::move(metric)) {}

  static constexpr std::int64_t minimum_count = 10;  // fewer give no bound

  // mean_square: Domain::error of the audited answer; rate: the chance with which it was drawn, in (0, 1];
  // bound_held: its largest error did not exceed its uncertainty. Throws NumericalError unless mean_square is finite.
  void add(double mean_square, double rate, double largest, bool bound_held);

  const Metric& metric() const { return metric_; }
  std::int64_t count() const { return static_cast<std::int64_t>(mean_square_.size()); }
  // √(mean of mean_square), weighted by 1/rate; NaN without audits.
  double estimate() const;
  // One-sided upper 95 % bound on what `estimate` estimates; infinite below minimum_count.
  double upper_95() const;
  double largest() const { return largest_; }          // worst error that an audit saw, SampleError::largest
  std::int64_t exceeded() const { return exceeded_; }  // audits whose largest error exceeded its uncertainty
  const std::vector<double>& mean_squares() const { return mean_square_; }

  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  Metric metric_;
  std::vector<double> mean_square_, weight_;
  double largest_ = 0.0;
  std::int64_t exceeded_ = 0;
};

}  // namespace locum::gate
