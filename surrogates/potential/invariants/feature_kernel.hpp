// What training needs of a frame and what does not depend on the weights: the invariants q_i, their derivatives by the
// bond vectors J = ∂q_i/∂(r_j − r_i), gathered into rows of a linear model of the forces, and J projected on the
// whitened components that the network sees. Computed once for each frame.
//
// ∂q/∂r follows from V = ∂q/∂A, which is sparse (an invariant touches two or three stretches of A), and S = ∂A/∂r. The
// projection is Pᵀ J = (Pᵀ V) S: J itself is formed for the rows of the linear model alone. Multiply-adds of an atom, P
// pairs, D slots of A for each species of neighbours, |V| values: 3 P |V| for the rows, d (|V| + 3 P D) for the
// projection.
//
// On the CPU a block is eight atoms and runs from begin to end on one thread, eight pairs at a time. On the GPU a block
// is one atom: a thread prepares it, then a team shares its pairs and invariants.
#pragma once

#include <cstring>

#include "surrogates/potential/frame_batch.hpp"
#include "surrogates/potential/invariants/block_kernel.hpp"
#include "surrogates/potential/invariants/jacobian_plan.hpp"

namespace locum::potential {

inline constexpr int pair_padding = 16;  // the network's arrays pad the pairs of an atom to multiples of this

struct FeatureOutput {
  View<const int*> owner;        // of ghosts
  View<const AtomPlace*> place;  // of owned atoms
  // (Σ (3 n + 7), width), frame by frame: force rows, then six of the virial and one of the energy, columns
  // species × M + m; cleared. Empty: not wanted.
  RowMajor<double**> design;
  RowMajor<double**> invariant;  // (n, M), or empty
  // The network's view of the frames; x or jacobian empty: not wanted.
  RowMajor<float**> x;           // (n, d)
  View<const int*> pair_start;   // (n + 1), in padded pairs
  View<float*> jacobian;         // atom i from 3 d pair_start(i): (d, 3, padded pairs of i); cleared
  View<int*> pair_owner;         // (padded pairs), within the frame; −1 for padding
  View<float* [3]> pair_vector;  // (padded pairs), Å
};

// Where the arrays of a block lie that it needs beyond BlockKernel's, in packs.
struct FeatureLayout {
  int value = 0, scalar = 0, slope = 0, slope_sum = 0, projected = 0, size = 0;
  int projected_width = 0;  // components, padded

  FeatureLayout() = default;
  // at: where they begin. rows, network: what is wanted.
  FeatureLayout(const ModelShape& model, const JacobianPlan& plan, int pair_packs, int at, bool rows, bool network);
};

// Sums over an atom's pairs of S: forces, and −virial: xx, yy, zz, xy, xz, yz.
inline constexpr int slope_sums = 9;
// Components that a thread projects at once.
inline constexpr int components_at_once = 8;

// Interleaved: S of neighbouring pairs side by side, for the threads of a warp.
template <int L, bool Interleaved = !device_is_host>
struct FeatureKernel {
  static constexpr int H = (L + 1) * (L + 1);
  using Base = BlockKernel<L>;
  using Work = typename Base::Work;
  using Team = typename Kokkos::TeamPolicy<ExecutionSpace>::member_type;
  struct Prepare {};
  struct Differentiate {};
  // Which of a block's threads this is.
  struct Thread {
    int rank, size;
  };

  Base base;
  JacobianPlan plan;
  FeatureOutput out;
  FeatureLayout at;

  KOKKOS_INLINE_FUNCTION void operator()(Prepare, int slot) const;
  KOKKOS_INLINE_FUNCTION void operator()(Differentiate, const Team& team) const;

  KOKKOS_INLINE_FUNCTION void density_derivatives(const Work& w, Thread thread) const;
  KOKKOS_INLINE_FUNCTION void density_slopes(const Work& w, int lane, Thread thread) const;
  KOKKOS_INLINE_FUNCTION void sum_slopes(const Work& w, int lane, Thread thread) const;
  template <int B>
  KOKKOS_INLINE_FUNCTION void add_pairs(const Work& w, int lane, int column, int species, int pack) const;
  KOKKOS_INLINE_FUNCTION void add_neighbor_rows(const Work& w, int lane, Thread thread) const;
  KOKKOS_INLINE_FUNCTION void add_own_rows(const Work& w, Thread thread) const;
  template <int B>
  KOKKOS_INLINE_FUNCTION void project_slot(const Work& w, int slot, int first) const;
  KOKKOS_INLINE_FUNCTION void project_slots(const Work& w, Thread thread) const;
  KOKKOS_INLINE_FUNCTION void project_pack(const Work& w, int species, int pack, int first, int pairs, float* to,
                                           int padded) const;
  KOKKOS_INLINE_FUNCTION void project_pairs(const Work& w, int lane, Thread thread) const;

  // S of a pack of pairs: a slot and a component of r lie these many packs on.
  KOKKOS_FORCEINLINE_FUNCTION int slot_stride() const { return Interleaved ? 3 * base.layout.pair_packs : 3; }
  KOKKOS_FORCEINLINE_FUNCTION int component_stride() const { return Interleaved ? base.layout.pair_packs : 1; }
  KOKKOS_FORCEINLINE_FUNCTION int pack_stride() const { return Interleaved ? 1 : 3 * base.model.radials.count * H; }
  // V of one atom; with one lane it needs no place of its own.
  KOKKOS_FORCEINLINE_FUNCTION double* values_of(const Work& w) const {
    return reinterpret_cast<double*>(w.base + (lanes == 1 ? at.value : at.scalar));
  }
  KOKKOS_FORCEINLINE_FUNCTION int packs_of(const Work& w, int lane) const {
    return w.pack_end[lane * largest_species + base.model.species - 1];
  }
  KOKKOS_FORCEINLINE_FUNCTION int species_of_pack(const Work& w, int lane, int pack) const {
    int s = 0;
    while (w.pack_end[lane * largest_species + s] <= pack) ++s;
    return s;
  }
  // Where V of an invariant begins.
  KOKKOS_FORCEINLINE_FUNCTION Pack* value_of(const Work& w, int invariant) const {
    return w.base + at.value + plan.segments(plan.start(invariant)).value;
  }
};

// V of the block's atoms, in the order of the plan.
template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::density_derivatives(const Work& w, Thread thread) const {
  const DeviceModel& model = base.model;
  const Pack* A = w.density;
  for (int c = thread.rank; c < model.channels; c += thread.size) *value_of(w, c) = Pack(1.0);
  for (int k = thread.rank; k < model.three_body.extent_int(0); k += thread.size) {
    const ThreeBody t = model.three_body(k);
    Pack* v = value_of(w, model.channels + k);
    for (int m = 0; m < t.width; ++m) *v++ = Pack(t.factor) * A[t.second + m];
    for (int m = 0; m < t.width; ++m) *v++ = Pack(t.factor) * A[t.first + m];
  }
  for (int k = thread.rank; k < model.couplings.extent_int(0); k += thread.size) {
    const Coupling c = model.couplings(k);
    const Pack* B = w.product + c.product;
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      const Pack* third = A + target.third;
      Pack* v = value_of(w, target.invariant);
      Pack *first_bar = v, *second_bar = v + c.first_width, *third_bar = second_bar + c.second_width;
      for (int m = 0; m < c.first_width + c.second_width; ++m) v[m] = Pack(0.0);
      for (int m3 = 0; m3 < c.width; ++m3) {
        third_bar[m3] = B[m3];
        for (int e = model.terms_start(c.entries + m3); e < model.terms_start(c.entries + m3 + 1); ++e) {
          const CouplingTerm term = model.terms(e);
          const Pack f = Pack(term.gaunt) * third[m3];
          first_bar[term.m1] += f * A[c.second + term.m2];
          second_bar[term.m2] += f * A[c.first + term.m1];
        }
      }
    }
  }
}

// S for the pairs of one atom.
template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::density_slopes(const Work& w, int lane, Thread thread) const {
  const int N = base.model.radials.count, packs = base.layout.pair_packs, end = packs_of(w, lane);
  const int next_slot = slot_stride(), next = component_stride();
  const Pack *dx = base.pairs(w, lane), *dy = dx + packs, *dz = dy + packs;
  Pack y[H], yx[H], yy[H], yz[H], g[largest_radials], dg[largest_radials];
  for (int p = thread.rank; p < end; p += thread.size) {
    Pack* slope = w.base + at.slope + p * pack_stride();
    const Pack r = sqrt(dx[p] * dx[p] + dy[p] * dy[p] + dz[p] * dz[p]), inverse = Pack(1.0) / r;
    const Pack ux = dx[p] * inverse, uy = dy[p] * inverse, uz = dz[p] * inverse;
    harmonics_and_gradients<L>(ux, uy, uz, y, yx, yy, yz);
    base.model.radials.evaluate(r, g, dg);
    for (int h = 0; h < H; ++h) {
      const Pack along = ux * yx[h] + uy * yy[h] + uz * yz[h];
      const Pack tx = (yx[h] - ux * along) * inverse, ty = (yy[h] - uy * along) * inverse,
                 tz = (yz[h] - uz * along) * inverse;
      for (int n = 0; n < N; ++n) {
        const Pack radial = dg[n] * y[h];
        Pack* s = slope + (n * H + h) * next_slot;
        s[0] = radial * ux + g[n] * tx;
        s[next] = radial * uy + g[n] * ty;
        s[2 * next] = radial * uz + g[n] * tz;
      }
    }
  }
}

}  // namespace locum::potential

#include "surrogates/potential/invariants/feature_projection.hpp"
#include "surrogates/potential/invariants/feature_rows.hpp"

namespace locum::potential {

template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::operator()(Prepare, int slot) const {
  const DeviceModel& model = base.model;
  const Work w = base.begin(slot);
  const int M = model.invariants, d = model.components, z = w.species;
  const Pack* q = w.invariant;
  if (out.invariant.extent(0) > 0)
    for (int lane = 0; lane < w.count; ++lane)
      for (int m = 0; m < M; ++m) out.invariant(w.atoms[lane], m) = q[m].lane(lane);
  if (out.x.extent(0) == 0) return;
  Pack *x = w.x, *off = w.invariant_bar;
  for (int m = 0; m < M; ++m) off[m] = q[m] - Pack(model.mean(z, m));
  product(off, M, &model.projection(z, 0, 0), d, nullptr, x);
  for (int lane = 0; lane < w.count; ++lane)
    for (int k = 0; k < d; ++k) out.x(w.atoms[lane], k) = static_cast<float>(x[k].lane(lane));
}

template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::operator()(Differentiate, const Team& team) const {
  const Work w = base.open(team.league_rank());
  const Thread thread = device_is_host ? Thread{0, 1} : Thread{team.team_rank(), team.team_size()};
  const bool rows = out.design.extent(0) > 0, network = out.jacobian.extent(0) > 0;
  density_derivatives(w, thread);
  for (int lane = 0; lane < w.count; ++lane) {
    density_slopes(w, lane, thread);
    double* value = values_of(w);
    for (int k = 0; lanes > 1 && k < plan.values; ++k) value[k] = w.base[at.value + k].lane(lane);
    team.team_barrier();
    if (network) project_slots(w, thread);
    if (rows) sum_slopes(w, lane, thread);
    if (rows) add_neighbor_rows(w, lane, thread);
    team.team_barrier();
    if (network) project_pairs(w, lane, thread);
  }
  if (rows) add_own_rows(w, thread);
}

}  // namespace locum::potential
