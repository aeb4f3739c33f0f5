// FeatureKernel: the rows of the linear model. Included by feature_kernel.hpp.
//
// The energy moves with r_j − r_i: +J on the atom's own force, −J on the neighbour's, −d ⊗ J on the virial. What is
// summed over all pairs is formed from sums of S, eight atoms at a time; what goes to the neighbours from S, eight
// pairs at a time.
#pragma once

#include "surrogates/potential/invariants/feature_kernel.hpp"

namespace locum::potential {

// to[0 … count) += value, where other threads may add too.
KOKKOS_FORCEINLINE_FUNCTION void add_pack(double* to, Pack value, int count) {
  if (device_is_host && count == lanes) {
    Pack sum;
    std::memcpy(&sum, to, sizeof sum);
    sum += value;
    std::memcpy(to, &sum, sizeof sum);
  } else {
    for (int k = 0; k < count; ++k) add_shared(to + k, value.lane(k));
  }
}

// Sums of S over the pairs of one atom, of each slot of A.
template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::sum_slopes(const Work& w, int lane, Thread thread) const {
  const int stretch = base.model.radials.count * H, packs = base.layout.pair_packs;
  const int groups = (stretch + lanes - 1) / lanes, next = component_stride(), next_pack = pack_stride();
  const Pack *dx = base.pairs(w, lane), *dy = dx + packs, *dz = dy + packs;
  for (int item = thread.rank; item < base.model.species * groups; item += thread.size) {
    const int s = item / groups, first = item % groups * lanes;
    const int count = stretch - first < lanes ? stretch - first : lanes;
    const int begin = s > 0 ? w.pack_end[lane * largest_species + s - 1] : 0;
    const int end = w.pack_end[lane * largest_species + s];
    Pack part[slope_sums][lanes];
    for (int k = 0; k < lanes; ++k) {
      Pack sum[slope_sums];
      for (int q = 0; q < slope_sums; ++q) sum[q] = Pack(0.0);
      const Pack* slope = w.base + at.slope + (first + (k < count ? k : 0)) * slot_stride();
      for (int p = begin; p < end; ++p) {
        const Pack x = slope[p * next_pack], y = slope[p * next_pack + next], z = slope[p * next_pack + 2 * next];
        sum[0] += x;
        sum[1] += y;
        sum[2] += z;
        sum[3] -= dx[p] * x;
        sum[4] -= dy[p] * y;
        sum[5] -= dz[p] * z;
        sum[6] -= dx[p] * y;
        sum[7] -= dx[p] * z;
        sum[8] -= dy[p] * z;
      }
      for (int q = 0; q < slope_sums; ++q) part[q][k] = sum[q];
    }
    Pack* to = w.base + at.slope_sum + (s * stretch + first) * slope_sums;
    for (int q = 0; q < slope_sums; ++q) {
      const Pack total = sum_each(part[q]);
      for (int k = 0; k < count; ++k) to[k * slope_sums + q].lane(lane) = total.lane(k);
    }
  }
}

// −J of B packs of pairs of one species, for a pack of invariants, on the rows of their neighbours.
template <int L, bool I>
template <int B>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::add_pairs(const Work& w, int lane, int column, int species,
                                                           int pack) const {
  const int next_slot = slot_stride(), next = component_stride(), next_pack = pack_stride();
  const Pack* slope = w.base + at.slope + pack * next_pack;
  const double* value = values_of(w);
  const int M = base.model.invariants;
  Pack sum[B][3][lanes], turned[lanes];
  for (int k = 0; k < lanes; ++k) {
    Pack a[B][3];
    for (int b = 0; b < B; ++b) a[b][0] = a[b][1] = a[b][2] = Pack(0.0);
    const int m = column * lanes + k, end = m < M ? plan.start(m + 1) : 0;
    for (int e = end > 0 ? plan.start(m) : 0; e < end; ++e) {
      const Segment segment = plan.segments(e);
      if (segment.species != species) continue;
      const double* v = value + segment.value;
      const Pack* t = slope + segment.slot * next_slot;
      for (int j = 0; j < segment.width; ++j, t += next_slot) {
        const Pack f(v[j]);
#pragma GCC unroll 8
        for (int b = 0; b < B; ++b) {
          a[b][0] -= f * t[b * next_pack];
          a[b][1] -= f * t[b * next_pack + next];
          a[b][2] -= f * t[b * next_pack + 2 * next];
        }
      }
    }
    for (int b = 0; b < B; ++b)
      for (int c = 0; c < 3; ++c) sum[b][c][k] = a[b][c];
  }
  const int to = w.species * M + column * lanes, width = M - column * lanes < lanes ? M - column * lanes : lanes;
  const int first_row = out.place(w.atoms[lane]).first_row, first_atom = out.place(w.atoms[lane]).first_atom;
  for (int b = 0; b < B; ++b) {
    const int* neighbor_of = w.neighbor + (lane * base.layout.pair_packs + pack + b) * lanes;
    for (int c = 0; c < 3; ++c) {
      transpose(sum[b][c], turned);
      for (int k = 0; k < lanes && neighbor_of[k] >= 0; ++k)
        add_pack(&out.design(first_row + 3 * (out.owner(neighbor_of[k]) - first_atom) + c, to), turned[k], width);
    }
  }
}

template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::add_neighbor_rows(const Work& w, int lane, Thread thread) const {
  const int columns = (base.model.invariants + lanes - 1) / lanes, packs = packs_of(w, lane);
  if constexpr (lanes == 1) {
    for (int item = thread.rank; item < columns * packs; item += thread.size)
      add_pairs<1>(w, lane, item / packs, species_of_pack(w, lane, item % packs), item % packs);
  } else {
    for (int p = 0; p < packs;) {
      const int species = species_of_pack(w, lane, p), end = w.pack_end[lane * largest_species + species];
      const bool two = p + 2 <= end;
      for (int column = 0; column < columns; ++column)
        if (two)
          add_pairs<2>(w, lane, column, species, p);
        else
          add_pairs<1>(w, lane, column, species, p);
      p += two ? 2 : 1;
    }
  }
}

// The atoms' own forces, their shares of the virial and the energy.
template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::add_own_rows(const Work& w, Thread thread) const {
  const int M = base.model.invariants, stretch = base.model.radials.count * H;
  const int columns = (M + lanes - 1) / lanes;
  const Pack *values = w.base + at.value, *slope_sum = w.base + at.slope_sum, *q = w.invariant;
  for (int column = thread.rank; column < columns; column += thread.size) {
    Pack part[slope_sums + 1][lanes], turned[lanes];
    for (int k = 0; k < lanes; ++k) {
      Pack sum[slope_sums];
      for (int s = 0; s < slope_sums; ++s) sum[s] = Pack(0.0);
      const int m = column * lanes + k, end = m < M ? plan.start(m + 1) : 0;
      for (int e = end > 0 ? plan.start(m) : 0; e < end; ++e) {
        const Segment segment = plan.segments(e);
        const Pack* t = slope_sum + (segment.species * stretch + segment.slot) * slope_sums;
        for (int j = 0; j < segment.width; ++j, t += slope_sums) {
          const Pack f = values[segment.value + j];
#pragma GCC unroll 9
          for (int s = 0; s < slope_sums; ++s) sum[s] += f * t[s];
        }
      }
      for (int s = 0; s < slope_sums; ++s) part[s][k] = sum[s];
      part[slope_sums][k] = m < M ? q[m] : Pack(0.0);
    }
    const int to = w.species * M + column * lanes, width = M - column * lanes < lanes ? M - column * lanes : lanes;
    for (int s = 0; s <= slope_sums; ++s) {
      transpose(part[s], turned);
      for (int lane = 0; lane < w.count; ++lane) {
        const AtomPlace place = out.place(w.atoms[lane]);
        const int own = place.first_row + 3 * (w.atoms[lane] - place.first_atom);
        add_pack(&out.design(s < 3 ? own + s : place.last_row - 7 + s - 3, to), turned[lane], width);
      }
    }
  }
}

}  // namespace locum::potential
