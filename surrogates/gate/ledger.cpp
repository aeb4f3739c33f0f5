#include "surrogates/gate/ledger.hpp"

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::gate {

void Ledger::record(const Decision& decision) {
  ++calls_.total;
  ++calls_.by_reason[static_cast<int>(decision.reason)];
  if (decision.player == Player::surrogate) {
    ++calls_.surrogate;
    if (decision.audited) ++calls_.audited;
  } else {
    ++calls_.solver;
    if (is_fallback(decision.reason)) ++calls_.fallback;
  }
}

Ledger Ledger::slowest(const Communicator& comm) const {
  Ledger all = *this;
  for (double& s : all.seconds_) s = comm.max(s);
  all.solver_only_ = comm.max(solver_only_);
  all.solver_reference_ = comm.max(solver_reference_);
  return all;
}

FieldSet Ledger::state() const {
  std::vector<std::int64_t> counts = {calls_.total,    calls_.surrogate, calls_.solver, calls_.audited,
                                      calls_.fallback, updates_,         labels_,       calls_.second_answers};
  counts.insert(counts.end(), calls_.by_reason.begin(), calls_.by_reason.end());
  FieldSet fields;
  const auto n = static_cast<std::int64_t>(counts.size());
  fields.add("ledger_counts", "1", {n}, std::move(counts));
  fields.add("ledger_seconds", "s", {clock_count}, std::vector<double>(seconds_.begin(), seconds_.end()));
  fields.add_scalar("ledger_solver_only", "s", solver_only_);
  fields.add_scalar("ledger_solver_reference", "s", solver_reference_);
  return fields;
}

void Ledger::restore(const FieldSet& state) {
  const auto& counts = state.integer("ledger_counts");
  const auto& seconds = state.real("ledger_seconds");
  if (counts.size() != 8 + reason_count || seconds.size() != clock_count)
    throw IoError("the stored ledger has another layout than this version's", "gate state",
                  "restart with the version of locum that wrote the checkpoint");
  calls_.total = counts[0], calls_.surrogate = counts[1], calls_.solver = counts[2], calls_.audited = counts[3];
  calls_.fallback = counts[4], updates_ = counts[5], labels_ = counts[6], calls_.second_answers = counts[7];
  std::copy_n(counts.begin() + 8, reason_count, calls_.by_reason.begin());
  std::copy_n(seconds.begin(), clock_count, seconds_.begin());
  solver_only_ = state.real_scalar("ledger_solver_only");
  solver_reference_ = state.real_scalar("ledger_solver_reference");
}

}  // namespace locum::gate
