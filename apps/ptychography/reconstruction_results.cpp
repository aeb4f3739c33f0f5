#include "apps/ptychography/reconstruction_results.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/version.hpp"
#include "io/collective.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json known(double value) { return value < 0.0 ? Json(nullptr) : number(value); }

Json data_of(const ReconstructionResults& r) {
  const Ptychogram& in = r.data.input;
  return {{"file", r.config.data.file},
          {"fingerprint", r.data.fingerprint},
          {"frames", in.size()},
          {"nx", in.nx},
          {"ny", in.ny},
          {"modes", in.modes},
          {"object_nx", in.object_nx},
          {"object_ny", in.object_ny},
          {"pixel_x_A", in.dx},
          {"pixel_y_A", in.dy},
          {"counts_per_frame", r.data.statistics.mean},
          {"empty_frames", r.data.statistics.empty}};
}

Json resolution_of(const imaging::RingCorrelation& rings) {
  if (rings.frequency.empty()) return nullptr;
  return {{"half_bit_A", number(rings.resolution_half_bit)},
          {"half_bit_limited_by_pixel", rings.limited_half_bit},
          {"seventh_A", number(rings.resolution_seventh)},
          {"seventh_limited_by_pixel", rings.limited_seventh}};
}

Json quality(const ReconstructionQuality& q) {
  Json json = {{"r_factor", number(q.r)},
               {"amplitude_error", number(q.amplitude_error)},
               {"amplitude_error_of_noise", number(q.expected_r)},
               {"excess", number(q.excess)}};
  if (q.halves) {
    json["resolution"] = resolution_of(q.halves->rings);
    json["phase_standard_error_rad"] = number(0.5 * q.halves->difference.phase_error);
  }
  if (q.truth)
    json["truth"] = {{"phase_error_rad", number(q.truth->object.phase_error)},
                     {"amplitude_error", number(q.truth->object.amplitude_error)},
                     {"complex_error", number(q.truth->object.complex_error)},
                     {"probe_error", known(q.truth->probe_error)},
                     {"position_error_px", known(q.truth->position_error)},
                     {"position_scatter_px", known(q.truth->position_scatter)},
                     {"position_error_given_px", known(q.truth->positions_before)},
                     {"resolution", resolution_of(q.truth->rings)}};
  return json;
}

Json history(const StageResult& stage) {
  Json r = Json::array(), change = Json::array();
  for (const auto& h : stage.history) {
    r.push_back(known(h.r));
    change.push_back(number(h.change));
  }
  return {{"r_factor", r}, {"object_change", change}};
}

}  // namespace

std::string reconstruction_summary(const Communicator& comm, const ReconstructionResults& r,
                                   const ReconstructionQuality& q) {
  const ReconstructionAccount& a = r.job.account();
  const StageResult& whole = r.job.whole();
  Json json;
  json["title"] = r.config.title;
  json["locum"] = {{"version", version()}, {"git", git_commit()}, {"backend", backend()}, {"ranks", comm.size()}};
  json["data"] = data_of(r);
  json["reconstruction"] = {{"engine", r.config.ptychography.engine},
                            {"likelihood", r.config.ptychography.likelihood},
                            {"sweeps", whole.history.size()},
                            {"converged", whole.converged},
                            {"seconds", whole.seconds}};
  json["quality"] = quality(q);
  json["history"] = history(whole);
  json["this_session"] = {{"sweeps", a.sweeps_here},
                          {"frame_sweeps_per_s", a.sweeps_here > 0 ? number(a.rate()) : Json(nullptr)}};
  json["time_s"] = {{"wall", a.wall}, {"setup", a.setup}, {"sweeps", a.sweeps}, {"io", a.write}};
  json["forecast"] = {{"memory_node_bytes", a.forecast.node},
                      {"memory_rank_bytes", a.forecast.rank()},
                      {"disk_bytes", a.forecast.disk}};
  json["energy"] = {{"method", r.energy.method}, {"joules", number(r.energy.joules)}, {"kwh", number(r.energy.kwh())}};
  return json.dump(2) + "\n";
}

void write_reconstruction_results(const Communicator& comm, const RunDirectory& directory,
                                  const ReconstructionResults& results, const std::string& input) {
  io::Reconstruction file;
  ReconstructionQuality found;
  std::string report, summary;
  io::on_root(comm, [&] {
    found = quality_of(results);
    file = reconstruction_file(results, found, input);
  });
  io::write_reconstruction(comm, directory.file("reconstruction.cxi"), file);
  io::on_root(comm, [&] {
    const auto images = draw_reconstruction(directory, results, found);
    report = reconstruction_report(directory, results, found, images);
    summary = reconstruction_summary(comm, results, found);
  });
  directory.write_text("summary.json", summary);
  directory.write_text("report.html", report);
}

}  // namespace locum::apps
