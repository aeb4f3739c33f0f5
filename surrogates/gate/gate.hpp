// The gate: a step made of a surrogate and a solver. It decides, sample by sample, who plays, and keeps the account.
//
// Of each call
//   1. the surrogate answers every sample, with a raw score; calibration turns scores into bounds on the largest error;
//   2. the policy hands back the samples whose bound is above the threshold, and draws audits among the others;
//   3. the solver answers those handed back, for which it may begin from the surrogate's answer, and those judged
//      (audits; drawn samples that only the correction by audits hands back), for which it may not: a judge must not
//      start from what it judges. A caller gets the solver's answer of a sample handed back, and the surrogate's of an
//      audited one: an audit measures production as it is, and leaves no trace;
//   4. where both played, the surrogate's error is known and the solver's answer goes to the learner as a label;
//   5. when enough labels have gathered the learner fits again, and its held-out samples calibrate again.
// Everything is collective over the communicator of the context, which is that of the inputs; decisions are equal on
// all ranks because scores are. Theory: docs/theory/gate.md.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "solvers/api/step.hpp"
#include "surrogates/gate/controller.hpp"

namespace locum::gate {

template <class Domain>
class Gate final : public Step<Domain> {
 public:
  using Input = typename Domain::Input;
  using Output = typename Domain::Output;

  // Solver and surrogate must outlive the gate, as the learner, which may be null: then nothing is learned, and
  // calibrate() must be called. Throws ConfigError for an invalid configuration.
  Gate(Step<Domain>& solver, Surrogate<Domain>& surrogate, train::Learner* learner, const GateConfig& config,
       Metric metric, Context context)
      : solver_(solver), surrogate_(surrogate), controller_(config, std::move(metric), learner, std::move(context)) {}

  std::string name() const override { return surrogate_.name() + " gated by " + solver_.name(); }

  void evaluate(const Input& input, std::span<const int> samples, Output& output) override {
    if (samples.empty()) return;
    const std::span<double> scores = controller_.begin(samples);
    controller_.timed(Clock::surrogate, [&] { surrogate_.evaluate_with_score(input, samples, output, scores); });
    const std::span<Decision> decisions = controller_.decide(solver_.starts_from_answer());
    play_solver(input, decisions, output);
    controller_.finish();
  }

  // Held-out samples of the surrogate in hand: score next to true largest error. Throws as Calibration::fit.
  void calibrate(std::span<const train::CalibrationPair> pairs) { controller_.calibrate(pairs); }
  // The solver plays everything while on.
  void force_solver(bool on) { controller_.policy().force_solver(on); }
  void set_audit_rate(double rate) { controller_.policy().set_audit_rate(rate); }
  // Called on every rank after the learner has fitted again.
  void on_update(std::function<void(const Update&)> callback) { controller_.on_update(std::move(callback)); }

  // One for each sample of the last call, in the order in which they were asked for.
  std::span<const Decision> last_decisions() const { return controller_.decisions(); }
  Ledger& ledger() { return controller_.ledger(); }
  const Ledger& ledger() const { return controller_.ledger(); }
  const Audit& audit() const { return controller_.audit(); }
  const Calibration& calibration() const { return controller_.calibration(); }
  Account account() const { return controller_.account(); }  // collective

  // All that decides about later calls, and the book. The learner and the surrogate keep their own state. Times are
  // this rank's; the rest is equal on all ranks.
  FieldSet state() const { return controller_.state(); }
  void restore(const FieldSet& state) { controller_.restore(state); }

 private:
  void play_solver(const Input& input, std::span<Decision> decisions, Output& output) {
    const std::vector<int>&handed_back = controller_.handed_back(), &from_neutral = controller_.from_neutral();
    if (handed_back.empty() && from_neutral.empty()) return;
    std::optional<Output> answer, neutral;
    controller_.timed(Clock::solver, [&] {
      if (!handed_back.empty())
        solver_.evaluate_from(output, input, handed_back, answer.emplace(Domain::make_output(input)));
      if (!from_neutral.empty()) solver_.evaluate(input, from_neutral, neutral.emplace(Domain::make_output(input)));
    });
    for (Decision& d : decisions) {
      if (!d.both_played()) continue;
      const bool from_answer = d.player == Player::solver && !(d.judged && solver_.starts_from_answer());
      const Output& truth = from_answer ? *answer : *neutral;
      const SampleError error = Domain::error(input, truth, output, d.sample);
      d.error = error.largest;
      d.mean_square = error.mean_square;
      if (controller_.wants_label(d)) controller_.add_label(d, Domain::label(input, truth, d.sample));
      if (d.player == Player::solver) Domain::copy_sample(input, *answer, output, d.sample);
    }
  }

  Step<Domain>& solver_;
  Surrogate<Domain>& surrogate_;
  Controller controller_;
};

}  // namespace locum::gate
