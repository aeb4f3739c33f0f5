// What a search tries: the input's own settings, and others drawn around them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "surrogates/potential/potential_config.hpp"

namespace locum::apps {

struct Candidate {
  potential::PotentialConfig potential;
  potential::TrainingConfig training;
};

// Where candidates are drawn from. Everything else is the input's: weights of the residuals above all, which say what
// an error is. Intervals are drawn from log-uniformly, lists uniformly.
struct SearchRanges {
  struct Interval {
    double low, high;
  };
  Interval cutoff{0.85, 1.15};  // of the input's
  Interval softness{0.1, 1.5};
  Interval learning_rate{3e-3, 2e-2};
  std::vector<int> radials{4, 5, 6, 7, 8};
  std::vector<int> l_max{2, 3, 4, 5};
  std::vector<int> four_body_radials{0, 2, 3, 4, 5, 6};  // no more than radials
  std::vector<int> four_body_l_max{2, 3, 4};
  std::vector<int> components{12, 16, 24, 32, 48, 64, 96, 128};
  std::vector<int> hidden{8, 12, 16, 24, 32, 48};
  std::vector<int> members{2, 3, 4, 6, 8};
  int invariants = 2000;  // no more than this, or than 1.5 times the input's: their number grows as species³
};

// Candidate `number` of a search: 0 is `base` itself, others are valid settings that depend on base, seed, number and
// attempt alone. species: elements in the data.
Candidate draw_candidate(const Candidate& base, int species, std::uint64_t seed, int number, int attempt = 0,
                         const SearchRanges& ranges = {});

// The settings that a search varies, by their names in the input.
std::vector<std::pair<std::string, double>> searched_settings(const Candidate& candidate);

}  // namespace locum::apps
