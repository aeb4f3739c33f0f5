#include "surrogates/gate/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/gate/audit_bound.hpp"

namespace locum::gate {

void Audit::add(double mean_square, double rate, double largest, bool bound_held) {
  if (!std::isfinite(mean_square) || mean_square < 0.0)
    throw NumericalError(fmt::format("an audited answer has a mean squared error of {}", mean_square),
                         fmt::format("gate, audit {}", count()),
                         "solver or surrogate gave numbers that are not finite, and the surrogate was sure of it");
  mean_square_.push_back(mean_square);
  weight_.push_back(1.0 / rate);
  largest_ = std::max(largest_, largest);
  if (!bound_held) ++exceeded_;
}

double Audit::estimate() const {
  if (mean_square_.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::sqrt(weighted_moments(mean_square_, weight_).mean);
}

double Audit::upper_95() const {
  if (count() < minimum_count) return std::numeric_limits<double>::infinity();
  return std::sqrt(upper_bound_of_mean(mean_square_, weight_));
}

FieldSet Audit::state() const {
  FieldSet fields;
  fields.add("audit_mean_square", "(" + metric_.unit + ")^2", {count()}, mean_square_);
  fields.add("audit_weight", "1", {count()}, weight_);
  fields.add_scalar("audit_largest", metric_.unit, largest_);
  fields.add_scalar("audit_exceeded", "1", exceeded_);
  return fields;
}

void Audit::restore(const FieldSet& state) {
  mean_square_ = state.real("audit_mean_square");
  weight_ = state.real("audit_weight");
  largest_ = state.real_scalar("audit_largest");
  exceeded_ = state.integer_scalar("audit_exceeded");
}

}  // namespace locum::gate
