// Curves of numbers over one axis, as a figure of a report.
#pragma once

#include <string>
#include <vector>

namespace locum::apps {

struct Curve {
  std::string title;
  std::vector<double> x, y;  // of equal length; a y that is not finite is a gap
  std::string color;         // one of FigureColors
  bool dashed = false;
};

struct CurvesFigure {
  std::string name;            // an identifier, one of its own on the page
  std::string x_axis, y_axis;  // what they show, with the unit
  bool logarithmic = false;    // y; values of 0 or less are gaps
  std::vector<Curve> curves;
};

// A script for gnuplot; empty where no curve has two points.
std::string curves_script(const CurvesFigure& figure);

// <figure> with the drawing and its caption (HTML); "" without anything to draw, and a sentence that says so where
// gnuplot fails: the tables must stand without it.
std::string curves_html(const CurvesFigure& figure, const std::string& caption);

}  // namespace locum::apps
