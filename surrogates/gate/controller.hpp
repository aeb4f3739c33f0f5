// All of a gate that does not know its domain: decides, keeps the book, asks the learner. Gate<Domain> drives it.
//
// The order within a call: begin → (surrogate answers, filling scores) → decide → (solver answers handed_back
// and audited, the gate fills error and mean_square of those decisions) → finish.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "surrogates/gate/account.hpp"
#include "surrogates/gate/audit.hpp"
#include "surrogates/gate/calibration.hpp"
#include "surrogates/gate/decision.hpp"
#include "surrogates/gate/gate_config.hpp"
#include "surrogates/gate/ledger.hpp"
#include "surrogates/gate/policy.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::gate {

struct Update {
  std::int64_t call = 0;  // after which the learner fitted again
  train::FitReport fit;
  double scale = 0.0;      // of the new calibration
  double threshold = 0.0;  // the domain's unit
};

class Controller {
 public:
  // learner may be null. Throws ConfigError when the configuration is not valid.
  Controller(const GateConfig& config, Metric metric, train::Learner* learner, Context context);

  // Calibrates with given held-out samples (a model file keeps them), or with the learner's. Throws as
  // Calibration::fit.
  void calibrate(std::span<const train::CalibrationPair> pairs) { calibration_.fit(pairs); }

  // Starts a call: scores to fill, one for each sample.
  std::span<double> begin(std::span<const int> samples);
  // Throws ConfigError without calibration and without a learner that could bring one. Collective.
  std::span<Decision> decide();
  // Of the call in hand, in the order in which they were asked for.
  const std::vector<int>& handed_back() const { return handed_back_; }
  const std::vector<int>& judged() const { return judged_; }
  bool wants_label(const Decision& decision) const;
  void add_label(const Decision& decision, const FieldSet& label);  // collective
  // Books the call, then lets the learner fit when enough labels have gathered. Collective.
  void finish();

  // Runs work() and books its time; within a call whatever no one books is the gate's own. The fence makes a kernel
  // that is still running count for whoever launched it.
  template <class Work>
  void timed(Clock clock, Work&& work) {
    Stopwatch watch;
    work();
    context_.space.fence();
    const double seconds = watch.seconds();
    ledger_.add(clock, seconds);
    booked_ += seconds;
  }

  std::span<const Decision> decisions() const { return decisions_; }
  void on_update(std::function<void(const Update&)> callback) { on_update_ = std::move(callback); }
  Policy& policy() { return policy_; }
  const Policy& policy() const { return policy_; }
  Ledger& ledger() { return ledger_; }
  const Ledger& ledger() const { return ledger_; }
  const Audit& audit() const { return audit_; }
  const Calibration& calibration() const { return calibration_; }
  const Metric& metric() const { return audit_.metric(); }
  const Context& context() const { return context_; }
  Account account() const;  // collective

  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  static constexpr std::size_t correction_window = 100;  // judged samples that the correction looks back on

  void calibrate_from_learner();
  void keep_company();
  bool corrected_away(const Decision& handed_back) const;
  void correct_by(const Decision& judged);
  bool may_learn() const;
  bool is_spared(const Decision& handed_back) const;
  void learn();

  GateConfig config_;
  train::Learner* learner_;
  Context context_;
  Calibration calibration_;
  Policy policy_;
  Audit audit_;
  Ledger ledger_;
  std::function<void(const Update&)> on_update_;

  std::vector<int> samples_, handed_back_, judged_;
  std::vector<double> scores_;
  std::vector<Decision> decisions_;

  Stopwatch call_watch_;
  double booked_ = 0.0;               // s of the present call that are not the gate's
  std::vector<double> audit_ratios_;  // of the latest judged: error over the uncorrected bound
  bool asked_learner_ = false;        // for the first calibration
  std::int64_t fresh_labels_ = 0;
  std::vector<std::int64_t> last_label_;  // call of the last label of each sample; −1: none
};

}  // namespace locum::gate
