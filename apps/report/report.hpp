// report.html: one page that shows what a gated run did and what it was worth. Self-contained: style and pictures are
// inside, nothing is loaded. Pictures are drawn by gnuplot, called as a program; without it the tables still stand.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "apps/timeline.hpp"

namespace locum::apps {

// A number that is not known is NaN and shown as a dash.
inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct ReportFact {
  std::string label, value;  // "commit", "3f2a91c"
};

// The account of DESIGN: calls, seconds (each of the slowest rank), the audited error, the speed-up, the energy.
struct ReportAccount {
  std::int64_t total = 0, surrogate = 0, solver = 0, audited = 0, fallback = 0;
  double fallback_fraction = 0.0;
  double wall = 0.0, solver_s = 0.0, surrogate_s = 0.0, gate_s = 0.0, training_s = 0.0, training_data_s = 0.0,
         io_s = 0.0;
  double solver_call = unknown, surrogate_call = unknown, gate_call = unknown;  // s, mean of one call
  double estimate = unknown, upper_95 = unknown;  // audited RMSE of force components, eV/Å, and its upper bound
  double largest_error = unknown;                 // eV/Å, worst atomic force error that an audit saw
  std::int64_t audits_exceeded = 0;               // audits whose error exceeded its bound
  double coverage = unknown;                      // promised by the calibration, 0 … 1
  double step = unknown, application = unknown;   // speed-ups
  double break_even_calls = unknown;              // infinite: never
  double solver_only_s = unknown;
  std::string solver_only_is = "extrapolated";  // or "measured"
  std::string energy_method = "none";           // nvml, rapl, estimate, none
  double joules = unknown;
};

struct ReportErrors {
  std::string set;               // "validation", "test"
  double force_rmse = unknown;   // eV/Å
  double energy_rmse = unknown;  // meV/atom
};

struct ReportTraining {
  std::int64_t samples = 0, labels_in_run = 0, updates_in_run = 0;
  double seconds = 0.0;
  std::string device, precision;
  std::vector<ReportErrors> errors;
};

// Force components of held-out configurations, eV/Å, in the same order; any number, a histogram is drawn.
struct ReportParity {
  std::string caption;  // what they are: "held-out trajectories at 300–1500 K"
  std::vector<double> solver, surrogate;
};

struct ReportLearning {
  double time = 0.0;  // fs of production
  std::int64_t call = 0, samples = 0;
  double seconds = unknown;     // wall time of the fit
  double force_rmse = unknown;  // eV/Å, validation, after the fit
  double threshold = unknown;   // eV/Å, after the fit
};

struct ReportSeries {
  std::vector<double> rdf;            // at ReportComparison::r
  std::vector<double> msd;            // Å², at ReportComparison::time
  std::vector<double> energy_change;  // eV/atom, at ReportComparison::time
};

struct ReportObservable {
  std::string name, unit;
  double solver = unknown, surrogate = unknown;
};

// The stretch that both ran from one state; empty r and time: there was none.
struct ReportComparison {
  std::string caption;       // "64 atoms, 600 K, 1 ps at constant energy"
  std::vector<double> r;     // Å
  std::vector<double> time;  // fs
  ReportSeries solver, surrogate;
  std::vector<ReportObservable> observables;
};

struct ReportData {
  std::string title;
  std::vector<ReportFact> facts;  // version, commit, backend, ranks, date, input …, in this order
  ReportAccount account;
  ReportTraining training;
  ReportParity parity;
  std::vector<TimelineEntry> timeline;
  double threshold = unknown;  // eV/Å, of the gate, at the end
  std::vector<ReportLearning> learning;
  ReportComparison comparison;
  std::vector<std::string> notes;  // sentences that a reader must see: "More audits than promised exceeded …"
  std::string gnuplot = "gnuplot";
};

// The page. Never throws for want of gnuplot: the page then says so, and the log too.
std::string render_report(const ReportData& data);

// render_report, written beside `path` and renamed. Throws IoError. One rank's work.
void write_report(const ReportData& data, const std::string& path);

}  // namespace locum::apps
