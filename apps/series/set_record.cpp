#include "apps/series/set_record.hpp"

#include <cmath>

namespace locum::apps {
namespace {

constexpr double tolerated_factor = 3.0;  // of the in-domain error

std::int64_t rows(std::size_t count) { return static_cast<std::int64_t>(count); }

void add_list(FieldSet& fields, const std::string& name, const std::vector<double>& values) {
  fields.add(name, "1", {rows(values.size())}, values);
}

}  // namespace

ObjectQuality quality_of(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& object, double r) {
  ObjectQuality quality;
  quality.r = r;
  if (truth.value.empty()) return quality;
  double found[2] = {0.0, 0.0};
  if (input.comm.is_root()) {
    const imaging::ImageComparison compared = imaging::compare_objects(input, truth, object);
    found[0] = compared.phase_error;
    found[1] = compared.amplitude_error;
  }
  input.comm.broadcast(std::span<double>(found));
  quality.phase_error = found[0];
  quality.amplitude_error = found[1];
  return quality;
}

FieldSet SetRecord::state() const {
  FieldSet fields;
  fields.add("counts", "1", {11},
             std::vector<std::int64_t>{number, other, truth_known, frames, tiles, handed_back, audited, regions.count,
                                       regions.open, audits.count, audits.open});
  add_list(fields, "numbers",
           {first_image, final_image, solver, learning, network.r, network.phase_error, network.amplitude_error,
            gated.r, gated.phase_error, gated.amplitude_error});
  add_list(fields, "uncertainty", uncertainty);
  add_list(fields, "error", error);
  add_list(fields, "handed", handed);
  return fields;
}

SetRecord SetRecord::from_state(const FieldSet& fields) {
  const auto& c = fields.integer("counts");
  const auto& n = fields.real("numbers");
  SetRecord r;
  r.number = c.at(0);
  r.other = c.at(1) != 0;
  r.truth_known = c.at(2) != 0;
  r.frames = c.at(3);
  r.tiles = c.at(4);
  r.handed_back = c.at(5);
  r.audited = c.at(6);
  r.regions = {c.at(7), c.at(8)};
  r.audits = {c.at(9), c.at(10)};
  r.first_image = n.at(0);
  r.final_image = n.at(1);
  r.solver = n.at(2);
  r.learning = n.at(3);
  r.network = {n.at(4), n.at(5), n.at(6)};
  r.gated = {n.at(7), n.at(8), n.at(9)};
  r.uncertainty = fields.real("uncertainty");
  r.error = fields.real("error");
  r.handed = fields.real("handed");
  return r;
}

double FrameGate::recall() const {
  return wrong > 0 ? static_cast<double>(wrong_handed_back) / static_cast<double>(wrong) : std::nan("");
}

FrameGate frame_gate(const std::vector<SetRecord>& records, double in_domain) {
  FrameGate gate;
  gate.in_domain = in_domain;
  for (const SetRecord& r : records) {
    if (!r.truth_known) continue;
    for (std::size_t j = 0; j < r.error.size(); ++j) {
      const bool wrong = !(r.error[j] <= tolerated_factor * gate.in_domain),
                 handed = r.handed[j] > 0.0;  // NaN is wrong
      ++gate.frames;
      gate.wrong += wrong;
      gate.wrong_handed_back += wrong && handed;
      gate.handed_back += handed;
    }
  }
  return gate;
}

void add_complex(FieldSet& fields, const std::string& name, const std::vector<Ptychogram::Value>& values) {
  std::vector<double> list;
  list.reserve(2 * values.size());
  for (const auto& v : values) list.insert(list.end(), {v.real(), v.imag()});
  fields.add(name, "1", {rows(values.size()), 2}, std::move(list));
}

std::vector<Ptychogram::Value> complex_field(const FieldSet& fields, const std::string& name) {
  const auto& list = fields.real(name);
  std::vector<Ptychogram::Value> values;
  values.reserve(list.size() / 2);
  for (std::size_t k = 0; k + 1 < list.size(); k += 2)
    values.emplace_back(static_cast<float>(list[k]), static_cast<float>(list[k + 1]));
  return values;
}

}  // namespace locum::apps
