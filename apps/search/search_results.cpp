#include "apps/search/search_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/report/figures.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
double real(const Json& json) { return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>(); }

Json as_json(const SearchTraining& t) {
  return {{"candidate", t.candidate},
          {"rung", t.rung},
          {"fold", t.fold},
          {"error_eV_per_A", number(t.error)},
          {"force_rmse_eV_per_A", number(t.force_rmse)},
          {"energy_rmse_meV_per_atom", number(t.energy_rmse)},
          {"microseconds_per_atom", number(t.microseconds)},
          {"seconds", number(t.seconds)},
          {"failure", t.failure}};
}

SearchTraining from_json(const Json& json) {
  return {json.at("candidate").get<int>(),
          json.at("rung").get<int>(),
          json.at("fold").get<int>(),
          real(json.at("error_eV_per_A")),
          real(json.at("force_rmse_eV_per_A")),
          real(json.at("energy_rmse_meV_per_atom")),
          real(json.at("microseconds_per_atom")),
          real(json.at("seconds")),
          json.at("failure").get<std::string>()};
}

// Candidates that have finished a rung, those that got furthest first, by their last error.
std::vector<SearchTraining> standings(const SearchResults& results) {
  std::vector<SearchTraining> list;
  for (std::size_t k = 0; k < results.candidates.size(); ++k)
    if (const auto t = results.last(static_cast<int>(k))) list.push_back(*t);
  std::stable_sort(list.begin(), list.end(), [](const SearchTraining& a, const SearchTraining& b) {
    if (a.failure.empty() != b.failure.empty()) return a.failure.empty();
    return a.rung != b.rung ? a.rung > b.rung : a.error < b.error;
  });
  return list;
}

// Candidates with a model on the last rung.
std::vector<SearchTraining> finalists(const SearchResults& results) {
  std::vector<SearchTraining> list;
  for (const SearchTraining& t : standings(results))
    if (t.rung + 1 == static_cast<int>(results.rungs.size()) && t.failure.empty()) list.push_back(t);
  return list;
}

// Candidates of the last rung that no other of it beats in both error and cost.
std::vector<int> last_front(const SearchResults& results) {
  std::vector<FrontPoint> points;
  std::vector<int> candidates, front;
  for (const SearchTraining& t : finalists(results)) {
    points.push_back({t.error, results.operations[t.candidate]});
    candidates.push_back(t.candidate);
  }
  const std::vector<int> ranks = front_ranks(points);
  for (std::size_t k = 0; k < ranks.size(); ++k)
    if (ranks[k] == 0) front.push_back(candidates[k]);
  return front;
}

}  // namespace

bool SearchResults::has(int candidate, int rung, int fold) const {
  return std::any_of(trainings.begin(), trainings.end(), [&](const SearchTraining& t) {
    return t.candidate == candidate && t.rung == rung && t.fold == fold;
  });
}

std::optional<SearchTraining> SearchResults::standing(int candidate, int rung) const {
  SearchTraining all{candidate, rung, 0, 0.0, 0.0, 0.0, std::numeric_limits<double>::infinity(), 0.0, ""};
  int count = 0;
  for (const SearchTraining& t : trainings) {
    if (t.candidate != candidate || t.rung != rung) continue;
    ++count;
    all.error += t.error / folds;
    all.force_rmse += t.force_rmse * t.force_rmse / folds;
    all.energy_rmse += t.energy_rmse * t.energy_rmse / folds;
    all.microseconds = std::min(all.microseconds, t.microseconds);
    all.seconds += t.seconds;
    if (all.failure.empty()) all.failure = t.failure;
  }
  if (count < folds) return std::nullopt;
  all.force_rmse = std::sqrt(all.force_rmse);
  all.energy_rmse = std::sqrt(all.energy_rmse);
  return all;
}

std::optional<SearchTraining> SearchResults::last(int candidate) const {
  for (int rung = static_cast<int>(rungs.size()) - 1; rung >= 0; --rung)
    if (const auto t = standing(candidate, rung)) return t;
  return std::nullopt;
}

std::string to_json(const SearchTraining& training) { return as_json(training).dump(); }
SearchTraining training_from_json(const std::string& text) { return from_json(Json::parse(text)); }

std::string to_json(const SearchResults& results) {
  Json json;
  json["folds"] = results.folds;
  json["rungs"] = Json::array();
  for (const Rung& rung : results.rungs)
    json["rungs"].push_back({{"candidates", rung.candidates}, {"epochs", rung.epochs}});
  json["candidates"] = Json::array();
  for (std::size_t k = 0; k < results.candidates.size(); ++k) {
    Json settings = Json::object();
    for (const auto& [name, value] : searched_settings(results.candidates[k])) settings[name] = value;
    json["candidates"].push_back({{"number", k},
                                  {"thousand_operations_per_atom", results.operations[k]},
                                  {"invariants", results.invariants[k]},
                                  {"settings", settings}});
  }
  json["trainings"] = Json::array();
  for (const SearchTraining& t : results.trainings) json["trainings"].push_back(as_json(t));
  json["front"] = last_front(results);
  json["chosen"] = results.chosen < 0 ? Json(nullptr) : Json(results.chosen);
  return json.dump(2) + "\n";
}

std::vector<SearchTraining> trainings_from_json(const std::string& text, const std::string& path) {
  std::vector<SearchTraining> trainings;
  try {
    const Json json = Json::parse(text);
    for (const Json& item : json.at("trainings")) trainings.push_back(from_json(item));
  } catch (const Json::exception& error) {
    throw ConfigError(std::string("the file does not list trainings: ") + error.what(), path,
                      "remove the file: the search begins anew");
  }
  return trainings;
}

int chosen_candidate(const SearchResults& results, double largest_cost) {
  int chosen = -1;
  double best = std::numeric_limits<double>::infinity();
  for (const SearchTraining& t : finalists(results)) {
    if (largest_cost > 0.0 && results.operations[t.candidate] > largest_cost) continue;
    if (!(t.error < best)) continue;
    best = t.error;
    chosen = t.candidate;
  }
  return chosen;
}

std::string table(const SearchResults& results) {
  std::string text =
      "       no. epochs    error     RMSE  energy  1000 op   µs/at.     M | cut-off N l 4-body(l) comp. hidden "
      "members "
      "soft. rate\n";
  const std::vector<int> front = last_front(results);
  for (const SearchTraining& t : standings(results)) {
    const Candidate& c = results.candidates[t.candidate];
    const auto& p = c.potential;
    const bool on_front = std::find(front.begin(), front.end(), t.candidate) != front.end();
    text += fmt::format("  {}{} ", t.candidate == results.chosen ? "→" : " ", on_front ? "*" : " ");
    text += t.failure.empty() ? fmt::format("{:5} {:6} {:8.4f} {:8.4f} {:7.2f} {:8.1f} {:8.2f}", t.candidate,
                                            results.rungs[t.rung].epochs, t.error, t.force_rmse, t.energy_rmse,
                                            results.operations[t.candidate], t.microseconds)
                              : fmt::format("{:5} failed: {}", t.candidate, t.failure);
    text += fmt::format(" {:5} | {:7.3g} {} {} {:6}({}) {:5} {:6} {:7} {:5.2g} {:.2g}\n",
                        results.invariants[t.candidate], p.cutoff, p.radials, p.l_max, p.four_body_radials,
                        p.four_body_l_max, p.components, p.hidden, p.members, p.softness, c.training.learning_rate);
  }
  return text;
}

namespace {

// An axis from a little below the smallest to a little above the largest, with tics at 1, 2 and 5 of every decade.
std::string logarithmic_axis(double smallest, double largest) {
  const double low = 0.8 * smallest, high = 1.25 * largest;
  std::string tics;
  for (double decade = std::pow(10.0, std::floor(std::log10(low))); decade < high; decade *= 10.0)
    for (const double step : {1.0, 2.0, 5.0})
      if (step * decade > low && step * decade < high)
        tics += fmt::format("{}{:g}", tics.empty() ? "" : ", ", step * decade);
  return fmt::format("set logscale x\nset xrange [{:.6g}:{:.6g}]\nset xtics ({})\n", low, high, tics);
}

}  // namespace

std::string front_figure(const SearchResults& results) {
  std::string early, last, chosen;
  const auto [cheapest, dearest] = std::minmax_element(results.operations.begin(), results.operations.end());
  for (const SearchTraining& t : standings(results)) {
    if (!t.failure.empty()) continue;
    const std::string row = fmt::format("{:.6g} {:.6g} {}\n", results.operations[t.candidate], t.error, t.candidate);
    const bool full = t.rung + 1 == static_cast<int>(results.rungs.size());
    if (full && t.candidate == results.chosen) chosen = row;
    (full ? last : early) += row;
  }
  if (last.empty()) return "";
  // Blocks without rows are an error to gnuplot.
  const auto block = [](const std::string& name, const std::string& rows) {
    return rows.empty() ? "" : "$" + name + " << EOD\n" + rows + "EOD\n";
  };
  std::string script = figure_preamble("front", 700, 460) + block("early", early) + block("last", last) +
                       block("chosen", chosen) + logarithmic_axis(*cheapest, *dearest) +
                       "set offsets 0, 0, graph 0.05, graph 0.05\n"
                       "set xlabel 'inference: 1000 operations per atom and timestep'\n"
                       "set ylabel 'force error, mean over held-out frames / eV Å^{−1}'\nplot ";
  if (!early.empty())
    script += fmt::format("$early using 1:2 with points pt 6 ps 0.6 lc rgb '{}' title 'given up earlier', ",
                          FigureColors::ink);
  script += fmt::format(
      "$last using 1:2 with points pt 7 ps 0.9 lc rgb '{0}' title 'full training', "
      "$last using 1:2:3 with labels offset 1.2,0.5 tc rgb '{1}' notitle",
      FigureColors::surrogate, FigureColors::ink);
  if (!chosen.empty())
    script += fmt::format(", $chosen using 1:2 with points pt 6 ps 1.8 lw 2 lc rgb '{}' title 'chosen'",
                          FigureColors::solver);
  return script + "\n";
}

}  // namespace locum::apps
