// summary.json of a series: DESIGN's account, and what is known of each set.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/series/series_results.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json quality(const ObjectQuality& q) {
  return {{"r_factor", number(q.r)},
          {"phase_error_rad", number(q.phase_error)},
          {"amplitude_error", number(q.amplitude_error)}};
}

Json regions(const SolvedRegions& r) { return {{"solved", r.count}, {"not_converged", r.open}}; }

Json set_of(const SetRecord& r) {
  return {{"number", r.number},
          {"other_kind", r.other},
          {"frames", r.frames},
          {"tiles", r.tiles},
          {"handed_back", r.handed_back},
          {"audited", r.audited},
          {"first_image_s", r.first_image},
          {"final_image_s", r.final_image},
          {"regions", regions(r.regions)},
          {"audited_regions", regions(r.audits)},
          {"solver_s", r.solver},
          {"learning_s", r.learning},
          {"network", quality(r.network)},
          {"gated", quality(r.gated)}};
}

Json baseline(const Baseline& b) {
  Json json = {{"engine", b.engine},
               {"start", b.start},
               {"seconds", b.seconds},
               {"sweeps", b.sweeps},
               {"converged", b.converged}};
  json.update(quality(b.quality));
  json["stopped_early"] = quality(b.early);
  json["stopped_early"]["seconds"] = b.early_seconds;
  return json;
}

Json comparison(const SetComparison& c, const SetRecord& record) {
  const Baseline& best = c.best();
  Json json = {{"number", c.number}, {"other_kind", record.other}, {"best_start", best.start}};
  json["solver"] = Json::array();
  for (const Baseline& b : c.baselines) json["solver"].push_back(baseline(b));
  json["gated"] = quality(record.gated);
  json["gated"]["seconds"] = record.final_image;
  json["gated_over_solver"] = {{"seconds", number(record.final_image / best.seconds)},
                               {"r_factor", number(record.gated.r / best.quality.r)},
                               {"phase_error", number(record.gated.phase_error / best.quality.phase_error)}};
  json["spread_of_starts"] = {{"r_factor", number(c.spread_r())}, {"phase_error_rad", number(c.spread_phase())}};
  return json;
}

Json frames_of(const SeriesResults& results) {
  const FrameGate gate = frame_gate(results.records, results.in_domain);
  return {{"in_domain_error", number(gate.in_domain)},
          {"frames", gate.frames},
          {"handed_back", gate.handed_back},
          {"wrong", gate.wrong},
          {"wrong_handed_back", gate.wrong_handed_back},
          {"share_of_wrong_handed_back", number(gate.recall())}};
}

}  // namespace

std::vector<std::string> open_regions(const SeriesResults& results) {
  SolvedRegions handed_back, audits;
  for (const SetRecord& r : results.records) {
    handed_back = {handed_back.count + r.regions.count, handed_back.open + r.regions.open};
    audits = {audits.count + r.audits.count, audits.open + r.audits.open};
  }
  const int sweeps = results.config.ptychography.sweeps;
  std::vector<std::string> notes;
  if (handed_back.open > 0)
    notes.push_back(fmt::format("{} of {} regions that were handed back had not converged after {} sweeps.",
                                handed_back.open, handed_back.count, sweeps));
  if (audits.open > 0)
    notes.push_back(
        fmt::format("{} of {} audited regions had not converged after {} sweeps: the error of production is against "
                    "objects that are not at their end.",
                    audits.open, audits.count, sweeps));
  if (results.open_labels > 0)
    notes.push_back(fmt::format("{} of the solver's labels to learn from had not converged after {} sweeps.",
                                results.open_labels, sweeps));
  return notes;
}

std::string series_summary(const SeriesResults& results) {
  Summary base;
  base.title = results.config.title;
  base.ranks = results.ranks;
  base.account = results.account;
  base.energy = results.energy;
  base.training = results.training;
  Json json = Json::parse(to_json(base));
  json["series"] = Json::array();
  for (const SetRecord& r : results.records) json["series"].push_back(set_of(r));
  json["frame_gate"] = frames_of(results);
  json["training"]["labels_not_converged"] = results.open_labels;
  json["gate"] = {{"bound_over_score", number(results.scale)}, {"threshold", number(results.threshold)}};
  json["application_beside"] = Json::object();
  for (const auto& [engine, ratio] : applications_beside(results.account, results.records, results.comparisons))
    json["application_beside"][engine] = number(ratio);
  json["comparison"] = Json::array();
  for (const SetComparison& c : results.comparisons)
    json["comparison"].push_back(comparison(c, results.records[static_cast<std::size_t>(c.number)]));
  return json.dump(2) + "\n";
}

}  // namespace locum::apps
