// The pictures of the report as scripts for gnuplot. A script is empty where there is nothing to draw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/report/report.hpp"

namespace locum::apps {

// Colours that stay apart for every kind of colour blindness (Okabe & Ito 2008) and in grey.
struct FigureColors {
  static constexpr const char* ink = "#3b3f45";
  static constexpr const char* faint = "#d9dbde";
  static constexpr const char* solver = "#d55e00";
  static constexpr const char* surrogate = "#0072b2";
  static constexpr const char* audit = "#009e73";
};

// What every script begins with: an SVG of this size in pixels, and the house's axes.
std::string figure_preamble(const std::string& name, int width, int height);

// A stretch of the timeline that is drawn as one column.
struct TimelineBin {
  double begin = 0.0, end = 0.0;                           // ps
  double temperature = 0.0, coldest = 0.0, hottest = 0.0;  // K; mean, smallest, largest
  double uncertainty = unknown, least_sure = unknown;      // eV/Å; median and largest, NaN where nobody asked
  double solver = 0.0;                                     // share of the timesteps that the solver played, 0 … 1
  std::int64_t timesteps = 0, audits = 0;
};
// At most `most` bins of equally many timesteps (the last may have fewer).
std::vector<TimelineBin> bin_timeline(const std::vector<TimelineEntry>& entries, std::size_t most);

std::string timeline_figure(const ReportData& data);
std::string parity_figure(const ReportParity& parity);
std::string force_error_figure(const ReportParity& parity);
std::string rdf_figure(const ReportComparison& comparison);
std::string msd_figure(const ReportComparison& comparison);
std::string energy_figure(const ReportComparison& comparison);

// gnuplot's SVG made part of the page: its colours become the page's (light or dark), its font the page's.
std::string themed(std::string svg);

// √(mean (surrogate − solver)²), eV/Å; NaN without points.
double parity_rmse(const ReportParity& parity);

}  // namespace locum::apps
