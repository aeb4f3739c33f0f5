#include "apps/series/held_out.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace locum::apps {

double HeldOutErrors::worst_frame_rmse() const {
  double sum = 0.0;
  for (const auto& p : pairs) sum += p.error * p.error;
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, pairs.size())));
}

FieldSet HeldOutErrors::state() const {
  std::vector<double> rows;
  for (const auto& p : pairs) rows.insert(rows.end(), {p.score, p.error});
  FieldSet fields;
  fields.add("pairs", "1", {static_cast<std::int64_t>(pairs.size()), 2}, std::move(rows));
  fields.add_scalar("frame_error", "1", frame_error);
  return fields;
}

HeldOutErrors HeldOutErrors::from_state(const FieldSet& state) {
  const auto& rows = state.real("pairs");
  HeldOutErrors errors;
  for (std::size_t k = 0; k + 1 < rows.size(); k += 2) errors.pairs.push_back({rows[k], rows[k + 1]});
  errors.frame_error = state.real_scalar("frame_error");
  return errors;
}

}  // namespace locum::apps
