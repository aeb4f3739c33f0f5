// What a search has found so far: kept in search.json, shown as a table and as a picture.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/search/candidates.hpp"
#include "apps/search/front.hpp"
#include "apps/search/halving.hpp"

namespace locum::apps {

// A finished training, or the mean of those that a candidate had on a rung. Errors of held-out trajectories; NaN where
// there are none, failed or without energies.
struct SearchTraining {
  int candidate = 0, rung = 0, fold = 0;
  double error = 0.0;         // eV/Å, mean over frames of the force RMSE: decides
  double force_rmse = 0.0;    // eV/Å, over all components
  double energy_rmse = 0.0;   // meV/atom
  double microseconds = 0.0;  // per atom and timestep, measured
  double seconds = 0.0;       // that the training took
  std::string failure;        // why there is no model; "" when there is one
};

struct SearchResults {
  std::vector<Rung> rungs;
  int folds = 1;
  std::vector<Candidate> candidates;
  std::vector<double> operations;  // of each candidate, thousands per atom and timestep
  std::vector<int> invariants;     // of each candidate
  std::vector<SearchTraining> trainings;
  int chosen = -1;  // candidate; −1: none yet

  bool has(int candidate, int rung, int fold) const;
  // Of all folds of a candidate on a rung: `error` is their mean, RMSEs are root mean squares, seconds the sum,
  // microseconds the least. Nothing while a fold is missing.
  std::optional<SearchTraining> standing(int candidate, int rung) const;
  // On the last rung that the candidate has finished.
  std::optional<SearchTraining> last(int candidate) const;
};

// Of one training on one line, and back.
std::string to_json(const SearchTraining& training);
SearchTraining training_from_json(const std::string& text);

// The whole search. Numbers that are not known are null.
std::string to_json(const SearchResults& results);
// The trainings that a search.json lists. Throws ConfigError, naming `path`, for a text that is no such file.
std::vector<SearchTraining> trainings_from_json(const std::string& text, const std::string& path);

// The chosen candidate of the last rung: the smallest error among those that cost at most `largest_cost`
// (thousand operations; 0: any). −1 when there is none.
int chosen_candidate(const SearchResults& results, double largest_cost);

// A table of all candidates, best first; those on the front have a star, the chosen one an arrow.
std::string table(const SearchResults& results);
// Error against cost as a script for gnuplot.
std::string front_figure(const SearchResults& results);

}  // namespace locum::apps
