// What a learning run knows, put into the report's plain struct.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "apps/learn/learn.hpp"
#include "apps/report/report.hpp"
#include "apps/version.hpp"
#include "io/collective.hpp"

namespace locum::apps {
namespace {

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
  return text;
}

double metric(const std::map<std::string, double>& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? unknown : found->second;
}

ReportAccount account_of(const gate::Account& a, const EnergyReading& energy) {
  ReportAccount r;
  r.total = a.calls.total;
  r.surrogate = a.calls.surrogate;
  r.solver = a.calls.solver;
  r.audited = a.calls.audited;
  r.fallback = a.calls.fallback;
  r.fallback_fraction = a.fallback_fraction;
  r.wall = a.wall;
  r.solver_s = a.solver;
  r.surrogate_s = a.surrogate;
  r.gate_s = a.gate;
  r.training_s = a.training;
  r.training_data_s = a.training_data;
  r.io_s = a.io;
  r.solver_call = a.solver_call;
  r.surrogate_call = a.surrogate_call;
  r.gate_call = a.gate_call;
  r.estimate = a.estimate;
  r.upper_95 = a.upper_95;
  r.largest_error = a.largest_error;
  r.audits_exceeded = a.audits_exceeded;
  r.coverage = a.coverage;
  r.step = a.step;
  r.application = a.application;
  r.break_even_calls = a.break_even_calls;
  r.solver_only_s = a.solver_only_s;
  r.solver_only_is = a.solver_only_is;
  r.energy_method = energy.method;
  r.joules = energy.joules;
  return r;
}

ReportSeries series_of(const Observables& o) { return {o.rdf, o.msd, o.energy_change}; }

ReportComparison comparison_of(const ComparisonResult& c, const ComparisonConfig& config) {
  ReportComparison r;
  r.caption = fmt::format("{} atoms thermalised at {:g} K, then {:g} ps at constant energy from the same state",
                          c.atoms, config.temperature, static_cast<double>(config.steps) * config.timestep / 1000.0);
  r.r = c.r;
  r.time = c.time;
  r.solver = series_of(c.solver);
  r.surrogate = series_of(c.surrogate);
  const auto peak = [](const Observables& o) { return *std::max_element(o.rdf.begin(), o.rdf.end()); };
  r.observables = {{"mean temperature", "K", c.solver.temperature, c.surrogate.temperature},
                   {"highest peak of the RDF", "", peak(c.solver), peak(c.surrogate)},
                   {"mean square displacement, second half", "Å²", c.msd_solver, c.msd_surrogate},
                   {"energy drift", "eV/atom/ps", c.solver.drift, c.surrogate.drift},
                   {"wall time", "s", c.solver.seconds, c.surrogate.seconds}};
  return r;
}

}  // namespace

void LearnRun::write_report() const {
  io::on_root(context_.comm, [&] { apps::write_report(report_data(), directory_.file("report.html")); });
}

// On the root, which alone knows the comparison.
ReportData LearnRun::report_data() const {
  ReportData data;
  const gate::Account& account = summary_.account;
  data.title = config_.title;
  data.facts = {{"date", today()},
                {"Locum", version_line()},
                {"ranks", std::to_string(context_.comm.size())},
                {"solver", solver_.step->name()},
                {"production", fmt::format("{} atoms, {} timesteps of {:g} fs", simulation_->configuration().n_global,
                                           config_.production.md.timesteps, config_.production.md.timestep)},
                {"seed", std::to_string(config_.seed)}};
  data.account = account_of(account, summary_.energy);
  data.training.samples = training_.samples;
  data.training.labels_in_run = account.labels;
  data.training.updates_in_run = account.updates;
  data.training.seconds = account.training;
  data.training.device = training_.device;
  data.training.precision = training_.precision;
  for (const std::string set : {"validation", "test"})
    data.training.errors.push_back({set, metric(training_.metrics, set + "/force_rmse_eV_per_A"),
                                    metric(training_.metrics, set + "/energy_rmse_meV_per_atom")});
  data.parity = {test_frames_.empty() ? "training frames: no test trajectories were asked for"
                                      : "trajectories of the solver that training never saw",
                 parity_.solver, parity_.surrogate};
  data.timeline = job_->timeline().entries();
  data.threshold = gate_->calibration().threshold();
  data.learning = learning_;
  if (summary_.compared) data.comparison = comparison_of(summary_.comparison, config_.comparison);
  if (account.bound_is_broken())
    data.notes.push_back(
        "More audits exceeded their bound than its coverage allows by chance: the surrogate is wrong where it is "
        "sure.");
  return data;
}

}  // namespace locum::apps
