#include "apps/imaging/hrtem_results.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/imaging/report_page.hpp"
#include "apps/imaging/scan_job.hpp"
#include "apps/report/text.hpp"
#include "apps/version.hpp"
#include "io/collective.hpp"
#include "io/picture/picture.hpp"
#include "io/scan/scan_reader.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/optics/coherence.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

std::string stored_name(const io::ScanLayout::Image& image) {
  const std::string group = io::group_of(image);
  return group.substr(group.rfind('/') + 1);
}

std::vector<ShownImage> write_pictures(const RunDirectory& directory, const HrtemResults& r) {
  const io::ScanReader reader(directory.file(ScanJob::file_name));
  const HrtemDatasets& sets = r.job.datasets();
  std::vector<ShownImage> shown;
  for (const auto& plane : sets.planes) {
    const auto& image = sets.layout.images[plane.result];
    const std::string name = sets.planes.size() == 1 ? image.name : stored_name(image);
    const io::Picture picture{sets.layout.nx,
                              sets.layout.ny,
                              sets.layout.step_x,
                              sets.layout.step_y,
                              reader.image(stored_name(image)),
                              image.unit,
                              {}};
    ShownImage one;
    one.title = name;
    one.caption = fmt::format("{:.4g} Å below the entrance", image.depth);
    one.unit = image.unit;
    take_range(one, picture.values);
    if (plane.error != HrtemDatasets::none) {
      const auto errors = reader.image(stored_name(sets.layout.images[plane.error]));
      one.error = std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size()) *
                  (r.run.electrons > 0.0 ? r.run.electrons : 1.0);  // the file has it as a fraction
    }
    if (r.config.output.pictures) {
      io::write_png(directory.file(name + ".png"), picture);
      io::write_tiff(directory.file(name + ".tif"), picture);
      one.file = name + ".png";
    }
    shown.push_back(std::move(one));
  }
  return shown;
}

std::string report(const RunDirectory& directory, const HrtemResults& r, const std::vector<ShownImage>& images) {
  const Specimen& s = r.source.specimen;
  const auto& objective = r.config.hrtem.objective;
  const double energy = r.config.microscope.energy;
  std::string rows =
      table_row("specimen", fmt::format("{}, {} atoms, {:.3f} × {:.3f} × {:.3f} Å", escape_html(r.source.formula),
                                        s.position.size(), s.lx, s.ly, s.lz));
  rows += table_row("frozen phonons", escape_html(r.source.thermal));
  rows += table_row("grid", fmt::format("{} × {} points of {:.4f} × {:.4f} Å", r.solver.grid.nx, r.solver.grid.ny,
                                        r.solver.grid.dx(), r.solver.grid.dy()));
  rows += table_row("lens",
                    fmt::format("{:g} keV, defocus {:.4g} Å, Cs {:g} mm, aperture {}", energy,
                                imaging::Aberrations(objective.aberrations, energy).defocus(), objective.aberrations.Cs,
                                objective.aperture > 0.0 ? fmt::format("{:g} mrad", objective.aperture) : "none"));
  rows += table_row("coherence",
                    fmt::format("focal spread {:.3g} Å, illumination {:g} mrad",
                                imaging::focal_spread(r.config.coherence, energy), r.config.coherence.illumination));
  rows += table_row("dose", r.run.electrons > 0.0 ? fmt::format("{:.4g} electrons a pixel, counted", r.run.electrons)
                                                  : std::string("infinite: 1 is the incident beam"));
  rows += table_row("wall time", duration(r.job.account().wall));
  rows += table_row("memory, forecast", bytes_text(r.job.account().forecast.node) + " on a node");
  rows += table_row("Locum", escape_html(version_line()));
  return imaging_page(directory, r.config.title, {}, images, table("What was computed", rows));
}

std::string summary(const Communicator& comm, const HrtemResults& r, const std::vector<ShownImage>& images) {
  const HrtemAccount& a = r.job.account();
  const Specimen& s = r.source.specimen;
  Json json;
  json["title"] = r.config.title;
  json["locum"] = {{"version", version()}, {"git", git_commit()}, {"backend", backend()}, {"ranks", comm.size()}};
  json["method"] = {
      {"name", "hrtem"}, {"precision", r.config.imaging.precision}, {"nx", r.solver.grid.nx}, {"ny", r.solver.grid.ny}};
  json["specimen"] = {{"formula", r.source.formula},
                      {"atoms", s.position.size()},
                      {"lx_A", s.lx},
                      {"ly_A", s.ly},
                      {"lz_A", s.lz},
                      {"configurations", r.run.configurations},
                      {"thermal", r.source.thermal}};
  json["depths_A"] = r.solver.depths;
  json["electrons_per_pixel"] = r.run.electrons;
  json["images"] = Json::array();
  for (const auto& i : images)
    json["images"].push_back({{"name", i.title},
                              {"unit", i.unit},
                              {"low", i.low},
                              {"mean", i.mean},
                              {"high", i.high},
                              {"standard_error", i.error < 0.0 ? Json(nullptr) : Json(i.error)},
                              {"picture", i.file}});
  json["this_session"] = {{"configurations", a.configurations_here}};
  json["time_s"] = {{"wall", a.wall}, {"prepare", a.prepare}};
  json["forecast"] = {{"memory_node_bytes", a.forecast.node}, {"disk_bytes", a.forecast.disk}};
  return json.dump(2) + "\n";
}

}  // namespace

void write_hrtem_results(const Communicator& comm, const RunDirectory& directory, const HrtemResults& results) {
  std::string page, json;
  io::on_root(comm, [&] {
    const std::vector<ShownImage> images = write_pictures(directory, results);
    page = report(directory, results, images);
    json = summary(comm, results, images);
  });
  directory.write_text("summary.json", json);
  directory.write_text("report.html", page);
}

}  // namespace locum::apps
