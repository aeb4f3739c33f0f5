#include "apps/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "apps/report/figures.hpp"
#include "apps/report/gnuplot.hpp"
#include "apps/report/style.hpp"
#include "apps/report/text.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

constexpr const char* force_unit = "eV/Å";

// Draws, and remembers the first failure: one message is enough for a missing program.
class Artist {
 public:
  explicit Artist(const std::string& program) : program_(program) {}

  // "" where there is nothing to draw or gnuplot failed.
  std::string figure(const std::string& script, const std::string& caption) {
    if (script.empty() || !failure_.empty()) return "";
    const GnuplotResult drawn = run_gnuplot(program_, script);
    if (!drawn.error.empty()) {
      failure_ = drawn.error;
      log::warn("the report has no pictures: " + failure_);
      return "";
    }
    return "<figure>" + themed(drawn.svg) + "<figcaption>" + caption + "</figcaption></figure>\n";
  }
  const std::string& failure() const { return failure_; }

 private:
  std::string program_, failure_;
};

std::string number_card(const std::string& name, const std::string& value, const std::string& detail) {
  return "<div><span class=\"name\">" + name + "</span><b>" + value + "</b><span>" + detail + "</span></div>\n";
}

// The error that stands next to every speed-up.
std::string measured_error(const ReportAccount& a) {
  if (std::isnan(a.estimate)) return "error not measured: no audits";
  if (!std::isfinite(a.upper_95))
    return "force error " + with_unit(a.estimate, force_unit) + ", too few audits for a bound";
  return "force error " + with_unit(a.estimate, force_unit) + ", at most " + with_unit(a.upper_95, force_unit) +
         " (95\u202f%)";
}

std::string lead(const ReportData& d) {
  const ReportAccount& a = d.account;
  if (a.total == 0) return "<p class=\"lead\">No production was run.</p>\n";
  const double share = static_cast<double>(a.surrogate) / static_cast<double>(a.total);
  std::string text = "<p class=\"lead\">Of " + whole(a.total) + " calls of the expensive step the surrogate played " +
                     percent(share) + "; the gate handed " + percent(a.fallback_fraction) + " back to the solver. ";
  if (std::isfinite(a.application))
    text += (a.application >= 1.0
                 ? "Training and its data counted, this took " +
                       factor(a.application).substr(0, factor(a.application).find("\u202f")) +
                       " times less time than the solver alone"
                 : std::string("Training and its data counted, this took longer than the solver alone would have")) +
            "; " + measured_error(a) + ".";
  return text + "</p>\n";
}

std::string numbers(const ReportAccount& a) {
  std::string text = "<div class=\"numbers\">\n";
  text += number_card("Speed-up of the run", factor(a.application), measured_error(a));
  text += number_card("Speed-up of the step", factor(a.step), measured_error(a));
  text +=
      number_card("Handed back", percent(a.fallback_fraction), whole(a.fallback) + " of " + whole(a.total) + " calls");
  const bool metered = std::isfinite(a.joules);
  text += number_card("Energy", metered ? energy(a.joules).substr(0, energy(a.joules).find(" (")) : "–",
                      metered ? (a.energy_method == "estimate" ? "an estimate, not measured"
                                                               : "measured by " + escape_html(a.energy_method))
                              : "no meter on this machine");
  return text + "</div>\n";
}

std::string time_row(const std::string& name, double seconds, double longest, const std::string& kind,
                     const std::string& each) {
  const double width = longest > 0 ? 16.0 * seconds / longest : 0.0;
  return fmt::format(
      "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"bars\"><span class=\"bar {}\" "
      "style=\"width:{:.2f}rem\"></span></td></tr>\n",
      name, duration(seconds), each, kind, width);
}

std::string account_section(const ReportAccount& a) {
  const double longest = std::max({a.solver_s, a.surrogate_s, a.gate_s, a.training_s, a.training_data_s, a.io_s});
  std::string text =
      "<h2>The account</h2>\n<div class=\"wide\"><table>\n<tr><th>where the time went</th><th class=\"n\">in all</th>"
      "<th class=\"n\">a call</th><th></th></tr>\n";
  text += time_row("training data, by the solver", a.training_data_s, longest, "solver", "");
  text += time_row("training", a.training_s, longest, "", "");
  text += time_row("solver in production", a.solver_s, longest, "solver", duration(a.solver_call));
  text += time_row("surrogate in production", a.surrogate_s, longest, "surrogate", duration(a.surrogate_call));
  text += time_row("gate", a.gate_s, longest, "", duration(a.gate_call));
  text += time_row("files", a.io_s, longest, "", "");
  text += "<tr><td>production in all</td><td class=\"n\">" + duration(a.wall) +
          "</td><td></td><td></td></tr>\n</table></div>\n";

  text += "<div class=\"wide\"><table>\n<tr><th>what it was worth</th><th class=\"n\"></th><th></th></tr>\n";
  const auto row = [&](const std::string& name, const std::string& value, const std::string& remark) {
    text += "<tr><td>" + name + "</td><td class=\"n\">" + value + "</td><td><small>" + remark + "</small></td></tr>\n";
  };
  row("solver alone", duration(a.solver_only_s), escape_html(a.solver_only_is));
  row("speed-up of the run", factor(a.application), "training and its data counted; " + measured_error(a));
  row("speed-up of the step", factor(a.step), measured_error(a));
  row("pays from", std::isinf(a.break_even_calls) ? "never" : whole_or_dash(a.break_even_calls),
      "calls of the step, training and its data counted");
  row("audits", whole(a.audited),
      whole(a.audits_exceeded) + " exceeded their bound, which promises to hold for " + percent(a.coverage, 0) +
          "; worst atomic force error " + with_unit(a.largest_error, force_unit));
  row("energy", energy(a.joules), "method: " + escape_html(a.energy_method));
  text += "</table></div>\n";
  return text +
         "<p class=\"formula\">Speed-up of the step: <var>c</var><sub>s</sub> / (<var>c</var><sub>m</sub> + "
         "<var>c</var><sub>g</sub> + "
         "<var>r</var>\u202f<var>c</var><sub>s</sub>), with the cost of a call of solver, surrogate and gate and the "
         "share <var>r</var> in "
         "which the solver played. Of the run: solver alone / (production + training data + training). Times are those "
         "of the "
         "slowest rank.</p>\n";
}

std::string timeline_section(const ReportData& d, Artist& artist) {
  if (d.timeline.empty()) return "";
  std::string text = "<h2>Who played, and when</h2>\n";
  text += artist.figure(
      timeline_figure(d),
      "Temperature of the atoms (mean and range); who played the step, with a mark for every audit; the calibrated "
      "bound on the largest atomic force error, and that error where an audit measured it. Dotted lines: the "
      "surrogate learned from what the solver had answered.");
  if (d.learning.empty()) return text;
  text +=
      "<div class=\"wide\"><table>\n<tr><th>learned at</th><th class=\"n\">after call</th><th "
      "class=\"n\">samples</th><th class=\"n\">took</th>"
      "<th class=\"n\">force RMSE, validation</th><th class=\"n\">threshold</th></tr>\n";
  for (const auto& event : d.learning)
    text += "<tr><td>" + with_unit(event.time * 1e-3, "ps", 4) + "</td><td class=\"n\">" + whole(event.call) +
            "</td><td class=\"n\">" + whole(event.samples) + "</td><td class=\"n\">" + duration(event.seconds) +
            "</td><td class=\"n\">" + with_unit(event.force_rmse, force_unit) + "</td><td class=\"n\">" +
            with_unit(event.threshold, force_unit) + "</td></tr>\n";
  return text + "</table></div>\n";
}

std::string surrogate_section(const ReportData& d, Artist& artist) {
  const ReportTraining& t = d.training;
  std::string text =
      "<h2>How well the surrogate learned</h2>\n<p>" + whole(t.samples) + " samples in " + duration(t.seconds);
  if (!t.device.empty())
    text += " on " + escape_html(t.device) + (t.precision.empty() ? "" : ", " + escape_html(t.precision));
  text += ". In production " + whole(t.labels_in_run) + " more were kept and the surrogate was fitted again " +
          (t.updates_in_run == 1 ? "once" : whole(t.updates_in_run) + " times") + ".</p>\n";
  text += "<div class=\"pair\">\n" +
          artist.figure(parity_figure(d.parity), "Force components: " + escape_html(d.parity.caption) +
                                                     ". Darker: more of them, on a logarithmic scale.");
  text += artist.figure(force_error_figure(d.parity),
                        "Distribution of the same errors. What lies beyond the axis is counted at its ends.") +
          "</div>\n";
  if (t.errors.empty()) return text;
  text +=
      "<div class=\"wide\"><table>\n<tr><th>errors at the end of training</th><th class=\"n\">force RMSE</th><th "
      "class=\"n\">energy RMSE</th></tr>\n";
  for (const auto& e : t.errors)
    text += "<tr><td>" + escape_html(e.set) + "</td><td class=\"n\">" + with_unit(e.force_rmse, force_unit) +
            "</td><td class=\"n\">" + with_unit(e.energy_rmse, "meV/atom") + "</td></tr>\n";
  return text + "</table></div>\n";
}

std::string comparison_section(const ReportComparison& c, Artist& artist) {
  if (c.r.empty() && c.time.empty() && c.observables.empty()) return "";
  std::string text = "<h2>The same physics?</h2>\n<p>Solver and surrogate ran the same stretch from the same state";
  text += c.caption.empty() ? ".</p>\n" : ": " + escape_html(c.caption) + ".</p>\n";
  text += "<div class=\"pair\">\n" + artist.figure(rdf_figure(c), "Radial distribution function.") +
          artist.figure(msd_figure(c), "Mean square displacement.") +
          artist.figure(energy_figure(c), "Change of the total energy, which the equations of motion conserve.");
  if (c.observables.empty()) return text + "</div>\n";
  text +=
      "<div class=\"wide\"><table>\n<tr><th>observable</th><th class=\"n\">solver</th><th "
      "class=\"n\">surrogate</th><th>unit</th></tr>\n";
  for (const auto& o : c.observables)
    text += "<tr><td>" + escape_html(o.name) + "</td><td class=\"n\">" + significant(o.solver, 4) +
            "</td><td class=\"n\">" + significant(o.surrogate, 4) + "</td><td>" + escape_html(o.unit) + "</td></tr>\n";
  return text + "</table></div></div>\n";
}

std::string footer(const ReportData& d) {
  std::string text = "<footer><h3>This run</h3><dl>\n";
  for (const auto& fact : d.facts)
    text += "<dt>" + escape_html(fact.label) + "</dt><dd>" + escape_html(fact.value) + "</dd>\n";
  return text + "</dl></footer>\n";
}

}  // namespace

std::string render_report(const ReportData& d) {
  Artist artist(d.gnuplot);
  std::string body =
      timeline_section(d, artist) + surrogate_section(d, artist) + comparison_section(d.comparison, artist);
  std::string head =
      "<header><p class=\"mark\">Locum · report of a run</p><h1>" + escape_html(d.title) + "</h1>\n" + lead(d);
  for (const auto& note : d.notes) head += "<p class=\"note\">" + escape_html(note) + "</p>\n";
  if (!artist.failure().empty())
    head += "<p class=\"note\">There are no pictures here: " + escape_html(artist.failure()) +
            ". With gnuplot in the PATH they are drawn.</p>\n";
  head += numbers(d.account) + "</header>\n";
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         escape_html(d.title) + " · Locum</title>\n<style>" + report_style + "</style>\n</head>\n<body>\n<main>\n" +
         head + body + account_section(d.account) + footer(d) + "</main>\n</body>\n</html>\n";
}

void write_report(const ReportData& data, const std::string& path) {
  const std::string page = render_report(data), beside = path + ".tmp";
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  bool good = file != nullptr && std::fwrite(page.data(), 1, page.size(), file) == page.size();
  int error = errno;
  if (file != nullptr && std::fclose(file) != 0) {
    if (good) error = errno;
    good = false;
  }
  if (good && std::rename(beside.c_str(), path.c_str()) != 0) {
    error = errno;
    good = false;
  }
  if (good) return;
  std::remove(beside.c_str());
  throw IoError(std::string("the report could not be written: ") + std::strerror(error), path,
                "the run's data are complete; free space or name another folder");
}

}  // namespace locum::apps
