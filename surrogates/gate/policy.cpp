#include "surrogates/gate/policy.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::gate {

Policy::Policy(const GateConfig& config, std::uint64_t seed)
    : warm_up_(config.warm_up),
      resume_calls_(config.resume_calls),
      max_hold_(config.max_hold),
      resume_ratio_(config.resume_ratio),
      audit_rate_(config.audit_rate),
      seed_(seed) {}

void Policy::set_audit_rate(double rate) {
  if (!(rate >= 0.0 && rate <= 1.0)) throw ConfigError(fmt::format("audit_rate = {} lies outside 0 … 1", rate), "gate");
  audit_rate_ = rate;
}

Policy::Verdict Policy::decide(int sample, double uncertainty, double threshold, bool calibrated) {
  if (sample < 0) throw ConfigError(fmt::format("sample {} of a call is negative", sample), "gate");
  if (lanes_.size() <= static_cast<std::size_t>(sample)) lanes_.resize(sample + 1);
  // The draw comes first and for every sample, so that it cannot depend on the uncertainty.
  const double draw = random::uniform(seed_, random::Stream::audit, static_cast<std::uint64_t>(drawn_++), 0);
  Verdict verdict;
  if (forced_)
    verdict = {Player::solver, Reason::forced};
  else if (call_ < warm_up_)
    verdict = {Player::solver, Reason::warm_up};
  else if (!calibrated)
    verdict = {Player::solver, Reason::uncalibrated};
  else
    verdict = judge(lanes_[sample], uncertainty, threshold);
  verdict.draw = draw;
  verdict.audited = verdict.player == Player::surrogate && draw < audit_rate_;
  return verdict;
}

Policy::Verdict Policy::judge(Lane& lane, double uncertainty, double threshold) const {
  if (!(uncertainty <= threshold)) {
    lane = {resume_calls_ > 0, 0, 0};
    return {Player::solver, Reason::uncertain};
  }
  if (!lane.holding) return {Player::surrogate, Reason::trusted};
  lane.calm = uncertainty <= resume_ratio_ * threshold ? lane.calm + 1 : 0;
  if (lane.calm >= resume_calls_ || (max_hold_ > 0 && lane.held >= max_hold_)) {
    lane = {};
    return {Player::surrogate, Reason::trusted};
  }
  ++lane.held;
  return {Player::solver, Reason::hold};
}

FieldSet Policy::state() const {
  std::vector<std::int64_t> lanes;
  for (const Lane& lane : lanes_) lanes.insert(lanes.end(), {lane.holding, lane.calm, lane.held});
  FieldSet fields;
  fields.add_scalar("policy_call", "1", call_);
  fields.add_scalar("policy_drawn", "1", drawn_);
  fields.add_scalar("policy_forced", "1", std::int64_t{forced_});
  fields.add("policy_lanes", "1", {static_cast<std::int64_t>(lanes_.size()), 3}, std::move(lanes));
  return fields;
}

void Policy::restore(const FieldSet& state) {
  call_ = state.integer_scalar("policy_call");
  drawn_ = state.integer_scalar("policy_drawn");
  forced_ = state.integer_scalar("policy_forced") != 0;
  const auto& lanes = state.integer("policy_lanes");
  lanes_.assign(lanes.size() / 3, {});
  for (std::size_t k = 0; k < lanes_.size(); ++k) lanes_[k] = {lanes[3 * k] != 0, lanes[3 * k + 1], lanes[3 * k + 2]};
}

}  // namespace locum::gate
