// All of a gate that does not know its domain: decides, keeps the book, asks the learner. Gate<Domain> drives it.
//
// The order within a call: begin → (surrogate answers, filling scores) → decide → (solver answers handed_back
// and from_neutral, the gate fills error and mean_square of those decisions) → finish.
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
  // solver_starts: Step::starts_from_answer of the solver. Throws ConfigError without calibration and without a learner
  // that could bring one. Collective.
  std::span<Decision> decide(bool solver_starts);
  // Of the call in hand, in the order in which they were asked for. What needs an answer from the solver's neutral
  // start: audits, and of a solver that starts from answers those judged among the handed back, which are in both.
  const std::vector<int>& handed_back() const { return handed_back_; }
  const std::vector<int>& from_neutral() const { return from_neutral_; }
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
  // Of samples that nothing but the correction hands back, where the solver's answer judges them for nothing: some
  // hundreds of them tell whether the correction is still needed.
  static constexpr double corrected_away_rate = 0.1;

  void calibrate_from_learner();
  void keep_company();
  bool corrected_away(const Decision& handed_back) const;
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

  std::vector<int> samples_, handed_back_, from_neutral_;
  std::vector<double> scores_;
  std::vector<Decision> decisions_;

  Stopwatch call_watch_;
  double booked_ = 0.0;         // s of the present call that are not the gate's
  bool asked_learner_ = false;  // for the first calibration
  std::int64_t fresh_labels_ = 0;
  std::vector<std::int64_t> last_label_;  // call of the last label of each sample; −1: none
};

}  // namespace locum::gate
