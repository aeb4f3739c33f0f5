// The gate's book: who played how often, and the time each took. `account.hpp` draws the conclusions.
//
// A call here is one sample answered: a step of one sample counts one a call, a batch counts each of its samples.
#pragma once

#include <array>
#include <cstdint>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/gate/decision.hpp"

namespace locum::gate {

// Where seconds go. The gate books solver, surrogate, gate and training_in_run; whoever runs it books the rest.
enum class Clock {
  run = 0,     // wall time of the gated run, everything in it
  solver = 1,  // fallbacks, warm-up and audits
  surrogate = 2,
  gate = 3,             // decisions, bookkeeping, comparing and copying answers, labels
  training_in_run = 4,  // the learner: taking labels, fitting again, calibrating; part of run
  io = 5,               // part of run
  training_before = 6,  // before the run
  training_data = 7,    // before the run: solver calls that made the data
};
inline constexpr int clock_count = 8;

struct Calls {
  std::int64_t total = 0;
  std::int64_t surrogate = 0, solver = 0;  // whose answer was used; they add up to total
  std::int64_t audited = 0;                // of the surrogate's: the solver played beside it
  std::int64_t fallback = 0;               // of the solver's: handed back by the gate's own judgement
  std::array<std::int64_t, reason_count> by_reason = {};
  std::int64_t second_answers = 0;  // of the solver's: answered again, from the neutral start, to judge
  std::int64_t solver_played() const { return solver + audited + second_answers; }
};

class Ledger {
 public:
  void record(const Decision& decision);
  void add(Clock clock, double seconds) { seconds_[static_cast<int>(clock)] += seconds; }
  void count_update() { ++updates_; }
  void count_label() { ++labels_; }
  void count_second_answer() { ++calls_.second_answers; }

  // A run of the solver alone over the same stretch, or over `calls` calls of the same size: makes T_solver_only
  // measured (calls = total) or gives the cost of a solver call where the gated run itself has none.
  void set_solver_only(double seconds) { solver_only_ = seconds; }
  void set_solver_reference(double seconds_per_call) { solver_reference_ = seconds_per_call; }

  const Calls& calls() const { return calls_; }
  double seconds(Clock clock) const { return seconds_[static_cast<int>(clock)]; }
  std::int64_t updates() const { return updates_; }
  std::int64_t labels() const { return labels_; }
  double solver_only() const { return solver_only_; }            // s; 0: not measured
  double solver_reference() const { return solver_reference_; }  // s; 0: not given

  // Times of the slowest rank, clock by clock, on every rank. Counts are every rank's own: the ranks of one gate decide
  // together. Collective.
  Ledger slowest(const Communicator& comm) const;

  FieldSet state() const;
  void restore(const FieldSet& state);

 private:
  Calls calls_;
  std::array<double, clock_count> seconds_ = {};
  std::int64_t updates_ = 0, labels_ = 0;
  double solver_only_ = 0.0, solver_reference_ = 0.0;
};

}  // namespace locum::gate
