// Who plays a sample, and which samples are audited. Deterministic: the same uncertainties give the same decisions.
//
// Sample k of a call continues sample k of the call before (replica k, probe position k): hysteresis is kept for each
// k. A batch of samples without such a continuity sets resume_calls = 0.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/gate/decision.hpp"
#include "surrogates/gate/gate_config.hpp"

namespace locum::gate {

class Policy {
 public:
  Policy(const GateConfig& config, std::uint64_t seed);

  struct Verdict {
    Player player = Player::surrogate;
    Reason reason = Reason::trusted;
    bool audited = false;  // drawn, and the surrogate's
    double draw = 1.0;     // in [0, 1), before anyone looked at the uncertainty; below the audit rate: drawn
  };
  void begin_call() { ++call_; }
  // Call number of the present call, from 0; −1 before the first.
  std::int64_t call() const { return call_; }
  // sample ≥ 0. A threshold or an uncertainty that is not a number hands back. Once for each sample of a call, in
  // order.
  Verdict decide(int sample, double uncertainty, double threshold, bool calibrated);

  // While on, the solver plays everything (a stretch to compare with, an order of the user).
  void force_solver(bool on) { forced_ = on; }
  bool forced() const { return forced_; }
  // Chance of the audits to come, 0 … 1.
  void set_audit_rate(double rate);
  double audit_rate() const { return audit_rate_; }

  FieldSet state() const;
  void restore(const FieldSet& state);  // settings stay those of the configuration

 private:
  struct Lane {
    bool holding = false;
    std::int64_t calm = 0;  // calm calls in a row
    std::int64_t held = 0;  // calls held since the last uncertain one
  };
  Verdict judge(Lane& lane, double uncertainty, double threshold) const;

  std::int64_t warm_up_, resume_calls_, max_hold_;
  double resume_ratio_, audit_rate_;
  std::uint64_t seed_;
  std::int64_t call_ = -1;
  std::int64_t drawn_ = 0;  // samples seen so far: the counter of the audit's random numbers
  bool forced_ = false;
  std::vector<Lane> lanes_;
};

}  // namespace locum::gate
