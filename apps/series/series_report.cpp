// report.html of a series.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/ptychography/curves.hpp"
#include "apps/report/figures.hpp"
#include "apps/report/gnuplot.hpp"
#include "apps/report/text.hpp"
#include "apps/series/series_results.hpp"
#include "apps/version.hpp"

namespace locum::apps {
namespace {

constexpr std::size_t most_points = 6000;  // of the scatter

std::string cells(const std::vector<std::string>& values, const char* tag = "td") {
  std::string row = "<tr>";
  for (std::size_t k = 0; k < values.size(); ++k)
    row += fmt::format("<{}{}>{}</{}>", tag, k == 0 ? "" : " class=\"n\"", values[k], tag);
  return row + "</tr>\n";
}

std::string rad(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "–"; }

std::string error_text(const gate::Account& a) {
  if (a.audits == 0) return "error not known: no audits";
  const std::string known = "audited error " + significant(a.estimate);
  return std::isfinite(a.upper_95) ? known + ", below " + significant(a.upper_95) + " with 95 % confidence"
                                   : known + fmt::format(", no bound from {} audits", a.audits);
}

std::string sets_table(const SeriesResults& results) {
  std::string rows = cells({"set", "handed back", "first image", "final image", "R, network", "R, gated",
                            "phase error / rad, network", "gated"},
                           "th");
  for (const SetRecord& r : results.records)
    rows +=
        cells({fmt::format("{}{}", r.number, r.other ? " (another kind)" : ""),
               fmt::format("{} of {} tiles", r.handed_back, r.tiles), duration(r.first_image), duration(r.final_image),
               rad(r.network.r), rad(r.gated.r), rad(r.network.phase_error), rad(r.gated.phase_error)});
  return table("The series", rows) +
         "<p class=\"formula\">The first image is the network's answer, the final one has the solver's work where the "
         "gate handed back. R = Σ|√I − √M| / Σ√I of all frames. Phase errors are root mean squares over the scanned "
         "region after global phase, ramp and scale were removed.</p>\n";
}

std::string comparison_table(const SeriesResults& results) {
  if (results.comparisons.empty()) return "";
  std::string rows =
      cells({"set", "who", "time", "sweeps", "R", "phase error / rad", "stopped at the pair's time: R", "rad"}, "th");
  for (const SetComparison& c : results.comparisons) {
    const SetRecord& r = results.records[static_cast<std::size_t>(c.number)];
    const std::string set = fmt::format("{}{}", c.number, r.other ? " (another kind)" : "");
    rows += cells({set, "gated pair", duration(r.final_image), "", rad(r.gated.r), rad(r.gated.phase_error), "", ""});
    rows += cells({set, "network", duration(r.first_image), "", rad(r.network.r), rad(r.network.phase_error), "", ""});
    for (const Baseline& b : c.baselines)
      rows += cells({set, "solver, " + escape_html(b.title()) + (&b == &c.best() ? " (best classical)" : ""),
                     duration(b.seconds), fmt::format("{}{}", b.sweeps, b.converged ? "" : ", not converged"),
                     rad(b.quality.r), rad(b.quality.phase_error), rad(b.early.r), rad(b.early.phase_error)});
  }
  return table("Against the solver alone", rows);
}

std::string race_figure(const SetComparison& c, const SetRecord& r, bool phase) {
  CurvesFigure figure{fmt::format("race{}{}", c.number, phase ? "phase" : "r"),
                      "time / s",
                      phase ? "phase error / rad" : "R",
                      true,
                      {}};
  for (std::size_t k = 0; k < c.baselines.size(); ++k) {
    const Baseline& b = c.baselines[k];
    figure.curves.push_back({"solver, " + b.title(), b.time, phase ? b.phase_error : b.r, FigureColors::solver, k > 0});
  }
  const auto value = [&](const ObjectQuality& q) { return phase ? q.phase_error : q.r; };
  figure.curves.push_back({"network, gated pair",
                           {r.first_image, r.final_image},
                           {value(r.network), value(r.gated)},
                           FigureColors::surrogate,
                           false});
  for (Curve& curve : figure.curves) std::replace(curve.title.begin(), curve.title.end(), '_', ' ');
  return curves_html(figure, fmt::format("Set {}{}: {} against time. The network has no curve before its answer.",
                                         c.number, r.other ? ", of another kind" : "", phase ? "phase error" : "R"));
}

// Every frame of the series: true error against the bound.
std::string scatter(const SeriesResults& results) {
  std::size_t frames = 0;
  for (const SetRecord& r : results.records) frames += r.truth_known ? r.error.size() : 0;
  if (frames == 0) return "";
  const std::size_t every = frames / most_points + 1;
  std::string data[2];
  std::size_t at = 0;
  for (const SetRecord& r : results.records) {
    if (!r.truth_known) continue;
    for (std::size_t j = 0; j < r.error.size(); ++j)
      if (at++ % every == 0 && r.error[j] > 0.0 && std::isfinite(r.uncertainty[j]) && r.uncertainty[j] > 0.0)
        data[r.other] += fmt::format("{:.5g} {:.5g}\n", r.uncertainty[j], r.error[j]);
  }
  std::string script = figure_preamble("scatter", 620, 400) +
                       "set xlabel 'bound on the error'\nset ylabel 'true error' offset 0.5,0\nset logscale xy\n"
                       "set format xy '%g'\n",
              plots;
  const char* titles[2] = {"trained kind", "another kind"};
  const char* colors[2] = {FigureColors::surrogate, FigureColors::solver};
  for (int kind = 0; kind < 2; ++kind) {
    if (data[kind].empty()) continue;
    script += fmt::format("$kind{} << EOD\n{}EOD\n", kind, data[kind]);
    plots += fmt::format("$kind{} using 1:2 with points pt 7 ps 0.25 lc rgb '{}' title '{}', ", kind, colors[kind],
                         titles[kind]);
  }
  if (plots.empty()) return "";
  plots += fmt::format("x with lines dt (4,4) lc rgb '{}' notitle", FigureColors::ink);
  if (results.threshold > 0.0)
    script += fmt::format("set arrow from {0:.6g}, graph 0 to {0:.6g}, graph 1 nohead lc rgb '{1}'\n",
                          results.threshold, FigureColors::audit);
  const GnuplotResult drawn = run_gnuplot("gnuplot", script + "plot " + plots + "\n");
  if (drawn.svg.empty()) return "<p class=\"note\">A figure is missing: " + escape_html(drawn.error) + "</p>\n";
  return "<h2>Uncertainty against true error</h2>\n<figure>" + themed(drawn.svg) +
         "<figcaption>Each point is a frame: the calibrated bound on the network's relative error of the object below "
         "it, and that error. On the dashed line both are equal; right of the green one the gate hands back. Bounds "
         "are promised for the worst frame of a tile.</figcaption></figure>\n";
}

std::string frame_gate_text(const SeriesResults& results) {
  const FrameGate g = frame_gate(results.records, results.in_domain);
  if (g.frames == 0) return "";
  std::string rows = table_row("in-domain error of a frame's patch, root mean square over what the training held out",
                               significant(g.in_domain));
  rows += table_row("frames that are off by more than three times that", fmt::format("{} of {}", g.wrong, g.frames));
  rows += table_row("of these handed back", g.wrong > 0 ? percent(g.recall()) : "–");
  rows += table_row("frames handed back in all", whole(g.handed_back));
  return table("The gate, frame by frame", rows);
}

std::string speed_up(double ratio, const gate::Account& a) {
  return std::isfinite(ratio) ? factor(ratio) : "not measured: " + a.not_measured_why;
}

std::string account_table(const SeriesResults& results) {
  const gate::Account& a = results.account;
  const auto counted = [&](double seconds) { return a.training_counted ? duration(seconds) : "not known"; };
  std::string rows = table_row("training data", counted(a.training_data));
  rows += table_row("training and calibration", counted(a.training));
  rows += table_row("series, in all", duration(a.wall));
  rows += table_row("… network", duration(a.surrogate));
  rows += table_row("… solver: handed back and audits", duration(a.solver));
  rows += table_row("… gate", duration(a.gate));
  rows += table_row("… learning in the series", duration(a.training_in_run));
  rows += table_row("… files", duration(a.io));
  rows += table_row("solver alone", duration(a.solver_only_s) + ", " + escape_html(a.solver_only_is));
  rows +=
      table_row("tiles", fmt::format("{}: network {}, solver {} ({} handed back), audits {}", a.calls.total,
                                     a.calls.surrogate, a.calls.solver, percent(a.fallback_fraction), a.calls.audited));
  rows += table_row("error of production", error_text(a));
  rows += table_row("speed-up of the step", speed_up(a.step, a) + "; " + error_text(a));
  const std::string counts = std::isfinite(a.application) ? ", " + counted_text(a) : "";
  rows += table_row("speed-up of the application", speed_up(a.application, a) + counts + "; " + error_text(a));
  for (const auto& [engine, ratio] : applications_beside(a, results.records, results.comparisons))
    rows += table_row("the same beside " + escape_html(engine) + " alone", factor(ratio));
  rows += table_row("break-even", std::isinf(a.break_even_calls)   ? "never"
                                  : std::isnan(a.break_even_calls) ? "not known"
                                                                   : whole_or_dash(a.break_even_calls) + " tiles");
  rows += table_row("audits above their bound", fmt::format("{} of {}; promised: at most {}", a.audits_exceeded,
                                                            a.audits, percent(1.0 - a.coverage, 0)));
  rows += table_row("learned in the series", fmt::format("{} labels, {} updates", a.labels, a.updates));
  rows += table_row("energy",
                    escape_html(energy(results.energy.joules)) + ", method: " + escape_html(results.energy.method));
  rows += table_row("ranks", std::to_string(results.ranks));
  rows += table_row("Locum", escape_html(version_line()));
  return table("The account", rows);
}

std::vector<std::string> notes_of(const SeriesResults& results) {
  std::vector<std::string> notes = open_regions(results);
  if (!results.account.training_counted)
    notes.push_back(fmt::format(
        "{} does not say what the data of its networks and their training took: neither is in this account.",
        results.config.series.model));
  if (results.account.bound_is_broken())
    notes.push_back(
        "More audits exceeded their bound than its coverage allows by chance: the network is wrong where "
        "it is sure.");
  if (results.comparisons.empty())
    notes.push_back(
        "No set was given to the solver alone (compare.sets): what it would take, and with it any speed-up, is not "
        "measured.");
  for (const SetComparison& c : results.comparisons)
    if (!c.best().converged)
      notes.push_back(
          fmt::format("On set {} the solver alone had not converged after {} sweeps.", c.number, c.best().sweeps));
  return notes;
}

}  // namespace

std::string series_report(const RunDirectory& directory, const SeriesResults& results,
                          const std::vector<ShownImage>& images) {
  std::string body = comparison_table(results);
  for (const SetComparison& c : results.comparisons) {
    const SetRecord& record = results.records[static_cast<std::size_t>(c.number)];
    if (record.truth_known) body += race_figure(c, record, true);
    body += race_figure(c, record, false);
  }
  body += sets_table(results) + frame_gate_text(results) + scatter(results) + account_table(results);
  return imaging_page(directory, results.config.title, notes_of(results), images, body);
}

}  // namespace locum::apps
