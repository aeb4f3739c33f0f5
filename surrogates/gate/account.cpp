#include "surrogates/gate/account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace locum::gate {
namespace {

double per_call(double seconds, std::int64_t calls) { return calls > 0 ? seconds / static_cast<double>(calls) : 0.0; }

// P(at least k of n) for independent chances p.
double binomial_tail(std::int64_t n, std::int64_t k, double p) {
  double tail = 0.0;
  for (std::int64_t i = k; i <= n; ++i)
    tail += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) + i * std::log(p) +
                     (n - i) * std::log1p(-p));
  return tail;
}

void take_times(const Ledger& ledger, Account& a) {
  a.solver = ledger.seconds(Clock::solver);
  a.surrogate = ledger.seconds(Clock::surrogate);
  a.gate = ledger.seconds(Clock::gate);
  a.training_in_run = ledger.seconds(Clock::training_in_run);
  a.training = a.training_in_run + ledger.seconds(Clock::training_before);
  a.training_data = ledger.seconds(Clock::training_data);
  a.io = ledger.seconds(Clock::io);
  // A run cannot have been shorter than its parts: the price is never counted too low when nobody booked the run.
  a.wall = std::max(ledger.seconds(Clock::run), a.solver + a.surrogate + a.gate + a.training_in_run + a.io);
}

void compare(const Ledger& ledger, Account& a) {
  const auto n = static_cast<double>(a.calls.total);
  a.surrogate_call = per_call(a.surrogate, a.calls.total);
  a.gate_call = per_call(a.gate, a.calls.total);
  if (a.calls.solver_played() > 0)
    a.solver_call = per_call(a.solver, a.calls.solver_played());
  else
    a.solver_call = ledger.solver_reference() > 0.0 ? ledger.solver_reference() : std::nan("");
  const double gated = a.surrogate_call + a.gate_call + a.solver_share * a.solver_call;
  a.step = a.solver_call / gated;
  // What is not the step takes the same time whoever plays it.
  const double others = a.wall - a.solver - a.surrogate - a.gate - a.training_in_run;
  const bool measured = ledger.solver_only() > 0.0;
  a.solver_only_s = measured ? ledger.solver_only() : a.solver_call * n + others;
  a.solver_only_is = measured ? "measured" : std::isfinite(a.solver_only_s) ? "extrapolated" : "not measured";
  const double before = a.training - a.training_in_run;
  a.application = a.solver_only_s / (a.wall + a.training_data + before);
  a.break_even_calls = break_even(a, a.solver_call - gated);
}

std::string error_text(const Account& a) {
  if (a.audits == 0) return fmt::format("{} not known: no audits", a.metric.name);
  const std::string known = fmt::format("{} {:.4g} {}", a.metric.name, a.estimate, a.metric.unit);
  if (!std::isfinite(a.upper_95))
    return known + fmt::format(", no bound: {} audits, {} are needed", a.audits, Audit::minimum_count);
  return known + fmt::format(", below {:.4g} with 95 % confidence ({} audits)", a.upper_95, a.audits);
}

std::string worth_text(const Account& a) {
  if (a.audits == 0) return "speed-up: not given, because no audit measured the error";
  if (!std::isfinite(a.step)) return fmt::format("speed-up: not measured: {}; {}", a.not_measured_why, error_text(a));
  const std::string pays = std::isfinite(a.break_even_calls)
                               ? fmt::format("pays off after {:.0f} calls", a.break_even_calls)
                           : std::isinf(a.break_even_calls) ? "never pays off"
                                                            : "when it pays off is not known";
  return fmt::format(
      "speed-up: step {:.2f} times, application {:.2f} times, {}; {}\n"
      "          solver only {:.4g} s ({}); {}",
      a.step, a.application, counted_text(a), error_text(a), a.solver_only_s, a.solver_only_is, pays);
}

}  // namespace

bool Account::bound_is_broken() const {
  return audits_exceeded > 0 && coverage > 0.0 && binomial_tail(audits, audits_exceeded, 1.0 - coverage) < 0.01;
}

double break_even(const Account& a, double gain) {
  if (!a.training_counted || std::isnan(gain)) return std::nan("");
  return gain > 0.0 ? (a.training_data + a.training) / gain : std::numeric_limits<double>::infinity();
}

std::string counted_text(const Account& a) {
  return a.training_counted ? "training and data counted"
                            : "training and data NOT counted: what they took is not known";
}

Account make_account(const Ledger& mine, const Audit& audit, double coverage, const Communicator& comm) {
  const Ledger ledger = mine.slowest(comm);
  Account a;
  a.calls = ledger.calls();
  a.labels = ledger.labels();
  a.updates = ledger.updates();
  if (a.calls.total > 0) {
    a.fallback_fraction = static_cast<double>(a.calls.fallback) / static_cast<double>(a.calls.total);
    a.solver_share = static_cast<double>(a.calls.solver_played()) / static_cast<double>(a.calls.total);
  }
  a.fallback_fraction = comm.max(a.fallback_fraction);
  a.solver_share = comm.max(a.solver_share);
  a.metric = audit.metric();
  a.coverage = coverage;
  a.estimate = audit.estimate();
  a.upper_95 = audit.upper_95();
  a.audits = audit.count();
  a.audits_exceeded = audit.exceeded();
  a.largest_error = audit.largest();
  take_times(ledger, a);
  compare(ledger, a);
  return a;
}

std::string to_text(const Account& a) {
  const auto reason = [&](Reason r) { return a.calls.by_reason[static_cast<int>(r)]; };
  std::string text = fmt::format(
      "calls:    {} in all: surrogate {} ({} audited), solver {} (handed back {:.2f} %: {} uncertain, {} held, {} "
      "in their company, {} uncalibrated; {} warm-up, {} forced)\n",
      a.calls.total, a.calls.surrogate, a.calls.audited, a.calls.solver, 100.0 * a.fallback_fraction,
      reason(Reason::uncertain), reason(Reason::hold), reason(Reason::company), reason(Reason::uncalibrated),
      reason(Reason::warm_up), reason(Reason::forced));
  const std::string solver_call =
      std::isfinite(a.solver_call) ? fmt::format("{:.4g} ms", 1e3 * a.solver_call) : "not measured";
  text += fmt::format("a call:   solver {}, surrogate {:.4g} ms, gate {:.4g} ms; solver played in {:.2f} %\n",
                      solver_call, 1e3 * a.surrogate_call, 1e3 * a.gate_call, 100.0 * a.solver_share);
  text += fmt::format(
      "time:     wall {:.4g} s: solver {:.4g}, surrogate {:.4g}, gate {:.4g}, training in the run {:.4g}, files "
      "{:.4g}; before: {}\n",
      a.wall, a.solver, a.surrogate, a.gate, a.training_in_run, a.io,
      a.training_counted ? fmt::format("data {:.4g}, training {:.4g}", a.training_data, a.training - a.training_in_run)
                         : "not known");
  text += fmt::format("learning: {} labels kept, {} updates\n", a.labels, a.updates);
  text += fmt::format("error:    {}; largest {:.4g}, above its bound in {} of {} (promised: at most {:.0f} %)\n",
                      error_text(a), a.largest_error, a.audits_exceeded, a.audits, 100.0 * (1.0 - a.coverage));
  if (a.bound_is_broken())
    text += "warning:  audits exceed their bounds more often than promised: the surrogate is wrong where it is sure\n";
  return text + worth_text(a) + "\n";
}

}  // namespace locum::gate
