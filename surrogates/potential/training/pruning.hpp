// Which invariants, components and neurons a potential can do without.
//
// Invariants go in the order in which the linear part misses them least: removing column m of a least-squares problem
// and fitting the others anew raises its loss by w_m² / [H⁻¹]_mm (Hassibi & Stork, NeurIPS 1992, Eq. 5), which is exact
// here, and so is the downdate of H⁻¹ and w. How many can go, and how many components and neurons, is decided by
// trainings and the error of held-out frames: bisection.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/potential/invariants/invariants.hpp"
#include "surrogates/potential/potential_config.hpp"

namespace locum::potential {

struct PruneConfig {
  double bound = 0.0;  // relative rise of the held-out error that is accepted; 0: no pruning
  std::string from;    // model file that is pruned; "": the one that has just been trained
  bool invariants = true, components = true, hidden = true;  // what may be removed, in this order
  int trials = 4;                                            // shapes that are tried for each of them
  int folds = 3;                                             // trainings of a shape, each with other frames held out

  void visit(ConfigVisitor& v);
  void validate() const;
};

// The invariants that can go (all but two-body ones), the least missed first. ridge: Ridge::state(). strength:
// TrainingConfig::ridge. An invariant goes for all central species at once.
std::vector<int> elimination_order(const Context& context, const FieldSet& ridge, int species, const InvariantSet& set,
                                   double strength);

// What is left of a potential.
struct PrunedShape {
  std::vector<int> kept;  // of the invariants; empty: all
  int components = 0, hidden = 0;
};
// Trains a shape and returns its held-out error.
using TrainShape = std::function<double(const PrunedShape&)>;

// From the smallest n in [least, most] that `works` (most is known to) with at most `trials` questions, by bisection.
int smallest_that_works(int least, int most, int trials, const std::function<bool(int)>& works);

// The smallest shape found whose error stays below (1 + bound) full_error; `full` itself where nothing can go. order:
// of elimination_order(), of the `count` invariants of `full`.
PrunedShape prune(const PrunedShape& full, const std::vector<int>& order, int count, double full_error,
                  const PruneConfig& config, const TrainShape& train);

}  // namespace locum::potential
