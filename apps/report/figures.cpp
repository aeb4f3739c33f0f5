#include "apps/report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "apps/report/text.hpp"

namespace locum::apps {
namespace {

// "$name << EOD" with one row a line; NaN becomes a gap.
class DataBlock {
 public:
  explicit DataBlock(const std::string& name) : text_("$" + name + " << EOD\n") {}
  template <class... Values>
  void row(Values... values) {
    (add(values), ...);
    text_ += '\n';
    ++rows_;
  }
  bool empty() const { return rows_ == 0; }
  std::string str() const { return text_ + "EOD\n"; }

 private:
  template <class Value>
  void add(Value value) {
    if constexpr (std::is_floating_point_v<Value>)
      text_ += std::isfinite(value) ? fmt::format("{:.6g} ", value) : std::string("NaN ");
    else
      text_ += fmt::format("{} ", value);
  }
  std::string text_;
  std::size_t rows_ = 0;
};

double median(std::vector<double> values) {
  if (values.empty()) return unknown;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

TimelineBin one_bin(const TimelineEntry* first, const TimelineEntry* last) {
  TimelineBin bin;
  bin.begin = first->time * 1e-3;
  bin.end = (last - 1)->time * 1e-3;
  bin.coldest = bin.hottest = first->temperature;
  std::vector<double> uncertainty;
  for (const TimelineEntry* e = first; e != last; ++e) {
    ++bin.timesteps;
    bin.temperature += e->temperature;
    bin.coldest = std::min(bin.coldest, e->temperature);
    bin.hottest = std::max(bin.hottest, e->temperature);
    bin.solver += e->player == Player::solver;
    bin.audits += e->audited;
    if (std::isfinite(e->uncertainty)) uncertainty.push_back(e->uncertainty);
  }
  bin.temperature /= static_cast<double>(bin.timesteps);
  bin.solver /= static_cast<double>(bin.timesteps);
  if (!uncertainty.empty()) bin.least_sure = *std::max_element(uncertainty.begin(), uncertainty.end());
  bin.uncertainty = median(std::move(uncertainty));
  return bin;
}

// Curves of solver and surrogate over one axis, the second dashed so that print and grey keep them apart.
std::string two_curves(const std::string& name, const std::string& axes, const std::vector<double>& x, double x_scale,
                       const std::vector<double>& solver, const std::vector<double>& surrogate, double y_scale) {
  if (x.size() < 2 || solver.size() != x.size() || surrogate.size() != x.size()) return "";
  DataBlock data("curves");
  for (std::size_t k = 0; k < x.size(); ++k) data.row(x[k] * x_scale, solver[k] * y_scale, surrogate[k] * y_scale);
  return figure_preamble(name, 460, 320) + axes + data.str() +
         fmt::format(
             "set xrange [0:{:.6g}]\n"
             "plot $curves using 1:2 with lines lw 2.2 lc rgb '{}' title 'solver', "
             "$curves using 1:3 with lines lw 2.2 dt (7,5) lc rgb '{}' title 'surrogate'\n",
             x.back() * x_scale, FigureColors::solver, FigureColors::surrogate);
}

}  // namespace

std::string figure_preamble(const std::string& name, int width, int height) {
  return fmt::format(
      "set terminal svg size {},{} dynamic enhanced font 'Helvetica,13' name '{}'\n"
      "set encoding utf8\n"
      "set border 3 lc rgb '{}' lw 0.8\n"
      "set tics nomirror out scale 0.5\n"
      "set grid lc rgb '{}' lw 0.7 lt 1\n"
      "set key tmargin right horizontal samplen 2\n",
      width, height, name, FigureColors::ink, FigureColors::faint);
}

std::vector<TimelineBin> bin_timeline(const std::vector<TimelineEntry>& entries, std::size_t most) {
  std::vector<TimelineBin> bins;
  if (entries.empty() || most == 0) return bins;
  const std::size_t each = (entries.size() + most - 1) / most;
  for (std::size_t first = 0; first < entries.size(); first += each)
    bins.push_back(one_bin(entries.data() + first, entries.data() + std::min(first + each, entries.size())));
  // A column reaches to where the next begins.
  for (std::size_t k = 0; k + 1 < bins.size(); ++k) bins[k].end = bins[k + 1].begin;
  return bins;
}

namespace {

std::string temperature_panel() {
  return fmt::format(
      "set format x ''\nset tmargin at screen 0.975\nset bmargin at screen 0.665\n"
      "set ylabel 'temperature / K' offset 0.5,0\n"
      "plot $bins using 1:5:6 with filledcurves fs transparent solid 0.22 noborder lc rgb '{0}' notitle, "
      "$bins using 1:4 with lines lw 1.6 lc rgb '{0}' notitle\n",
      FigureColors::ink);
}

// One column a bin: the solver's share from below, the surrogate's above it; a tick on top for every audit.
std::string players_panel(bool any_audits) {
  std::string script = fmt::format(
      "unset grid\nset tmargin at screen 0.585\nset bmargin at screen 0.485\nset yrange [0:1.45]\nset border 1\n"
      "unset ytics\nset ylabel 'who played' offset -2.2,0\n"
      "plot $bins using 1:(0.5):2:3:(0):(1) with boxxyerror fs solid 1.0 noborder lc rgb '{}' title 'surrogate', "
      "$bins using 1:(0.5):2:3:(0):7 with boxxyerror fs solid 1.0 noborder lc rgb '{}' title 'solver'",
      FigureColors::surrogate, FigureColors::solver);
  if (any_audits)
    script += fmt::format(", $audits using 1:(1.12):(0):(0.3) with vectors nohead lw 1.4 lc rgb '{}' title 'audit'",
                          FigureColors::audit);
  return script + "\nset border 3\nset ytics nomirror\nset grid\n";
}

std::string uncertainty_panel(double lowest, double threshold, bool any_errors) {
  std::string script = fmt::format(
      "set format x '%g'\nset tmargin at screen 0.42\nset bmargin at screen 0.115\nset logscale y\n"
      "set yrange [{:.3g}:*]\nset xlabel 'time / ps'\nset ylabel 'force error / eV Å^{{−1}}' offset 0.5,0\n"
      "plot $bins using 1:8:9 with filledcurves fs transparent solid 0.25 noborder lc rgb '{}' notitle, $bins using "
      "1:8 with lines lw 1.6 lc rgb '{}' title 'bound'",
      lowest, FigureColors::surrogate, FigureColors::surrogate);
  if (std::isfinite(threshold))
    script +=
        fmt::format(", {:.6g} with lines lw 1.2 dt (7,5) lc rgb '{}' title 'threshold'", threshold, FigureColors::ink);
  if (any_errors)
    script += fmt::format(", $errors using 1:2 with points pt 7 ps 0.34 lc rgb '{}' title 'error, audited'",
                          FigureColors::audit);
  return script + '\n';
}

}  // namespace

// Three panels over one axis of time: temperature; who played; how sure the surrogate was, and how wrong where known.
std::string timeline_figure(const ReportData& data) {
  const auto bins = bin_timeline(data.timeline, 400);
  if (bins.size() < 2) return "";
  DataBlock columns("bins"), audits("audits"), errors("errors");
  double lowest = std::isfinite(data.threshold) && data.threshold > 0 ? data.threshold : 1.0;
  for (const auto& b : bins) {
    columns.row(0.5 * (b.begin + b.end), b.begin, b.end, b.temperature, b.coldest, b.hottest, b.solver, b.uncertainty,
                b.least_sure);
    if (b.uncertainty > 0) lowest = std::min(lowest, b.uncertainty);
  }
  for (const auto& e : data.timeline) {
    if (e.audited) audits.row(e.time * 1e-3);
    if (e.audited && std::isfinite(e.error) && e.error > 0) errors.row(e.time * 1e-3, e.error);
    if (e.audited && e.error > 0) lowest = std::min(lowest, e.error);
  }
  std::string script = figure_preamble("timeline", 940, 600) + columns.str() + audits.str() + errors.str();
  for (const auto& event : data.learning)
    script += fmt::format(
        "set arrow from first {0:.6g},graph 0 to first {0:.6g},graph 1 nohead back lw 0.9 dt (2,3) lc rgb '{1}'\n",
        event.time * 1e-3, FigureColors::ink);
  script += fmt::format(
      "set multiplot\nset lmargin at screen 0.085\nset rmargin at screen 0.985\nset xrange [{:.6g}:{:.6g}]\n"
      "set key at graph 1, graph 1.03 right bottom horizontal maxrows 1 samplen 1.6\n",
      bins.front().begin, bins.back().end);
  return script + temperature_panel() + players_panel(!audits.empty()) +
         uncertainty_panel(0.8 * lowest, data.threshold, !errors.empty()) + "unset multiplot\n";
}

double parity_rmse(const ReportParity& parity) {
  if (parity.solver.empty() || parity.solver.size() != parity.surrogate.size()) return unknown;
  double square = 0.0;
  for (std::size_t k = 0; k < parity.solver.size(); ++k) square += std::pow(parity.surrogate[k] - parity.solver[k], 2);
  return std::sqrt(square / static_cast<double>(parity.solver.size()));
}

// Density of the points on a grid, darker on a logarithmic scale: a single outlier must be seen next to a million.
std::string parity_figure(const ReportParity& parity) {
  if (!std::isfinite(parity_rmse(parity))) return "";
  constexpr int cells = 110;
  double reach = 1e-12;
  for (const auto* values : {&parity.solver, &parity.surrogate})
    for (const double v : *values) reach = std::max(reach, std::abs(v));
  reach *= 1.03;
  std::vector<std::int64_t> count(cells * cells, 0);
  const auto cell = [&](double v) {
    return std::clamp(static_cast<int>((v / reach + 1.0) * 0.5 * cells), 0, cells - 1);
  };
  for (std::size_t k = 0; k < parity.solver.size(); ++k)
    ++count[cell(parity.surrogate[k]) * cells + cell(parity.solver[k])];
  const double most = static_cast<double>(*std::max_element(count.begin(), count.end()));
  const double width = 2.0 * reach / cells;
  DataBlock data("cells");
  for (int row = 0; row < cells; ++row) {
    for (int column = 0; column < cells; ++column) {
      const auto n = count[row * cells + column];
      if (n == 0) continue;
      const double depth = 0.25 + 0.75 * std::log(static_cast<double>(n)) / std::max(std::log(most), 1.0);
      const int alpha = static_cast<int>(255.0 * (1.0 - std::min(depth, 1.0)));
      data.row(-reach + (column + 0.5) * width, -reach + (row + 0.5) * width, (alpha << 24) | 0x0072b2);
    }
  }
  return figure_preamble("parity", 460, 430) + data.str() +
         fmt::format(
             "set xrange [{0:.6g}:{1:.6g}]\nset yrange [{0:.6g}:{1:.6g}]\nset size ratio 1\nunset key\n"
             "set xlabel 'solver: force component / eV Å^{{−1}}'\nset ylabel 'surrogate / eV Å^{{−1}}'\n"
             "set label 1 'RMSE {2} eV Å^{{−1}}' at graph 0.05,0.94\nset label 2 '{3} components' at graph 0.05,0.88\n"
             "plot x with lines lw 1 lc rgb '{4}', $cells using 1:2:({5:.6g}):({5:.6g}):3 with boxxyerror "
             "fs solid noborder lc rgb variable\n",
             -reach, reach, significant(parity_rmse(parity)), whole(static_cast<std::int64_t>(parity.solver.size())),
             FigureColors::ink, 0.5 * width);
}

std::string force_error_figure(const ReportParity& parity) {
  const double rmse = parity_rmse(parity);
  if (!std::isfinite(rmse) || rmse == 0.0) return "";
  // Up to six times the RMSE; what lies beyond is counted in the last bin of its side.
  constexpr int bins = 81;
  const double reach = 6.0 * rmse, width = 2.0 * reach / bins;
  std::vector<double> count(bins, 0.0);
  for (std::size_t k = 0; k < parity.solver.size(); ++k)
    count[std::clamp(static_cast<int>((parity.surrogate[k] - parity.solver[k] + reach) / width), 0, bins - 1)] += 1.0;
  DataBlock data("errors");
  const auto n = static_cast<double>(parity.solver.size());
  for (int b = 0; b < bins; ++b) data.row(-reach + b * width, std::max(count[b], 0.3) / (n * width));
  data.row(reach, 0.3 / (n * width));  // a step needs its end
  return figure_preamble("errors", 460, 430) + data.str() +
         fmt::format(
             "set logscale y\nset format y '10^{{%L}}'\nset xrange [{1:.6g}:{2:.6g}]\nset yrange "
             "[{3:.3g}:*]\n"
             "set xlabel 'surrogate − solver / eV Å^{{−1}}'\nset ylabel 'share per eV Å^{{−1}}'\n"
             "plot $errors using 1:2 with fillsteps fs transparent solid 0.45 noborder lc rgb '{4}' title 'found', "
             "exp(-0.5*(x/{5:.6g})**2)/({5:.6g}*sqrt(2*pi)) with lines lw 1.4 dt (7,5) lc rgb '{6}' title 'normal, "
             "same RMSE'\n",
             width, -reach, reach, 0.3 / (n * width), FigureColors::surrogate, rmse, FigureColors::ink);
}

std::string rdf_figure(const ReportComparison& c) {
  return two_curves("rdf", "set xlabel 'r / Å'\nset ylabel 'g(r)'\nset yrange [0:*]\n", c.r, 1.0, c.solver.rdf,
                    c.surrogate.rdf, 1.0);
}

std::string msd_figure(const ReportComparison& c) {
  return two_curves("msd", "set xlabel 'time / ps'\nset ylabel 'mean square displacement / Å^2'\nset yrange [0:*]\n",
                    c.time, 1e-3, c.solver.msd, c.surrogate.msd, 1.0);
}

std::string energy_figure(const ReportComparison& c) {
  return two_curves("energy", "set xlabel 'time / ps'\nset ylabel '[E(t) − E(0)] / meV atom^{−1}'\n", c.time, 1e-3,
                    c.solver.energy_change, c.surrogate.energy_change, 1e3);
}

std::string themed(std::string svg) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = svg.find(from, at)) != std::string::npos; at += to.size())
      svg.replace(at, from.size(), to);
  };
  const std::pair<const char*, const char*> colors[] = {{FigureColors::ink, "var(--ink)"},
                                                        {FigureColors::faint, "var(--faint)"},
                                                        {FigureColors::solver, "var(--solver)"},
                                                        {FigureColors::surrogate, "var(--surrogate)"},
                                                        {FigureColors::audit, "var(--audit)"}};
  for (const auto& [hex, name] : colors) {
    const auto channel = [hex = std::string(hex)](int k) { return std::stoi(hex.substr(1 + 2 * k, 2), nullptr, 16); };
    replace(fmt::format("rgb({:3},{:3},{:3})", channel(0), channel(1), channel(2)), name);
    replace(fmt::format("rgb({:3}, {:3}, {:3})", channel(0), channel(1), channel(2)), name);
    replace(fmt::format("rgb({},{},{})", channel(0), channel(1), channel(2)), name);
  }
  replace("fill=\"black\"", "fill=\"currentColor\"");
  replace("color=\"black\" ", "");
  replace("font-family=\"Helvetica\" ", "");
  return svg;
}

}  // namespace locum::apps
