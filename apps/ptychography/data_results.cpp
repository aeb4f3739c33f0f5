#include "apps/ptychography/data_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/ptychography/complex_pictures.hpp"
#include "apps/report/text.hpp"
#include "apps/version.hpp"
#include "io/collective.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

std::string stem(const DataSetRecord& record) { return record.file.substr(0, record.file.rfind('.')); }

// Truth, probe and mean frame of one data set. One rank's work.
std::vector<ShownImage> draw(const RunDirectory& directory, const imaging::SimulatedPtychogram& set,
                             const DataSetRecord& record) {
  const Ptychogram& d = set.data;
  const std::string name = stem(record);
  const std::vector<float> weight = imaging::scanned_region(d);
  std::vector<ShownImage> shown = draw_complex(directory, name + "_object", name + ", object",
                                               {d.object_nx, d.object_ny, d.dx, d.dy, set.truth.value},
                                               imaging::box_of(weight, d.object_nx, d.object_ny), weight);
  for (int m = 0; m < std::min(d.modes, 4); ++m)
    shown.push_back(draw_wave(
        directory, fmt::format("{}_probe_{}", name, m), fmt::format("{}, probe mode {}", name, m),
        {d.nx, d.ny, d.dx, d.dy, std::span(d.probe).subspan(static_cast<std::size_t>(m) * d.window(), d.window())}));
  if (!record.mean_frame.empty())
    shown.push_back(draw_frame(directory, name + "_mean_frame", name + ", mean frame", d, record.mean_frame));
  return shown;
}

Json data_set(const DataSetRecord& r) {
  return {{"file", r.file},
          {"number", r.number},
          {"frames", r.frames},
          {"nx", r.nx},
          {"ny", r.ny},
          {"object_nx", r.object_nx},
          {"object_ny", r.object_ny},
          {"pixel_x_A", r.dx},
          {"pixel_y_A", r.dy},
          {"modes", r.modes},
          {"probe_diameter_A", r.diameter},
          {"step_A", r.step},
          {"overlap", r.overlap},
          {"position_error_px", r.position_error},
          {"written_here", r.here},
          {"counts_per_frame", r.here ? Json(r.counts) : Json(nullptr)},
          {"largest_count", r.here ? Json(r.largest) : Json(nullptr)}};
}

std::string summary(const Communicator& comm, const DataResults& r) {
  const DataAccount& a = r.job.account();
  Json json;
  json["title"] = r.config.title;
  json["locum"] = {{"version", version()}, {"git", git_commit()}, {"backend", backend()}, {"ranks", comm.size()}};
  json["source"] = {{"kind", r.config.ptychography.source},
                    {"model", r.config.ptychography.model},
                    {"object", r.source.description()}};
  json["data_sets"] = Json::array();
  for (const auto& record : r.job.records()) json["data_sets"].push_back(data_set(record));
  json["this_session"] = {{"frames", a.frames_here}};
  json["time_s"] = {{"wall", a.wall}, {"simulation", a.make}, {"io", a.write}};
  json["forecast"] = {{"memory_node_bytes", a.forecast.node}, {"disk_bytes", a.forecast.disk}};
  json["energy"] = {{"method", r.energy.method}, {"joules", r.energy.joules}, {"kwh", r.energy.kwh()}};
  return json.dump(2) + "\n";
}

std::string list_of_sets(const DataResults& r) {
  std::string rows =
      "<tr><th>file</th><th class=\"n\">frames</th><th class=\"n\">pixels</th><th class=\"n\">object</th>"
      "<th class=\"n\">overlap</th><th class=\"n\">positions off</th><th class=\"n\">counts a frame</th></tr>\n";
  for (const auto& s : r.job.records())
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{} × {}</td><td class=\"n\">{} × {}</td>"
        "<td class=\"n\">{:.0f} %</td><td class=\"n\">{:.2f} px</td><td class=\"n\">{}</td></tr>\n",
        escape_html(s.file), s.frames, s.nx, s.ny, s.object_nx, s.object_ny, 100.0 * s.overlap, s.position_error,
        s.here ? fmt::format("{:.4g}", s.counts) : "–");
  return table("Data sets", rows);
}

std::string account(const DataResults& r) {
  const DataAccount& a = r.job.account();
  const auto& e = r.config.simulation;
  std::string rows = table_row("object", escape_html(r.source.description()));
  rows += table_row("model", r.config.of_specimen() ? escape_html(r.config.ptychography.model) : "multiplicative");
  rows += table_row(
      "probe", fmt::format("{:g} keV, {:g} mrad, {} mode(s)", e.probe.energy, e.probe.convergence, e.window.modes));
  rows += table_row("noise", e.noise.poisson ? "counted" : "expected counts, no noise");
  rows += table_row("wall time", duration(a.wall) + fmt::format(", {} frames in this session", a.frames_here));
  rows += table_row("making frames, slowest rank", duration(a.make));
  rows += table_row("writing", duration(a.write));
  rows += table_row("on the disk", bytes_text(a.forecast.disk));
  rows += table_row("energy", energy(r.energy.joules) + ", method: " + escape_html(r.energy.method));
  rows += table_row("Locum", escape_html(version_line()));
  return table("The account", rows);
}

}  // namespace

void write_data_results(const Context& context, const RunDirectory& directory, const DataResults& r) {
  std::vector<ShownImage> shown;
  std::int64_t drawn = 0;
  for (const auto& record : r.job.records()) {
    if (!r.config.output.pictures || drawn++ >= r.config.output.drawn) break;
    const imaging::SimulatedPtychogram set = r.source.make(record.number);
    io::on_root(context.comm, [&] {
      const auto images = draw(directory, set, record);
      shown.insert(shown.end(), images.begin(), images.end());
    });
  }
  std::string report;
  io::on_root(context.comm,
              [&] { report = imaging_page(directory, r.config.title, {}, shown, list_of_sets(r) + account(r)); });
  directory.write_text("summary.json", context.comm.is_root() ? summary(context.comm, r) : "");
  directory.write_text("report.html", report);
}

}  // namespace locum::apps
