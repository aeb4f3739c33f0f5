// A finished stage: what is taken from the solver, as a field set and back.
#include <algorithm>
#include <numeric>

#include "apps/ptychography/reconstruction_job.hpp"

namespace locum::apps {
namespace {

using Value = Ptychogram::Value;

std::vector<double> flat(const std::vector<Value>& values) {
  std::vector<double> list;
  list.reserve(2 * values.size());
  for (const Value& v : values) list.insert(list.end(), {v.real(), v.imag()});
  return list;
}

std::vector<Value> complex_values(const std::vector<double>& list) {
  std::vector<Value> values;
  values.reserve(list.size() / 2);
  for (std::size_t k = 0; k + 1 < list.size(); k += 2)
    values.emplace_back(static_cast<float>(list[k]), static_cast<float>(list[k + 1]));
  return values;
}

// Columns of FourierError, in the order in which they are written.
constexpr double FourierError::*columns[] = {
    &FourierError::off,        &FourierError::noise,   &FourierError::counts, &FourierError::amplitude,
    &FourierError::amplitudes, &FourierError::shift_x, &FourierError::shift_y};
constexpr std::size_t width = std::size(columns);

std::int64_t rows(std::size_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

void StageResult::take_frames(const std::vector<int>& which, const std::vector<FourierError>& error) {
  std::vector<std::size_t> order(which.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return which[a] < which[b]; });
  frames.clear();
  errors.clear();
  for (const std::size_t k : order) {
    frames.push_back(which[k]);
    errors.push_back(error.at(k));
  }
}

FieldSet StageResult::state() const {
  FieldSet fields;
  fields.add("object", "1", {rows(object.value.size()), 2}, flat(object.value));
  fields.add("probe", "sqrt(counts)", {rows(probe.size()), 2}, flat(probe));
  std::vector<double> place, error, record;
  for (const auto& r : position) place.insert(place.end(), r.begin(), r.end());
  for (const auto& e : errors)
    for (const auto column : columns) error.push_back(e.*column);
  for (const auto& h : history) record.insert(record.end(), {static_cast<double>(h.sweep), h.r, h.change});
  fields.add("position", "pixel", {rows(position.size()), 2}, place);
  fields.add("error", "1", {rows(errors.size()), rows(width)}, error);
  fields.add("history", "1", {rows(history.size()), 3}, record);
  fields.add("frames", "1", {rows(frames.size())}, std::vector<std::int64_t>(frames.begin(), frames.end()));
  fields.add_scalar("converged", "1", std::int64_t{converged});
  fields.add_scalar("seconds", "s", seconds);
  return fields;
}

StageResult StageResult::from_state(const FieldSet& fields) {
  StageResult result;
  result.object.value = complex_values(fields.real("object"));
  result.probe = complex_values(fields.real("probe"));
  const auto &place = fields.real("position"), &error = fields.real("error"), &record = fields.real("history");
  for (std::size_t k = 0; k + 1 < place.size(); k += 2) result.position.push_back({place[k], place[k + 1]});
  for (std::size_t k = 0; k + width <= error.size(); k += width) {
    FourierError e;
    for (std::size_t c = 0; c < width; ++c) e.*columns[c] = error[k + c];
    result.errors.push_back(e);
  }
  for (std::size_t k = 0; k + 2 < record.size(); k += 3)
    result.history.push_back({static_cast<int>(record[k]), record[k + 1], record[k + 2]});
  const auto& which = fields.integer("frames");
  result.frames.assign(which.begin(), which.end());
  result.converged = fields.integer_scalar("converged") != 0;
  result.seconds = fields.real_scalar("seconds");
  return result;
}

}  // namespace locum::apps
