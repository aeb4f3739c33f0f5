#include "apps/search/search_config.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void SearchConfig::visit(ConfigVisitor& v) {
  v.value({"candidates", "", "settings that are tried, the input's own among them; 0: no search", {0, 100000}},
          candidates);
  v.value({"reduction", "", "one candidate in so many goes on, with so many times the epochs", {2, 100}}, reduction);
  v.value({"folds", "", "cross-validation: trainings of each, with other trajectories held out", {1, 100}}, folds);
  v.value({"largest_cost",
           "1000 operations/atom",
           "the chosen model's inference costs no more than this; 0: the smallest error at any cost",
           {0.0, 1e9}},
          largest_cost);
}

void SearchConfig::validate() const {
  if (candidates < 0 || reduction < 2 || folds < 1 || !(largest_cost >= 0.0))
    throw ConfigError("a number is out of range", "search",
                      "candidates ≥ 0, reduction ≥ 2, folds ≥ 1, largest_cost ≥ 0");
}

}  // namespace locum::apps
