#include "surrogates/train/lbfgs.hpp"

#include <algorithm>
#include <cmath>

namespace locum::train {
namespace {

double dot(const double* a, const double* b, std::size_t n) {
  double sum = 0.0;
  for (std::size_t k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

}  // namespace

Lbfgs::Lbfgs(std::size_t size, std::vector<std::size_t> parts, LbfgsConfig config)
    : config_(config), parts_(std::move(parts)), parameters_(size, 0.0), gradient_(size, 0.0) {
  if (parts_.empty()) parts_.push_back(0);
  parts_.push_back(size);
  moves_.assign(config_.memory * size, 0.0);
  changes_.assign(config_.memory * size, 0.0);
  curvature_.assign(config_.memory * (parts_.size() - 1), 0.0);
}

void Lbfgs::remember(std::size_t part, std::span<const double> parameters, std::span<const double> gradient) {
  const std::size_t slot = (updates_ - 1) % config_.memory, parts = parts_.size() - 1, n = length(part);
  double* s = moves_.data() + slot * parameters_.size() + parts_[part];
  double* y = changes_.data() + slot * parameters_.size() + parts_[part];
  for (std::size_t k = 0; k < n; ++k) {
    s[k] = parameters[parts_[part] + k] - parameters_[parts_[part] + k];
    y[k] = gradient[parts_[part] + k] - gradient_[parts_[part] + k];
  }
  const double ss = dot(s, s, n), yy = dot(y, y, n);
  double sy = dot(s, y, n);
  curvature_[slot * parts + part] = 0.0;
  if (ss == 0.0 || yy == 0.0) return;
  // B₀ = 1/γ with the scale of the pair itself, so that sᵀB₀s = ‖s‖ ‖y‖.
  const double bare = std::sqrt(ss * yy);
  if (sy < config_.damping * bare) {
    const double theta = (1.0 - config_.damping) * bare / (bare - sy);
    for (std::size_t k = 0; k < n; ++k) y[k] = theta * y[k] + (1.0 - theta) * bare / ss * s[k];
    sy = dot(s, y, n);
  }
  curvature_[slot * parts + part] = sy;
}

// Two loops over the pairs, newest first, then oldest first.
std::vector<double> Lbfgs::direction(std::size_t part, std::span<const double> gradient) const {
  const std::size_t n = length(part), parts = parts_.size() - 1, size = parameters_.size();
  std::vector<double> q(gradient.begin() + parts_[part], gradient.begin() + parts_[part + 1]);
  const auto known = std::min<std::int64_t>(updates_, config_.memory);
  std::vector<double> alpha(known, 0.0);
  auto pair = [&](std::int64_t age) { return static_cast<std::size_t>((updates_ - 1 - age) % config_.memory); };
  double scale = 0.0;  // γ of the newest pair (Eq. 7.20)
  for (std::int64_t age = 0; age < known; ++age) {
    const double sy = curvature_[pair(age) * parts + part];
    if (sy <= 0.0) continue;
    const double *s = moves_.data() + pair(age) * size + parts_[part],
                 *y = changes_.data() + pair(age) * size + parts_[part];
    if (scale == 0.0) scale = sy / dot(y, y, n);
    alpha[age] = dot(s, q.data(), n) / sy;
    for (std::size_t k = 0; k < n; ++k) q[k] -= alpha[age] * y[k];
  }
  // Without a pair the bound alone sets the length: any large number will do.
  for (double& value : q) value *= scale > 0.0 ? scale : 1e30;
  for (std::int64_t age = known - 1; age >= 0; --age) {
    const double sy = curvature_[pair(age) * parts + part];
    if (sy <= 0.0) continue;
    const double *s = moves_.data() + pair(age) * size + parts_[part],
                 *y = changes_.data() + pair(age) * size + parts_[part];
    const double beta = dot(y, q.data(), n) / sy;
    for (std::size_t k = 0; k < n; ++k) q[k] += (alpha[age] - beta) * s[k];
  }
  return q;
}

void Lbfgs::update(std::span<double> parameters, std::span<const double> gradient, double rate) {
  for (std::size_t part = 0; part + 1 < parts_.size(); ++part)
    if (updates_ > 0) remember(part, parameters, gradient);
  std::copy(parameters.begin(), parameters.end(), parameters_.begin());
  std::copy(gradient.begin(), gradient.end(), gradient_.begin());
  for (std::size_t part = 0; part + 1 < parts_.size(); ++part) {
    const std::vector<double> d = direction(part, gradient);
    const double norm = std::sqrt(dot(d.data(), d.data(), d.size()));
    if (!(norm > 0.0)) continue;
    const double bound = config_.largest_step * std::sqrt(static_cast<double>(d.size()));
    const double share = rate * std::min(1.0, bound / norm);
    for (std::size_t k = 0; k < d.size(); ++k) parameters[parts_[part] + k] -= share * d[k];
  }
  ++updates_;
}

FieldSet Lbfgs::state() const {
  FieldSet state;
  const auto n = static_cast<std::int64_t>(parameters_.size());
  const auto parts = static_cast<std::int64_t>(parts_.size() - 1);
  state.add_scalar("updates", "1", updates_);
  state.add("last_parameters", "1", {n}, parameters_);
  state.add("last_gradient", "1", {n}, gradient_);
  state.add("moves", "1", {config_.memory, n}, moves_);
  state.add("changes", "1", {config_.memory, n}, changes_);
  state.add("curvature", "1", {config_.memory, parts}, curvature_);
  return state;
}

void Lbfgs::restore(const FieldSet& state) {
  updates_ = state.integer_scalar("updates");
  parameters_ = state.real("last_parameters");
  gradient_ = state.real("last_gradient");
  moves_ = state.real("moves");
  changes_ = state.real("changes");
  curvature_ = state.real("curvature");
}

}  // namespace locum::train
