#include "apps/series/series_account.hpp"

#include <algorithm>
#include <cmath>

namespace locum::apps {
namespace {

const SetRecord* record_of(const std::vector<SetRecord>& records, std::int64_t number) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const SetRecord& r) { return r.number == number; });
  return found == records.end() ? nullptr : &*found;
}

// The solver's seconds for a compared set, of its best start or by another engine.
double solver_seconds(const SetComparison& c, const std::string& engine) {
  const Baseline* by = engine.empty() ? &c.best() : c.by(engine);
  return by ? by->seconds : 0.0;
}

// Mean over compared sets of one kind, for each frame; of all where none is of that kind.
double seconds_per_frame(const std::vector<SetRecord>& records, const std::vector<SetComparison>& comparisons,
                         bool other, const std::string& engine) {
  double seconds[2] = {0.0, 0.0}, frames[2] = {0.0, 0.0};
  for (const SetComparison& c : comparisons) {
    const SetRecord* record = record_of(records, c.number);
    if (!record) continue;
    seconds[record->other] += solver_seconds(c, engine);
    frames[record->other] += static_cast<double>(record->frames);
  }
  if (frames[other] > 0.0) return seconds[other] / frames[other];
  const double all = frames[0] + frames[1];
  return all > 0.0 ? (seconds[0] + seconds[1]) / all : 0.0;
}

// Of all sets, and how many of them were compared.
std::pair<double, std::size_t> seconds_alone(const std::vector<SetRecord>& records,
                                             const std::vector<SetComparison>& comparisons, const std::string& engine) {
  double alone = 0.0;
  std::size_t measured = 0;
  for (const SetRecord& r : records) {
    const auto compared = std::find_if(comparisons.begin(), comparisons.end(),
                                       [&](const SetComparison& c) { return c.number == r.number; });
    measured += compared != comparisons.end();
    alone += compared != comparisons.end()
                 ? solver_seconds(*compared, engine)
                 : seconds_per_frame(records, comparisons, r.other, engine) * static_cast<double>(r.frames);
  }
  return {alone, measured};
}

// What is not the step; and all that a run took, training and data counted.
double others(const gate::Account& a) { return a.wall - a.solver - a.surrogate - a.gate - a.training_in_run; }
double whole_run(const gate::Account& a) { return a.wall + a.training_data + a.training - a.training_in_run; }

gate::Account without_solver(gate::Account account) {
  account.solver_call = account.step = account.application = account.break_even_calls = account.solver_only_s =
      std::nan("");
  account.solver_only_is = "not measured";
  account.not_measured_why = "no set was solved by the solver alone";
  return account;
}

}  // namespace

gate::Account series_account(gate::Account account, const std::vector<SetRecord>& records,
                             const std::vector<SetComparison>& comparisons) {
  if (comparisons.empty() || account.calls.total == 0) return without_solver(std::move(account));
  const auto [alone, measured] = seconds_alone(records, comparisons, "");
  const auto calls = static_cast<double>(account.calls.total);
  account.solver_call = alone / calls;
  const double gated = account.surrogate_call + account.gate_call + account.solver / calls;
  account.step = account.solver_call / gated;
  account.solver_only_s = alone + others(account);
  account.solver_only_is = measured == records.size() ? "measured" : "extrapolated";
  account.application = account.solver_only_s / whole_run(account);
  account.break_even_calls = gate::break_even(account, account.solver_call - gated);
  return account;
}

std::vector<std::pair<std::string, double>> applications_beside(const gate::Account& account,
                                                                const std::vector<SetRecord>& records,
                                                                const std::vector<SetComparison>& comparisons) {
  std::vector<std::pair<std::string, double>> ratios;
  if (comparisons.empty() || account.calls.total == 0) return ratios;
  for (const Baseline& b : comparisons.front().baselines)
    if (!b.engine.empty())
      ratios.emplace_back(b.engine,
                          (seconds_alone(records, comparisons, b.engine).first + others(account)) / whole_run(account));
  return ratios;
}

}  // namespace locum::apps
