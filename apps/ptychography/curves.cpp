#include "apps/ptychography/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/report/figures.hpp"
#include "apps/report/gnuplot.hpp"
#include "apps/report/text.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {

std::string curves_script(const CurvesFigure& figure) {
  std::string data, plots;
  int count = 0;
  for (const auto& curve : figure.curves) {
    if (std::min(curve.x.size(), curve.y.size()) < 2) continue;
    data += fmt::format("$curve{} << EOD\n", count);
    for (std::size_t k = 0; k < std::min(curve.x.size(), curve.y.size()); ++k) {
      const bool there = std::isfinite(curve.y[k]) && (!figure.logarithmic || curve.y[k] > 0.0);
      data += fmt::format("{:.6g} {}\n", curve.x[k], there ? fmt::format("{:.6g}", curve.y[k]) : "NaN");
    }
    data += "EOD\n";
    plots += fmt::format("{}$curve{} using 1:2 with lines lw 2.0{} lc rgb '{}' title '{}'", count ? ", " : "", count,
                         curve.dashed ? " dt (7,5)" : "", curve.color, curve.title);
    ++count;
  }
  if (count == 0) return "";
  return figure_preamble(figure.name, 620, 340) +
         fmt::format("set xlabel '{}'\nset ylabel '{}' offset 0.5,0\n", figure.x_axis, figure.y_axis) +
         (figure.logarithmic ? "set logscale y\nset format y '%g'\n" : "") + data + "plot " + plots + "\n";
}

std::string curves_html(const CurvesFigure& figure, const std::string& caption) {
  const std::string script = curves_script(figure);
  if (script.empty()) return "";
  const GnuplotResult drawn = run_gnuplot("gnuplot", script);
  if (drawn.svg.empty()) {
    log::warn("the report lacks a figure: " + drawn.error);
    return "<p class=\"note\">A figure is missing: " + escape_html(drawn.error) + "</p>\n";
  }
  return "<figure>" + themed(drawn.svg) + "<figcaption>" + caption + "</figcaption></figure>\n";
}

}  // namespace locum::apps
