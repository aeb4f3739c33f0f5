#include "apps/series/series_account.hpp"

#include <algorithm>
#include <limits>

namespace locum::apps {
namespace {

const SetRecord* record_of(const std::vector<SetRecord>& records, std::int64_t number) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const SetRecord& r) { return r.number == number; });
  return found == records.end() ? nullptr : &*found;
}

// Mean of the best starts of compared sets of one kind, for each frame; of all where none is of that kind.
double seconds_per_frame(const std::vector<SetRecord>& records, const std::vector<SetComparison>& comparisons,
                         bool other) {
  double seconds[2] = {0.0, 0.0}, frames[2] = {0.0, 0.0};
  for (const SetComparison& c : comparisons) {
    const SetRecord* record = record_of(records, c.number);
    if (!record) continue;
    seconds[record->other] += c.best().seconds;
    frames[record->other] += static_cast<double>(record->frames);
  }
  if (frames[other] > 0.0) return seconds[other] / frames[other];
  const double all = frames[0] + frames[1];
  return all > 0.0 ? (seconds[0] + seconds[1]) / all : 0.0;
}

}  // namespace

gate::Account series_account(gate::Account account, const std::vector<SetRecord>& records,
                             const std::vector<SetComparison>& comparisons) {
  if (comparisons.empty() || account.calls.total == 0) return account;
  const double others = account.wall - account.solver - account.surrogate - account.gate - account.training_in_run;
  double alone = 0.0;
  std::size_t measured = 0;
  for (const SetRecord& r : records) {
    const auto compared = std::find_if(comparisons.begin(), comparisons.end(),
                                       [&](const SetComparison& c) { return c.number == r.number; });
    if (compared != comparisons.end()) {
      alone += compared->best().seconds;
      ++measured;
    } else {
      alone += seconds_per_frame(records, comparisons, r.other) * static_cast<double>(r.frames);
    }
  }
  const auto calls = static_cast<double>(account.calls.total);
  account.solver_call = alone / calls;
  const double gated = account.surrogate_call + account.gate_call + account.solver / calls;
  account.step = account.solver_call / gated;
  account.solver_only_s = alone + others;
  account.solver_only_is = measured == records.size() ? "measured" : "extrapolated";
  const double before = account.training - account.training_in_run;
  account.application = account.solver_only_s / (account.wall + account.training_data + before);
  const double gain = account.solver_call - gated;
  account.break_even_calls =
      gain > 0.0 ? (account.training_data + account.training) / gain : std::numeric_limits<double>::infinity();
  return account;
}

}  // namespace locum::apps
