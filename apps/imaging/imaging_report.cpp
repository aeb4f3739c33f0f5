// report.html of a scan: its pictures, what they were made from, what it took. Self-contained, as report/report.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "apps/imaging/imaging_results.hpp"
#include "apps/report/text.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::apps {
namespace {

std::string physics(const ImagingResults& r) {
  const Specimen& s = r.source.specimen;
  const auto& c = r.config;
  const auto& grid = r.setup.grid;
  const double lambda = imaging::wavelength(c.microscope.energy);
  std::string rows =
      table_row("specimen", fmt::format("{}, {} atoms, {:.3f} × {:.3f} × {:.3f} Å", escape_html(r.source.formula),
                                        s.position.size(), s.lx, s.ly, s.lz));
  rows += table_row("frozen phonons", escape_html(r.source.thermal));
  rows +=
      table_row("grid", fmt::format("{} × {} points of {:.4f} × {:.4f} Å, {} slices; angles to {:.1f} mrad", grid.nx,
                                    grid.ny, grid.dx(), grid.dy(), r.run.slices, 1e3 * lambda * grid.band_limit()));
  rows += table_row("probe", fmt::format("{:g} keV, {:g} mrad, defocus {:.4g} Å, Cs {:g} mm", c.microscope.energy,
                                         c.microscope.convergence,
                                         imaging::Aberrations(c.microscope.aberrations, c.microscope.energy).defocus(),
                                         c.microscope.aberrations.Cs));
  rows +=
      table_row("scan", fmt::format("{}, {} × {} positions of {:.4f} × {:.4f} Å", r.run.scan.kind, r.run.scan.shape.nx,
                                    r.run.scan.shape.ny, r.run.scan.shape.step_x, r.run.scan.shape.step_y));
  const double spread = imaging::focal_spread(c.coherence, c.microscope.energy);
  rows += table_row("coherence", fmt::format("focal spread {:.3g} Å, source {:.3g} Å (full width at half maximum)",
                                             spread, c.coherence.source_size));
  rows += table_row("dose", r.run.electrons > 0.0 ? fmt::format("{:.4g} electrons a position, counted", r.run.electrons)
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
  std::string rows = table_row("method", escape_html(r.engine) + ", " + r.config.imaging.precision);
  if (a.probes_here > 0) {
    rows += table_row("rate", fmt::format("{:.3g} probe·slices/s", a.rate));
    rows += table_row("wall time", duration(a.wall) +
                                       fmt::format(", of it {} of {} probes in this session", a.probes_here, a.probes));
    rows += table_row("making ready", duration(a.prepare));
    rows += table_row("writing", duration(a.write));
  }
  if (r.run.source_sigma > 0.0) rows += table_row("source size", duration(a.fold));
  rows += table_row("memory, forecast", bytes_text(a.forecast.node) + " on a node");
  rows += table_row("energy", escape_html(energy(r.energy.joules)) + ", method: " + escape_html(r.energy.method));
  rows += table_row("Locum", escape_html(version_line()));
  return table("The account", rows);
}

}  // namespace

std::string imaging_report(const RunDirectory& directory, const ImagingResults& r,
                           const std::vector<ShownImage>& images) {
  std::vector<std::string> notes;
  const bool com =
      std::any_of(r.config.detectors.begin(), r.config.detectors.end(), [](const auto& d) { return d.kind == "com"; });
  if (r.run.electrons > 0.0 && com)
    notes.push_back("Centres of mass are those of an infinite dose: they are no counts.");
  return imaging_page(directory, r.config.title, notes, images, method_errors(r) + physics(r) + account(r));
}

}  // namespace locum::apps
