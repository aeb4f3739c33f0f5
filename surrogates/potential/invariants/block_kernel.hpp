// The potential on a block of atoms of one species, one atom in each lane of a pack: densities, invariants, committee,
// and back. The pairs of an atom are walked a pack at a time (eight doubles, or sixteen floats); everything after the
// densities runs a pack of atoms at a time.
//
// Work per atom (N radials, H = (l_max + 1)² harmonics, P pairs, M invariants, d components): about 5 P N H
// multiply-adds for the pairs, 2 M d for the projection; no memory but a few ten kB of workspace, which stays in cache.
#pragma once

#include "kokkos_kernels/base/pack.hpp"
#include "solvers/api/atomistic.hpp"
#include "surrogates/potential/invariants/block_schedule.hpp"
#include "surrogates/potential/invariants/core.hpp"
#include "surrogates/potential/invariants/device_model.hpp"
#include "surrogates/potential/invariants/harmonics.hpp"
#include "surrogates/potential/invariants/lane_algebra.hpp"
#include "surrogates/potential/invariants/radials.hpp"
#include "surrogates/potential/invariants/rounding.hpp"
#include "surrogates/potential/invariants/slots.hpp"

namespace locum::potential {

// Where the arrays of one block lie in its workspace, in packs.
struct WorkLayout {
  int pair_packs = 0;  // per lane, padding of every species included
  int sums = 0, density = 0, density_bar = 0, invariant = 0, invariant_bar = 0, product = 0, x = 0, gradient = 0,
      member_gradient = 0, hidden = 0, nearest2 = 0, energy = 0, pairs = 0, size = 0;
  WorkLayout() = default;
  WorkLayout(const ModelShape& m, int pair_packs_, int lanes = Pack::lanes);
  // Of one lane, for an evaluation in stages: invariants lie elsewhere, nothing is summed across lanes, and one
  // coupled product at a time is kept.
  static WorkLayout staged(const ModelShape& m, int pair_packs);

 private:
  void place(const ModelShape& m, int pair_packs_, int lanes, int packs_for_sums);
};

struct BlockInput {
  View<const double* [3]> position;
  View<const int*> atomic_number;
  View<const int*> offset, index;
  View<const int*> order;       // owned atoms, grouped by species
  View<const int* [3]> blocks;  // first in `order`, number of atoms (≤ lanes), species
};
struct BlockOutput {
  View<double* [3]> force;  // cleared beforehand; ghosts included
  View<double*> atom_energy;
  View<double*> atom_score;             // empty: no score is wanted
  View<double* [6]> block_virial;       // xx, yy, zz, xy, xz, yz of −∂E/∂strain
  RowMajor<double**> block_components;  // (blocks, d): sums of x; not touched where no score is wanted
};

// P: the packs; Shape: how their workspace is laid out (slots.hpp).
template <int L, class P = Pack, class Shape = Contiguous>
struct BlockKernel {
  static constexpr int H = (L + 1) * (L + 1), lanes = P::lanes;
  // Single precision sums w·(q − q̄) instead of w·q: smaller terms, smaller roundings.
  static constexpr bool centred = !std::is_same_v<typename P::Scalar, double>;
  // B of the couplings waits in the workspace for the way back. In a GPU's memory that is dearer than forming it anew.
  static constexpr bool keeps_products = !Shape::tiled;
  using T = typename P::Scalar;
  using Slots = typename Shape::template Slots<P>;
  using Rows = typename Shape::template Rows<P>;
  using Integers = typename Shape::template Slots<int>;
  DeviceModelOf<T> model;
  BlockInput in;
  BlockOutput out;
  WorkLayout layout;
  BlockWorkspaceOf<P> workspace;
  int first_block = 0;

  struct Work {
    Slots base, density, density_bar, product, x, gradient, member_gradient, hidden;
    Rows invariant, invariant_bar;
    Integers neighbor, pack_end;
    int count, species, atoms[lanes];
    double nearest2[lanes], core_energy[lanes];
  };

  KOKKOS_INLINE_FUNCTION void operator()(int slot) const;
  // The block in `slot`, as begin() has left it in the workspace.
  KOKKOS_INLINE_FUNCTION Work open(int slot) const;
  // The block in `slot`, its pairs, densities and invariants.
  KOKKOS_INLINE_FUNCTION Work begin(int slot) const;
  // The arrays that lie in the workspace at `base`.
  KOKKOS_INLINE_FUNCTION void place(Work& w, Slots base) const;
  KOKKOS_INLINE_FUNCTION void gather(Work& w, int lane) const;
  KOKKOS_INLINE_FUNCTION void densities(const Work& w, int lane) const;
  // Each invariant is given to take(index, value).
  template <class Take>
  KOKKOS_INLINE_FUNCTION void invariants(const Work& w, Take&& take) const;
  KOKKOS_INLINE_FUNCTION void couple(const Coupling& c, Slots A, Slots B) const;
  KOKKOS_INLINE_FUNCTION P energies(const Work& w, P& spread2) const;
  // Operands of the products as the model's precision rounds them.
  KOKKOS_INLINE_FUNCTION P operand(int species, int invariant, P centred_invariant) const;
  KOKKOS_INLINE_FUNCTION void round_gradient(const Work& w) const;
  KOKKOS_INLINE_FUNCTION void networks(const Work& w, P& energy, P& spread2) const;
  KOKKOS_INLINE_FUNCTION P distance2(const Work& w) const;
  KOKKOS_INLINE_FUNCTION double score(double spread2, double distance2, double nearest) const;
  KOKKOS_INLINE_FUNCTION void density_adjoints(const Work& w) const;
  KOKKOS_INLINE_FUNCTION void forces(Work& w, int lane, P* virial) const;
  KOKKOS_INLINE_FUNCTION void core_forces(Work& w, int lane, P* virial) const;
  KOKKOS_INLINE_FUNCTION void scatter(const Work& w, int lane, int pack, const P* t, double* own) const;

  KOKKOS_FORCEINLINE_FUNCTION Slots pairs(const Work& w, int lane) const {
    return w.base + (layout.pairs + 3 * lane * layout.pair_packs);
  }
};

// A sum into memory that other threads may add to: plain where the execution space has one thread.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void add_shared(T* to, T value) {
  if constexpr (device_is_host)
    *to += value;
  else
    Kokkos::atomic_add(to, value);
}

}  // namespace locum::potential

#include "surrogates/potential/invariants/block_kernel_energy.hpp"
#include "surrogates/potential/invariants/block_kernel_pairs.hpp"
