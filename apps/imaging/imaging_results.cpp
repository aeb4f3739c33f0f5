#include "apps/imaging/imaging_results.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/version.hpp"
#include "io/collective.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json images_of(const std::vector<ShownImage>& images) {
  Json list = Json::array();
  for (const auto& image : images)
    list.push_back({{"name", image.title},
                    {"unit", image.unit},
                    {"low", number(image.low)},
                    {"mean", number(image.mean)},
                    {"high", number(image.high)},
                    {"standard_error", image.error < 0.0 ? Json(nullptr) : number(image.error)},
                    {"picture", image.file}});
  return list;
}

Json errors_of(const ImagingResults& r) {
  Json list = Json::array();
  for (const auto& e : r.errors)
    list.push_back({{"detector", e.detector},
                    {"relative", number(e.relative)},
                    {"bound", number(e.bound)},
                    {"confidence", number(e.confidence)}});
  return list;
}

Json specimen_of(const ImagingResults& r) {
  const Specimen& s = r.source.specimen;
  return {{"formula", r.source.formula},
          {"atoms", s.position.size()},
          {"lx_A", s.lx},
          {"ly_A", s.ly},
          {"lz_A", s.lz},
          {"configurations", r.run.configurations},
          {"thermal", r.source.thermal}};
}

Json scan_of(const ImagingResults& r) {
  const ScanAccount& a = r.job.account();
  const auto& shape = r.run.scan.shape;
  return {{"kind", r.run.scan.kind},  {"probes", a.probes},
          {"nx", shape.nx},           {"ny", shape.ny},
          {"step_x_A", shape.step_x}, {"step_y_A", shape.step_y},
          {"tiles", a.tiles},         {"electrons_per_probe", r.run.electrons}};
}

}  // namespace

std::string imaging_summary(const Communicator& comm, const ImagingResults& r, const std::vector<ShownImage>& images) {
  const ScanAccount& a = r.job.account();
  const Forecast& f = a.forecast;
  Json json;
  json["title"] = r.config.title;
  json["locum"] = {{"version", version()}, {"git", git_commit()}, {"backend", backend()}, {"ranks", comm.size()}};
  json["method"] = {{"name", r.engine},
                    {"precision", r.config.imaging.precision},
                    {"nx", r.setup.grid.nx},
                    {"ny", r.setup.grid.ny},
                    {"slices", r.run.slices}};
  json["specimen"] = specimen_of(r);
  json["scan"] = scan_of(r);
  if (!r.errors.empty()) json["error_of_method"] = errors_of(r);
  json["images"] = images_of(images);
  json["this_session"] = {{"probes", a.probes_here},
                          {"tiles", a.tiles_here},
                          {"probe_slices_per_s", a.probes_here > 0 ? number(a.rate) : Json(nullptr)}};
  json["time_s"] = {
      {"wall", a.wall}, {"prepare", a.prepare}, {"scan", a.scan}, {"source_size", a.fold}, {"io", a.write}};
  json["forecast"] = {{"memory_node_bytes", f.node},
                      {"memory_rank_bytes", f.rank()},
                      {"disk_bytes", f.disk},
                      {"seconds", f.seconds < 0.0 ? Json(nullptr) : number(f.seconds)}};
  json["energy"] = {{"method", r.energy.method}, {"joules", number(r.energy.joules)}, {"kwh", number(r.energy.kwh())}};
  return json.dump(2) + "\n";
}

void write_results(const Communicator& comm, const RunDirectory& directory, const ImagingResults& results) {
  std::vector<ShownImage> images;
  std::string report;
  io::on_root(comm, [&] {
    images = write_pictures(directory, results);
    report = imaging_report(directory, results, images);
  });
  directory.write_text("summary.json", comm.is_root() ? imaging_summary(comm, results, images) : "");
  directory.write_text("report.html", report);
}

}  // namespace locum::apps
