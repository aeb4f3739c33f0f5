// The potential in stages, one thread to an atom: the shape that a GPU needs. BlockKernel's functions with packs of one
// lane, on workspaces in which neighbouring threads touch neighbouring words (slots.hpp), cut where a product over all
// atoms of a species can take over:
//
//   Gather      pairs within the cut-off                                     a thread for each atom
//   Densities   A, three channels in registers                               a thread for each atom and three channels
//   Invariants  q − q̄ → matrix (M, n), the linear energy                    A in scratch memory
//   (product)   x = Pᵀ (q − q̄)                                              linalg::gemm
//   Networks    energy, ∂E/∂x → matrix (d + 3, n), score                     activations in scratch memory
//   (product)   ∂E/∂q = [P w] [∂E/∂x; 1], in place of q                      linalg::gemm
//   Adjoints    ∂E/∂A                                                        A and ∂E/∂A in scratch memory
//   Forces      forces, virial, core                                         a thread for each atom
//
// Scratch is what the execution space gives a team; where that is too little (several species, double precision) the
// same slots lie in the workspace.
#pragma once

#include "surrogates/potential/invariants/block_kernel.hpp"

namespace locum::potential {

// Matrices over the atoms of a chunk: (rows, atoms), tiles side by side.
template <class T>
struct StagedMatrices {
  RowMajor<T**> invariant;  // (M, n): q − q̄, then ∂E/∂q
  RowMajor<T**> x;          // (d, n)
  RowMajor<T**> gradient;   // (d + linear_columns, n): ∂E/∂x, and ones, which the products multiply with w
};

// Columns of [P w] that hold w: one, or where the product rounds its operands, w in three parts of eight bits. They are
// scaled by a power of two, and the ones that they meet by its inverse: the parts would be too small for fp16.
inline constexpr int linear_columns = 3;

// Radial functions whose densities a thread sums: their registers, against forming the harmonics of a pair again.
inline constexpr int radials_at_once = 3;
KOKKOS_INLINE_FUNCTION int radial_groups(int radials) { return (radials + radials_at_once - 1) / radials_at_once; }

// Where a stage that works in scratch memory has its slots.
struct ScratchSlots {
  int count = 0;      // for each thread
  bool used = false;  // false: they do not fit
};

template <int L, class T>
struct StagedKernel {
  using P = PackOf<T, 1>;
  using Base = BlockKernel<L, P, Tiled>;
  using Work = typename Base::Work;
  using Slots = typename Base::Slots;
  using Team = typename Kokkos::TeamPolicy<ExecutionSpace>::member_type;
  static constexpr int H = Base::H;
  struct Gather {};
  struct Densities {};
  struct Invariants {};
  struct Networks {};
  struct Adjoints {};
  struct Forces {};

  Base base;  // its blocks are tiles; first_block: the chunk's first
  StagedMatrices<T> matrices;
  ScratchSlots density_scratch, adjoint_scratch, network_scratch;

  KOKKOS_INLINE_FUNCTION Work open(int tile_in_chunk, int lane) const;
  KOKKOS_INLINE_FUNCTION Slots scratch(const Team& team, const ScratchSlots& slots) const;
  KOKKOS_INLINE_FUNCTION void operator()(Gather, int k) const;
  KOKKOS_INLINE_FUNCTION void operator()(Densities, int k) const;
  KOKKOS_INLINE_FUNCTION void operator()(Invariants, const Team& team) const;
  KOKKOS_INLINE_FUNCTION void operator()(Networks, const Team& team) const;
  KOKKOS_INLINE_FUNCTION void operator()(Adjoints, const Team& team) const;
  KOKKOS_INLINE_FUNCTION void operator()(Forces, int k) const;
};

// What an invariant is used for at once: centred, kept, and added to the energy.
template <class Base, class T, class P>
struct CentreInvariants {
  const Base& base;
  const T *mean, *linear;
  int species;
  StridedColumn<P> q;
  P energy;
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int m, const P& value) {
    const P centred = value - P(mean[m]);
    energy += P(linear[m]) * centred;
    q[m] = base.operand(species, m, centred);
  }
};

// Threads beyond the tile's last atom repeat it; their results are not used.
template <int L, class T>
KOKKOS_INLINE_FUNCTION typename StagedKernel<L, T>::Work StagedKernel<L, T>::open(int tile_in_chunk, int lane) const {
  const long at = tile_in_chunk;
  const int b = base.first_block + tile_in_chunk, column = tile_in_chunk * tile + lane;
  Work w;
  base.place(w, Slots{base.workspace.packs.data() + at * base.layout.size * tile + lane});
  w.neighbor = {base.workspace.neighbor.data() + at * base.layout.pair_packs * tile + lane};
  w.pack_end = {base.workspace.pack_end.data() + at * largest_species * tile + lane};
  w.invariant = {reinterpret_cast<P*>(matrices.invariant.data()) + column, matrices.invariant.extent_int(1)};
  w.invariant_bar = w.invariant;
  w.count = base.in.blocks(b, 1);
  w.species = base.in.blocks(b, 2);
  w.atoms[0] = base.in.order(base.in.blocks(b, 0) + (lane < w.count ? lane : w.count - 1));
  w.core_energy[0] = 0.0;
  return w;
}

// Thread 0's column of the team's slots.
template <int L, class T>
KOKKOS_INLINE_FUNCTION typename StagedKernel<L, T>::Slots StagedKernel<L, T>::scratch(const Team& team,
                                                                                      const ScratchSlots& s) const {
  return {s.used ? static_cast<P*>(team.team_scratch(0).get_shmem(s.count * tile * static_cast<int>(sizeof(P))))
                 : nullptr};
}

template <int L, class T>
KOKKOS_INLINE_FUNCTION void StagedKernel<L, T>::operator()(Gather, int k) const {
  Work w = open(k / tile, k % tile);
  base.gather(w, 0);
  w.base[base.layout.nearest2] = P(static_cast<T>(w.nearest2[0]));
}

// k: tile, channels, thread of the tile. The channels of a tile run side by side: its pairs are then in the cache.
template <int L, class T>
KOKKOS_INLINE_FUNCTION void StagedKernel<L, T>::operator()(Densities, int k) const {
  const int N = base.model.radials.count, groups = radial_groups(N);
  const int group = k / tile % (base.model.species * groups), species = group / groups;
  const int first = group % groups * radials_at_once;
  const Work w = open(k / (tile * base.model.species * groups), k % tile);
  const Slots dx = base.pairs(w, 0), dy = dx + base.layout.pair_packs, dz = dy + base.layout.pair_packs;
  P y[H], sum[radials_at_once][H];
#pragma GCC unroll 3
  for (int n = 0; n < radials_at_once; ++n)
#pragma GCC unroll 49
    for (int h = 0; h < H; ++h) sum[n][h] = P(0.0);
  for (int p = species > 0 ? w.pack_end[species - 1] : 0; p < w.pack_end[species]; ++p) {
    const P x = dx[p], yy = dy[p], z = dz[p];
    const P r = sqrt(x * x + yy * yy + z * z), inverse = P(1.0) / r;
    harmonics<L>(x * inverse, yy * inverse, z * inverse, y);
#pragma GCC unroll 3
    for (int n = 0; n < radials_at_once; ++n) {
      const P g = base.model.radials.value_of(r, first + n);
#pragma GCC unroll 49
      for (int h = 0; h < H; ++h) sum[n][h] += g * y[h];
    }
  }
#pragma GCC unroll 3
  for (int n = 0; n < radials_at_once; ++n)
#pragma GCC unroll 49
    for (int h = 0; h < H; ++h)
      if (first + n < N) w.density[(species * N + first + n) * H + h] = sum[n][h];
}

template <int L, class T>
KOKKOS_INLINE_FUNCTION void StagedKernel<L, T>::operator()(Invariants, const Team& team) const {
  const Slots near = scratch(team, density_scratch);
  for (int lane = team.team_rank(); lane < tile; lane += team.team_size()) {
    Work w = open(team.league_rank(), lane);
    if (near.data) {
      const Slots far = w.density;
      w.density = Slots{near.data + lane};
      for (int a = 0; a < density_scratch.count; ++a) w.density[a] = far[a];
    }
    const int z = w.species;
    CentreInvariants<Base, T, P> take{base, &base.model.mean(z, 0), &base.model.linear(z, 0), z, w.invariant, P(0.0)};
    base.invariants(w, take);
    w.base[base.layout.energy] = take.energy;
  }
}

template <int L, class T>
KOKKOS_INLINE_FUNCTION void StagedKernel<L, T>::operator()(Networks, const Team& team) const {
  const int d = base.model.components;
  const bool scored = base.out.atom_score.extent(0) > 0;
  const Slots near = scratch(team, network_scratch);
  for (int lane = team.team_rank(); lane < tile; lane += team.team_size()) {
    Work w = open(team.league_rank(), lane);
    const WorkLayout& at = base.layout;
    if (near.data) {
      w.x = Slots{near.data + lane};
      w.gradient = w.x + (at.gradient - at.x);
      w.member_gradient = w.x + (at.member_gradient - at.x);
      w.hidden = w.x + (at.hidden - at.x);
    }
    const int column = team.league_rank() * tile + lane;
    if (base.model.use_network || scored)
      for (int k = 0; k < d; ++k) w.x[k] = P(matrices.x(k, column));
    P energy = w.base[at.energy], spread2(0.0);
    base.networks(w, energy, spread2);
    base.round_gradient(w);
    for (int k = 0; k < d; ++k) matrices.gradient(k, column) = w.gradient[k].v;
    for (int k = 0; k < linear_columns; ++k)
      matrices.gradient(d + k, column) = T(1.0 / base.model.linear_scale[w.species]);
    if (lane >= w.count) continue;
    base.out.atom_energy(w.atoms[0]) = base.model.centred_constant[w.species] + energy.v;
    if (scored)
      base.out.atom_score(w.atoms[0]) =
          base.score(spread2.v, base.distance2(w).v, ::sqrt(static_cast<double>(w.base[at.nearest2].v)));
  }
}

template <int L, class T>
KOKKOS_INLINE_FUNCTION void StagedKernel<L, T>::operator()(Adjoints, const Team& team) const {
  const Slots near = scratch(team, adjoint_scratch);
  const int slots = adjoint_scratch.count / 2;
  for (int lane = team.team_rank(); lane < tile; lane += team.team_size()) {
    Work w = open(team.league_rank(), lane);
    const Slots far = w.density, far_bar = w.density_bar;
    if (near.data) {
      w.density = Slots{near.data + lane};
      w.density_bar = w.density + slots;
      for (int a = 0; a < slots; ++a) w.density[a] = far[a];
    }
    base.density_adjoints(w);
    for (int a = 0; near.data && a < slots; ++a) far_bar[a] = w.density_bar[a];
  }
}

template <int L, class T>
KOKKOS_INLINE_FUNCTION void StagedKernel<L, T>::operator()(Forces, int k) const {
  Work w = open(k / tile, k % tile);
  const int row = base.first_block * tile + k;
  P virial[6];
  for (int v = 0; v < 6; ++v) virial[v] = P(0.0);
  if (k % tile < w.count) {
    base.forces(w, 0, virial);
    if (w.base[base.layout.nearest2].v < base.model.core_outer * base.model.core_outer) {
      base.core_forces(w, 0, virial);
      base.out.atom_energy(w.atoms[0]) += w.core_energy[0];
    }
  }
  for (int v = 0; v < 6; ++v) base.out.block_virial(row, v) = virial[v].v;
}

}  // namespace locum::potential
