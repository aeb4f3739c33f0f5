// report.html of a scan: its pictures, what they were made from, what it took. Self-contained, as report/report.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>

#include "apps/imaging/imaging_results.hpp"
#include "apps/report/style.hpp"
#include "apps/report/text.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

constexpr const char* picture_style = R"css(
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.4rem; margin: 1.4rem 0; }
.images img { width: 100%; height: auto; display: block; image-rendering: auto; background: #000; }
)css";

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j)
      word = word << 8 | (k + j < bytes.size() ? static_cast<unsigned char>(bytes[k + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += k + j <= bytes.size() ? digits[word >> (18 - 6 * j) & 63u] : '=';
  }
  return text;
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) throw IoError("the picture cannot be read back", path);
  return content.str();
}

std::string figures(const RunDirectory& directory, const std::vector<ShownImage>& images) {
  std::string text;
  for (const auto& image : images) {
    if (image.file.empty()) continue;
    text +=
        "<figure><img alt=\"" + escape_html(image.title) + "\" src=\"data:image/png;base64," +
        base64(file_bytes(directory.file(image.file))) + "\"><figcaption><b>" + escape_html(image.title) + "</b>, " +
        escape_html(image.caption) +
        fmt::format(". {:.4g} … {:.4g} {}", image.low, image.high, escape_html(image.unit)) +
        (image.error > 0.0 ? fmt::format(", ±{:.2g} (standard error over the configurations, in the mean)", image.error)
                           : "") +
        "</figcaption></figure>\n";
  }
  return text.empty() ? "" : "<div class=\"images\">\n" + text + "</div>\n";
}

std::string row(const std::string& name, const std::string& value) {
  return "<tr><td>" + name + "</td><td>" + value + "</td></tr>\n";
}

std::string table(const std::string& title, const std::string& rows) {
  return "<h2>" + title + "</h2>\n<div class=\"wide\"><table>\n" + rows + "</table></div>\n";
}

std::string numbers_table(const std::vector<ShownImage>& images) {
  std::string rows =
      "<tr><th>image</th><th class=\"n\">least</th><th class=\"n\">mean</th><th class=\"n\">most</th>"
      "<th class=\"n\">standard error</th><th>unit</th></tr>\n";
  for (const auto& i : images)
    rows += "<tr><td>" + escape_html(i.title) +
            fmt::format(
                "</td><td class=\"n\">{:.4g}</td><td class=\"n\">{:.4g}</td><td class=\"n\">{:.4g}</td><td "
                "class=\"n\">{}</td><td>{}</td></tr>\n",
                i.low, i.mean, i.high, i.error < 0.0 ? "–" : fmt::format("{:.2g}", i.error), escape_html(i.unit));
  return table("In numbers", rows);
}

std::string physics(const ImagingResults& r) {
  const Specimen& s = r.source.specimen;
  const auto& c = r.config;
  const auto& grid = r.setup.grid;
  const double lambda = imaging::wavelength(c.microscope.energy);
  std::string rows = row("specimen", fmt::format("{}, {} atoms, {:.3f} × {:.3f} × {:.3f} Å",
                                                 escape_html(r.source.formula), s.position.size(), s.lx, s.ly, s.lz));
  rows += row("frozen phonons", escape_html(r.source.thermal));
  rows += row("grid", fmt::format("{} × {} points of {:.4f} × {:.4f} Å, {} slices; angles to {:.1f} mrad", grid.nx,
                                  grid.ny, grid.dx(), grid.dy(), r.run.slices, 1e3 * lambda * grid.band_limit()));
  rows += row("probe", fmt::format("{:g} keV, {:g} mrad, defocus {:.4g} Å, Cs {:g} mm", c.microscope.energy,
                                   c.microscope.convergence,
                                   imaging::Aberrations(c.microscope.aberrations, c.microscope.energy).defocus(),
                                   c.microscope.aberrations.Cs));
  rows += row("scan", fmt::format("{}, {} × {} positions of {:.4f} × {:.4f} Å", r.run.scan.kind, r.run.scan.shape.nx,
                                  r.run.scan.shape.ny, r.run.scan.shape.step_x, r.run.scan.shape.step_y));
  const double spread = imaging::focal_spread(c.coherence, c.microscope.energy);
  rows += row("coherence", fmt::format("focal spread {:.3g} Å, source {:.3g} Å (full width at half maximum)", spread,
                                       c.coherence.source_size));
  rows += row("dose", r.run.electrons > 0.0 ? fmt::format("{:.4g} electrons a position, counted", r.run.electrons)
                                            : std::string("infinite: fractions of the beam"));
  return table("What was computed", rows);
}

std::string method_errors(const ImagingResults& r) {
  if (r.errors.empty()) return "";
  std::string rows =
      "<tr><th>detector</th><th class=\"n\">error</th><th class=\"n\">bound</th><th>confidence</th></tr>\n";
  for (const auto& e : r.errors)
    rows +=
        fmt::format("<tr><td>{}</td><td class=\"n\">{:.2f} %</td><td class=\"n\">{:.2f} %</td><td>{:.0f} %</td></tr>\n",
                    escape_html(e.detector), 100.0 * e.relative, 100.0 * e.bound, 100.0 * e.confidence);
  return table("How far from full multislice", rows) +
         "<p class=\"formula\">Root mean square over probes of one configuration, relative to the mean signal, "
         "measured "
         "on probes that were left out of the calibration.</p>\n";
}

std::string account(const ImagingResults& r) {
  const ScanAccount& a = r.job.account();
  std::string rows = row("method", escape_html(r.engine) + ", " + r.config.imaging.precision);
  if (a.probes_here > 0) {
    rows += row("rate", fmt::format("{:.3g} probe·slices/s", a.rate));
    rows += row("wall time",
                duration(a.wall) + fmt::format(", of it {} of {} probes in this session", a.probes_here, a.probes));
    rows += row("making ready", duration(a.prepare));
    rows += row("writing", duration(a.write));
  }
  if (r.run.source_sigma > 0.0) rows += row("source size", duration(a.fold));
  rows += row("memory, forecast", bytes_text(a.forecast.node) + " on a node");
  rows += row("energy", escape_html(energy(r.energy.joules)) + ", method: " + escape_html(r.energy.method));
  rows += row("Locum", escape_html(version_line()));
  return table("The account", rows);
}

}  // namespace

std::string imaging_report(const RunDirectory& directory, const ImagingResults& r,
                           const std::vector<ShownImage>& images) {
  std::string notes;
  const bool com =
      std::any_of(r.config.detectors.begin(), r.config.detectors.end(), [](const auto& d) { return d.kind == "com"; });
  if (r.run.electrons > 0.0 && com)
    notes += "<p class=\"note\">Centres of mass are those of an infinite dose: they are no counts.</p>\n";
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escape_html(r.config.title) + " · Locum</title>\n<style>" + report_style + picture_style +
         "</style>\n</head>\n<body>\n<main>\n<header><p class=\"mark\">Locum · report of a scan</p><h1>" +
         escape_html(r.config.title) + "</h1>\n" + notes + "</header>\n" + figures(directory, images) +
         numbers_table(images) + method_errors(r) + physics(r) + account(r) + "</main>\n</body>\n</html>\n";
}

}  // namespace locum::apps
