#include "apps/summary.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/version.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json errors(const std::map<std::string, double>& metrics, const std::string& set) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics)
    if (name.rfind(set + "/", 0) == 0) json[name.substr(set.size() + 1)] = number(value);
  return json;
}

Json observables(const Observables& o) {
  return {{"energy_drift_eV_per_atom_per_ps", number(o.drift)},
          {"mean_temperature_K", number(o.temperature)},
          {"seconds", o.seconds}};
}

}  // namespace

std::string to_json(const Summary& s) {
  const gate::Account& a = s.account;
  const auto counted = [&](double seconds) { return a.training_counted ? Json(seconds) : Json(nullptr); };
  Json json;
  json["title"] = s.title;
  json["locum"] = {{"version", version()}, {"git", git_commit()}, {"backend", backend()}, {"ranks", s.ranks}};
  json["calls"] = {{"total", a.calls.total},        {"surrogate", a.calls.surrogate},
                   {"solver", a.calls.solver},      {"audited", a.calls.audited},
                   {"fallback", a.calls.fallback},  {"fallback_fraction", a.fallback_fraction},
                   {"solver_share", a.solver_share}};
  json["time_s"] = {{"wall", a.wall},
                    {"solver", a.solver},
                    {"surrogate", a.surrogate},
                    {"gate", a.gate},
                    {"training", counted(a.training)},
                    {"training_in_run", a.training_in_run},
                    {"training_data", counted(a.training_data)},
                    {"io", a.io}};
  json["per_call_s"] = {
      {"solver", number(a.solver_call)}, {"surrogate", number(a.surrogate_call)}, {"gate", number(a.gate_call)}};
  json["audit"] = {
      {"metric", a.metric.name},     {"estimate", number(a.estimate)},           {"upper_95", number(a.upper_95)},
      {"count", a.audits},           {"largest_error", number(a.largest_error)}, {"bound_exceeded", a.audits_exceeded},
      {"bound_coverage", a.coverage}};
  json["speedup"] = {{"step", number(a.step)},
                     {"application", number(a.application)},
                     {"break_even_calls", number(a.break_even_calls)},
                     {"solver_only_s", number(a.solver_only_s)},
                     {"solver_only_is", a.solver_only_is},
                     {"training_counted", a.training_counted}};
  json["energy"] = {{"method", s.energy.method}, {"joules", number(s.energy.joules)}, {"kwh", number(s.energy.kwh())}};
  json["training"] = {{"samples", s.training.samples},
                      {"seconds", counted(s.training.seconds)},
                      {"device", s.training.device},
                      {"precision", s.training.precision},
                      {"updates_in_run", a.updates},
                      {"labels_in_run", a.labels},
                      {"validation", errors(s.training.metrics, "validation")},
                      {"test", errors(s.training.metrics, "test")}};
  if (s.compared) {
    const ComparisonResult& c = s.comparison;
    json["comparison"] = {{"solver", observables(c.solver)},
                          {"surrogate", observables(c.surrogate)},
                          {"rdf_largest_difference_over_peak", number(c.rdf_difference)},
                          {"msd_solver_A2", number(c.msd_solver)},
                          {"msd_surrogate_A2", number(c.msd_surrogate)}};
  }
  return json.dump(2) + "\n";
}

}  // namespace locum::apps
