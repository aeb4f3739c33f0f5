// report.html of a reconstruction: object, probe, how it came about, how good it is, what it took.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/ptychography/complex_pictures.hpp"
#include "apps/ptychography/curves.hpp"
#include "apps/ptychography/data_layout.hpp"
#include "apps/ptychography/reconstruction_results.hpp"
#include "apps/report/figures.hpp"
#include "apps/report/text.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/memory.hpp"

namespace locum::apps {
namespace {

constexpr int most_modes = 8;  // of a probe that are drawn

std::string history_figure(const StageResult& whole) {
  Curve r{"R", {}, {}, FigureColors::solver, false},
      change{"change of the object", {}, {}, FigureColors::surrogate, true};
  for (const auto& h : whole.history) {
    if (h.r >= 0.0) {
      r.x.push_back(h.sweep + 1.0);
      r.y.push_back(h.r);
    }
    change.x.push_back(h.sweep + 1.0);
    change.y.push_back(h.change);
  }
  return curves_html({"history", "sweep", "R, ‖ΔO‖ / ‖O‖", true, {r, change}},
                     "R = Σ|√I − √M| / Σ√I of the frames as they were visited, and the object's change in a sweep.");
}

std::string rings_figure(const ReconstructionQuality& q) {
  CurvesFigure figure{"rings", "spatial frequency / Å^{-1}", "Fourier ring correlation", false, {}};
  if (q.halves && !q.halves->rings.frequency.empty()) {
    const auto& rings = q.halves->rings;
    figure.curves.push_back({"halves", rings.frequency, rings.correlation, FigureColors::solver, false});
    figure.curves.push_back({"1/2 bit", rings.frequency, rings.half_bit, FigureColors::ink, true});
  }
  if (q.truth && !q.truth->rings.frequency.empty())
    figure.curves.push_back(
        {"truth", q.truth->rings.frequency, q.truth->rings.correlation, FigureColors::surrogate, false});
  return curves_html(figure,
                     "Fourier ring correlation of the objects from either half of the frames, with the probe and the "
                     "positions of all (van Heel and Schatz 2005), and of object and truth where that is known.");
}

std::string resolution(const imaging::RingCorrelation& rings) {
  if (rings.frequency.empty()) return "–";
  return fmt::format("{}{:.4g} Å", rings.limited_half_bit ? "finer than the pixel shows: " : "",
                     rings.resolution_half_bit);
}

std::string quality_table(const ReconstructionResults& r, const ReconstructionQuality& q) {
  std::string rows = table_row("R factor", fmt::format("{:.5f}", q.r));
  rows += table_row("relative error of the amplitudes",
                    fmt::format("{:.5f}; counting noise alone makes {:.5f}", q.amplitude_error, q.expected_r));
  rows += table_row("not explained by object or noise, mean over frames", fmt::format("{:.5f}", q.excess));
  if (q.halves) {
    rows += table_row("resolution, 1/2 bit between halves", resolution(q.halves->rings));
    rows += table_row("phase, standard error from halves",
                      fmt::format("{:.4f} rad", 0.5 * q.halves->difference.phase_error));
  }
  if (q.truth) {
    rows += table_row("phase error against the truth", fmt::format("{:.4f} rad", q.truth->object.phase_error));
    rows += table_row("amplitude error against the truth", fmt::format("{:.4f}", q.truth->object.amplitude_error));
    if (q.truth->probe_error > 0.0)
      rows += table_row("probe error against the truth", fmt::format("{:.4f}", q.truth->probe_error));
    if (q.truth->positions_before > 0.0)
      rows += table_row("positions off the truth",
                        fmt::format("{:.3f} pixels, {:.3f} about the nearest affine map; {:.3f} as given",
                                    q.truth->position_error, q.truth->position_scatter, q.truth->positions_before));
  }
  const StageResult& whole = r.job.whole();
  rows += table_row("sweeps", fmt::format("{}, {}", whole.history.size(),
                                          whole.converged ? "converged"
                                                          : "not converged: ptychography.sweeps or the "
                                                            "time limit ended it"));
  return table("How good it is", rows) +
         "<p class=\"formula\">Phase errors are root mean squares over the scanned region, weighed by the "
         "illumination, "
         "after global phase, ramp and scale were removed.</p>\n";
}

std::string data_table(const ReconstructionResults& r) {
  const Ptychogram& in = r.data.input;
  const FrameStatistics& s = r.data.statistics;
  std::string rows = table_row("data", escape_html(r.config.data.file));
  rows += table_row("frames", fmt::format("{} of {} × {} pixels, {:.4g} counts each ({:.4g} … {:.4g})", in.size(),
                                          in.nx, in.ny, s.mean, s.least, s.most));
  if (!in.mask.empty())
    rows += table_row("mask", fmt::format("{} of {} pixels count",
                                          static_cast<std::size_t>(std::count_if(in.mask.begin(), in.mask.end(),
                                                                                 [](float m) { return m > 0.0f; })),
                                          in.window()));
  rows +=
      table_row("object", fmt::format("{} × {} pixels of {:.4g} × {:.4g} Å", in.object_nx, in.object_ny, in.dx, in.dy));
  if (r.data.wavelength > 0.0)
    rows +=
        table_row("beam", fmt::format("{}, {:.5g} Å", r.data.electrons ? "electrons" : "photons", r.data.wavelength));
  return table("The data", rows);
}

std::string account(const ReconstructionResults& r) {
  const ReconstructionAccount& a = r.job.account();
  const auto& c = r.config.ptychography;
  std::string rows = table_row("engine", escape_html(c.engine) + ", " + escape_html(c.likelihood) + " likelihood");
  if (a.sweeps_here > 0) {
    rows += table_row("sweeps in this session", fmt::format("{}, {:.4g} frames·sweeps/s, {} rank(s)", a.sweeps_here,
                                                            a.rate(), r.data.input.comm.size()));
    rows += table_row("sweeping", duration(a.sweeps));
  }
  rows += table_row("making ready", duration(a.setup));
  rows += table_row("checkpoints", duration(a.write));
  rows += table_row("wall time", duration(a.wall));
  rows += table_row("of all frames, all sessions", duration(r.job.whole().seconds));
  rows += table_row("memory, forecast", bytes_text(a.forecast.node) + " on a node");
  rows += table_row("energy", energy(r.energy.joules) + ", method: " + escape_html(r.energy.method));
  rows += table_row("Locum", escape_html(version_line()));
  return table("The account", rows);
}

}  // namespace

std::vector<ShownImage> draw_reconstruction(const RunDirectory& directory, const ReconstructionResults& r,
                                            const ReconstructionQuality& q) {
  if (!r.config.output.pictures) return {};
  const Ptychogram& in = r.data.input;
  const StageResult& whole = r.job.whole();
  const PixelBox box = imaging::box_of(q.region, in.object_nx, in.object_ny);
  const auto object_like = [&](std::span<const Ptychogram::Value> values) {
    return ComplexImage{in.object_nx, in.object_ny, in.dx, in.dy, values};
  };
  auto shown = draw_complex(directory, "object", "object", object_like(whole.object.value), box, q.region);
  if (q.truth) {
    const auto truth = draw_complex(directory, "truth", "truth", object_like(r.data.truth.value), box, q.region);
    shown.insert(shown.end(), truth.begin(), truth.end());
  }
  const ComplexImage window{in.nx, in.ny, in.dx, in.dy, {}};
  for (int m = 0; m < std::min(in.modes, most_modes); ++m) {
    ComplexImage mode = window;
    mode.values = std::span(whole.probe).subspan(static_cast<std::size_t>(m) * in.window(), in.window());
    shown.push_back(draw_wave(directory, fmt::format("probe_{}", m), fmt::format("probe, mode {}", m), mode));
  }
  shown.push_back(
      draw_map(directory, "fourier_error", "Fourier error", "", in, box, frames_map(as_found(r), q.frame_r)));
  shown.back().caption = "R of the frames that reach a pixel";
  if (q.halves) {
    shown.push_back(draw_map(directory, "half_difference", "difference of halves", "", in, box,
                             {q.halves->deviation.begin(), q.halves->deviation.end()}));
    shown.back().caption = "|O₁ − O₂| / 2: standard error of the object";
  }
  shown.push_back(draw_frame(directory, "mean_frame", "mean frame", in,
                             centred(std::span<const double>(r.data.statistics.mean_frame), in.nx, in.ny)));
  return shown;
}

std::string reconstruction_report(const RunDirectory& directory, const ReconstructionResults& r,
                                  const ReconstructionQuality& q, const std::vector<ShownImage>& images) {
  std::vector<std::string> notes;
  if (!r.job.whole().converged)
    notes.push_back(
        fmt::format("The reconstruction ended after {} sweeps before it had converged.", r.job.whole().history.size()));
  if (r.data.statistics.empty > 0)
    notes.push_back(fmt::format("{} frame(s) have no counts at all.", r.data.statistics.empty));
  return imaging_page(
      directory, r.config.title, notes, images,
      quality_table(r, q) + history_figure(r.job.whole()) + rings_figure(q) + data_table(r) + account(r));
}

}  // namespace locum::apps
