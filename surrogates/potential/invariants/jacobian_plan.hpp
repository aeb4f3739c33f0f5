// Which densities each invariant depends on, in the orders that the kernels of feature_kernel.hpp walk.
#pragma once

#include "kokkos_kernels/base/pack.hpp"
#include "surrogates/potential/invariants/device_model.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {

// A stretch of A that an invariant depends on, and where its derivatives by them lie.
struct Segment {
  int species;  // of the neighbours that it sums over
  int slot;     // within that species' part of A
  int width, value;
};
// One of those derivatives, seen from the density.
struct SlotValue {
  int value, invariant;
};

struct JacobianPlan {
  int values = 0;                      // ∂q/∂A that do not vanish, for each atom
  View<const Segment*> segments;       // of each invariant in turn
  View<const int*> start;              // (M + 1), in `segments`
  View<const SlotValue*> slot_values;  // of each slot of A in turn
  View<const int*> slot_start;         // (slots of A + 1), in `slot_values`
  View<const Pack*> projection;        // (species, M, packs of d), zero-padded
  int projection_packs = 0;
};

JacobianPlan plan_jacobian(const NeuralPotential& potential);

}  // namespace locum::potential
