// [search] of `locum train`: which settings are tried, and which of them is chosen.
#pragma once

#include "kokkos_kernels/base/config.hpp"

namespace locum::apps {

struct SearchConfig {
  int candidates = 0;         // 0: no search; --search N sets it. The input's own settings are the first
  int reduction = 3;          // η: one in so many goes on to the next rung, with so many times the epochs
  int folds = 3;              // trainings of a candidate on a rung, each with other trajectories held out
  double largest_cost = 0.0;  // thousand operations per atom and timestep that the chosen model may cost; 0: any number

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::apps
