// FeatureKernel: J projected on the components, (Pᵀ V) S. Included by feature_kernel.hpp.
#pragma once

#include "surrogates/potential/invariants/feature_kernel.hpp"

namespace locum::potential {

// B packs of components of Pᵀ V, of one slot of A.
template <int L, bool I>
template <int B>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::project_slot(const Work& w, int slot, int first) const {
  const int stride = plan.projection_packs;
  const double* value = values_of(w);
  const Pack* projection =
      plan.projection.data() + static_cast<long>(w.species) * base.model.invariants * stride + first;
  Pack sum[B];
  for (int b = 0; b < B; ++b) sum[b] = Pack(0.0);
  for (int e = plan.slot_start(slot); e < plan.slot_start(slot + 1); ++e) {
    const SlotValue from = plan.slot_values(e);
    const Pack f(value[from.value]);
    const Pack* row = projection + from.invariant * stride;
#pragma GCC unroll 4
    for (int b = 0; b < B; ++b) sum[b] += f * row[b];
  }
  Pack* to = w.base + at.projected + slot * (at.projected_width / lanes) + first;
  for (int b = 0; b < B; ++b) to[b] = sum[b];
}

template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::project_slots(const Work& w, Thread thread) const {
  constexpr int at_once = lanes > 1 ? 4 : 1;  // on a GPU neighbouring threads take neighbouring components
  const int packs = plan.projection_packs, groups = (packs + at_once - 1) / at_once;
  const int slots = base.model.species * base.model.radials.count * H;
  for (int item = thread.rank; item < slots * groups; item += thread.size) {
    const int slot = item / groups, first = item % groups * at_once;
    if (first + at_once <= packs)
      project_slot<at_once>(w, slot, first);
    else
      for (int b = first; b < packs; ++b) project_slot<1>(w, slot, b);
  }
}

// Some components of a pack of pairs, of which there are `pairs`.
template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::project_pack(const Work& w, int species, int pack, int first,
                                                              int pairs, float* to, int padded) const {
  constexpr int B = components_at_once;
  const int stretch = base.model.radials.count * H, d = base.model.components, width = at.projected_width;
  const int next_slot = slot_stride(), next = component_stride();
  const Pack* s = w.base + at.slope + pack * pack_stride();
  const double* projected = reinterpret_cast<const double*>(w.base + at.projected) + species * stretch * width + first;
  Pack sum[B][3];
  for (int b = 0; b < B; ++b) sum[b][0] = sum[b][1] = sum[b][2] = Pack(0.0);
  for (int slot = 0; slot < stretch; ++slot, s += next_slot, projected += width) {
    const Pack x = s[0], y = s[next], z = s[2 * next];
#pragma GCC unroll 8
    for (int b = 0; b < B; ++b) {
      const Pack f(projected[b]);
      sum[b][0] += f * x;
      sum[b][1] += f * y;
      sum[b][2] += f * z;
    }
  }
  for (int b = 0; b < B && first + b < d; ++b)
    for (int c = 0; c < 3; ++c)
      for (int k = 0; k < pairs; ++k) to[(3 * (first + b) + c) * padded + k] = static_cast<float>(sum[b][c].lane(k));
}

template <int L, bool I>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L, I>::project_pairs(const Work& w, int lane, Thread thread) const {
  const int d = base.model.components, i = w.atoms[lane], plane = base.layout.pair_packs * lanes;
  const int packs = packs_of(w, lane), groups = (d + components_at_once - 1) / components_at_once;
  const double* r = reinterpret_cast<const double*>(base.pairs(w, lane));
  const int start = out.pair_start(i), padded = out.pair_start(i + 1) - start;
  float* to = out.jacobian.data() + 3L * d * start;
  int before = 0;  // pairs of the packs before: on the CPU, where one thread walks them all
  for (int item = thread.rank; item < packs * groups; item += thread.size) {
    const int pack = lanes == 1 ? item % packs : item / groups, group = lanes == 1 ? item / packs : item % groups;
    const int* neighbor_of = w.neighbor + lane * plane + pack * lanes;
    const int first = lanes == 1 ? pack : before;
    int pairs = 0;
    while (pairs < lanes && neighbor_of[pairs] >= 0) ++pairs;
    project_pack(w, species_of_pack(w, lane, pack), pack, group * components_at_once, pairs, to + first, padded);
    if (group + 1 < groups) continue;
    for (int k = 0; k < pairs; ++k) {
      out.pair_owner(start + first + k) = out.owner(neighbor_of[k]) - out.place(i).first_atom;
      for (int c = 0; c < 3; ++c)
        out.pair_vector(start + first + k, c) = static_cast<float>(r[pack * lanes + k + c * plane]);
    }
    before += pairs;
  }
}

}  // namespace locum::potential
