// The account that every gated run gives: counts, times, the measured error, and what it was worth.
//
// With c_s, c_m, c_g the mean cost of a call of solver, surrogate and gate, N calls, and r the share of calls in which
// the solver played — handed back or audited, for audits are part of the price of knowing the error:
//   step         S_step = c_s / (c_m + c_g + r c_s)                                   never above 1/r
//   application  S_app  = T_solver_only / (T_run + T_training_data + T_training)
//   break-even   N*     = (T_training_data + T_training) / (c_s − c_m − c_g − r c_s)
// T_run holds the training inside the run, so T_training counts there only what came before; N* counts both.
#pragma once

#include <cstdint>
#include <string>

#include "kokkos_kernels/base/communicator.hpp"
#include "surrogates/gate/audit.hpp"
#include "surrogates/gate/ledger.hpp"

namespace locum::gate {

struct Account {
  Calls calls;
  double fallback_fraction = 0.0;  // calls.fallback / calls.total
  double solver_share = 0.0;       // r
  std::int64_t labels = 0, updates = 0;

  // s, each of the slowest rank. training is all of it, before and in the run.
  double wall = 0.0, solver = 0.0, surrogate = 0.0, gate = 0.0, training = 0.0, training_in_run = 0.0,
         training_data = 0.0, io = 0.0;
  double solver_call = 0.0, surrogate_call = 0.0,
         gate_call = 0.0;  // c_s, c_m, c_g; c_s NaN when no solver call is known

  Metric metric;
  double estimate = 0.0;  // NaN without audits
  double upper_95 = 0.0;  // infinite below Audit::minimum_count
  std::int64_t audits = 0, audits_exceeded = 0;
  double largest_error = 0.0;
  double coverage = 0.0;  // promised by the calibration

  double step = 0.0, application = 0.0;  // NaN when no solver call is known
  double break_even_calls = 0.0;         // infinite: never; NaN: not known
  double solver_only_s = 0.0;
  std::string solver_only_is = "extrapolated";                // "measured" | "extrapolated" | "not measured"
  std::string not_measured_why = "no solver call was timed";  // where it is not
  // False: what the training before the run and its data took is not known, and no number here has it in. To be set by
  // whoever brought the surrogate.
  bool training_counted = true;

  // More audits exceed their bound than the coverage allows by chance (binomial, 1 %): the surrogate is wrong where it
  // is sure.
  bool bound_is_broken() const;
};

// Collective over comm, the ranks of this gate.
Account make_account(const Ledger& ledger, const Audit& audit, double coverage, const Communicator& comm);

// Seconds of training and its data over `gain`, s a call: infinite where there is none, NaN where they are not counted.
double break_even(const Account& account, double gain);

// "training and data counted", or that they are not: stands next to every speed-up of the application.
std::string counted_text(const Account& account);

// A few lines for the log. No speed-up stands in it without the error next to it.
std::string to_text(const Account& account);

}  // namespace locum::gate
