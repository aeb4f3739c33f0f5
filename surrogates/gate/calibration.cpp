#include "surrogates/gate/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::gate {
namespace {

// ⌈(n+1)·coverage⌉; a product that is an integer but for rounding counts as that integer.
std::size_t conformal_rank(std::size_t n, double coverage) {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(n + 1) * coverage - 1e-9));
}

double kth_smallest(std::vector<double>& values, std::size_t k) {
  std::nth_element(values.begin(), values.begin() + (k - 1), values.end());
  return values[k - 1];
}

}  // namespace

std::size_t pairs_needed(double coverage) {
  auto n = static_cast<std::size_t>(std::floor(coverage / (1.0 - coverage)));
  while (conformal_rank(n, coverage) > n) ++n;
  while (n > 1 && conformal_rank(n - 1, coverage) <= n - 1) --n;
  return n;
}

double conformal_quantile(std::vector<double> nonconformity, double coverage) {
  const std::size_t rank = conformal_rank(nonconformity.size(), coverage);
  if (nonconformity.empty() || rank > nonconformity.size())
    throw ConfigError(fmt::format("{} held-out samples cannot calibrate a coverage of {}: {} are needed",
                                  nonconformity.size(), coverage, pairs_needed(coverage)),
                      "gate.coverage", "hold out more samples, or ask for a smaller coverage");
  return kth_smallest(nonconformity, rank);
}

double hierarchical_quantile(const std::vector<std::vector<double>>& nonconformity, double coverage) {
  const std::size_t groups = nonconformity.size();
  if (groups < pairs_needed(coverage))
    throw ConfigError(fmt::format("{} held-out groups cannot calibrate a coverage of {}: {} are needed", groups,
                                  coverage, pairs_needed(coverage)),
                      "gate.coverage", "hold out more frames, or ask for a smaller coverage");
  std::vector<std::pair<double, double>> weighted;  // nonconformity, weight
  for (const auto& group : nonconformity)
    for (const double r : group) weighted.push_back({r, 1.0 / static_cast<double>(group.size())});
  std::sort(weighted.begin(), weighted.end());
  const double wanted = coverage * static_cast<double>(groups + 1) - 1e-9;
  double sum = 0.0;
  for (const auto& [r, weight] : weighted)
    if ((sum += weight) >= wanted) return r;
  return weighted.back().first;  // the weights' rounding
}

Calibration::Calibration(const GateConfig& config, std::string unit)
    : coverage_(config.coverage),
      quantile_(config.threshold_quantile),
      factor_(config.threshold_factor),
      given_floor_(config.score_floor),
      given_threshold_(config.threshold),
      unit_(std::move(unit)),
      moving_(config.moving_threshold),
      correcting_(config.correct_by_audits),
      threshold_(config.threshold) {}

void Calibration::fit(std::span<const train::CalibrationPair> pairs) {
  std::vector<double> scores;
  for (const auto& pair : pairs) {
    if (!(std::isfinite(pair.score) && std::isfinite(pair.error) && pair.score >= 0.0 && pair.error >= 0.0))
      throw NumericalError(fmt::format("calibration pair {} of {} is score {}, error {}", &pair - pairs.data(),
                                       pairs.size(), pair.score, pair.error),
                           "gate calibration", "both must be finite and not negative");
    scores.push_back(pair.score);
  }
  double floor = given_floor_;
  if (floor == 0.0 && !scores.empty()) floor = 0.01 * kth_smallest(scores, (scores.size() + 1) / 2);
  if (floor == 0.0) floor = 1.0;  // no score says anything: the bound is the plain quantile of the errors
  std::vector<double> nonconformity;
  for (const auto& pair : pairs) nonconformity.push_back(pair.error / std::max(pair.score, floor));
  scale_ = conformal_quantile(std::move(nonconformity), coverage_);
  floor_ = floor;
  pairs_ = pairs.size();
  fitted_ = true;
  if (given_threshold_ == 0.0 && (threshold_ == 0.0 || moving_)) find_threshold(pairs);
}

void Calibration::find_threshold(std::span<const train::CalibrationPair> pairs) {
  std::vector<double> bounds;
  for (const auto& pair : pairs) bounds.push_back(uncertainty(pair.score) / correction_);
  const auto rank = static_cast<std::size_t>(std::ceil(quantile_ * static_cast<double>(bounds.size()) - 1e-9));
  threshold_ = factor_ * kth_smallest(bounds, std::clamp<std::size_t>(rank, 1, bounds.size()));
}

double Calibration::uncertainty(double score) const {
  if (!fitted_ || !std::isfinite(score) || score < 0.0) return std::numeric_limits<double>::infinity();
  return correction_ * scale_ * std::max(score, floor_);
}

void Calibration::correct(bool exceeded) {
  if (!correcting_) return;
  const double asked = (exceeded ? 1.0 : 0.0) - (1.0 - coverage_);
  correction_ = std::max(1.0, correction_ * std::exp(correction_step * asked));
}

FieldSet Calibration::state() const {
  FieldSet fields;
  fields.add_scalar("calibration_fitted", "1", std::int64_t{fitted_});
  fields.add_scalar("calibration_pairs", "1", static_cast<std::int64_t>(pairs_));
  fields.add_scalar("calibration_scale", "1", scale_);
  fields.add_scalar("calibration_floor", "1", floor_);
  fields.add_scalar("calibration_threshold", unit_, threshold_);
  fields.add_scalar("calibration_correction", "1", correction_);
  return fields;
}

void Calibration::restore(const FieldSet& state) {
  fitted_ = state.integer_scalar("calibration_fitted") != 0;
  pairs_ = static_cast<std::size_t>(state.integer_scalar("calibration_pairs"));
  scale_ = state.real_scalar("calibration_scale");
  floor_ = state.real_scalar("calibration_floor");
  correction_ = correcting_ ? state.real_scalar("calibration_correction") : 1.0;
  threshold_ = given_threshold_ > 0.0 ? given_threshold_ : state.real_scalar("calibration_threshold");
}

}  // namespace locum::gate
