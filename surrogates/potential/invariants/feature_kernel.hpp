// What training needs of a frame and what does not depend on the weights: the invariants q_i, their derivatives by the
// bond vectors J = ∂q_i/∂(r_j − r_i), gathered into rows of a linear model of the forces, and J projected on the
// whitened components that the network sees. Computed once for each frame.
//
// ∂q/∂r follows from ∂q/∂A, which is sparse (an invariant touches two or three stretches of A), and ∂A/∂r. Work per
// atom: about 3 P Σ_m (touched slots) multiply-adds, eight pairs at a time.
#pragma once

#include <cstring>

#include "surrogates/potential/invariants/block_kernel.hpp"

namespace locum::potential {

inline constexpr int pair_padding = 16;  // the network's arrays pad the pairs of an atom to multiples of this

// A stretch of A that an invariant depends on, and where its derivatives by them lie.
struct Segment {
  int species;  // of the neighbours that it sums over
  int slot;     // within that species' part of A
  int width, value;
};
struct JacobianPlan {
  int values = 0;
  View<const Segment*> segments;
  View<const int*> start;        // (M + 1)
  View<const Pack*> projection;  // (species, M, packs of d), zero-padded
  int projection_packs = 0;
};

struct FeatureOutput {
  View<const int*> owner;  // of ghosts
  // (3 n + 7, width): force rows, then six of the virial and one of the energy, columns species × M + m; cleared.
  // Empty: not wanted.
  RowMajor<double**> design;
  RowMajor<double**> invariant;  // (n, M), or empty
  // The network's view of the frame; x or jacobian empty: not wanted.
  RowMajor<float**> x;           // (n, d)
  View<const int*> pair_start;   // (n + 1), in padded pairs
  View<float*> jacobian;         // atom i from 3 d pair_start(i): (d, 3, padded pairs of i); cleared
  View<int*> pair_owner;         // (padded pairs), −1 for padding
  View<float* [3]> pair_vector;  // (padded pairs), Å
};

template <int L>
struct FeatureKernel {
  static constexpr int H = (L + 1) * (L + 1);
  using Base = BlockKernel<L>;
  using Work = typename Base::Work;
  Base base;
  JacobianPlan plan;
  FeatureOutput out;
  int value_at, scalar_at, density_slope_at, jacobian_at, row_packs;  // places in the workspace

  // Packs that the block needs beyond BlockKernel's.
  static int extra(const DeviceModel& model, const JacobianPlan& plan, int pair_packs) {
    const int row_packs = (model.invariants + lanes - 1) / lanes;
    return plan.values + (plan.values + lanes - 1) / lanes + 3 * model.radials.count * H * pair_packs +
           3 * lanes * pair_packs * row_packs;
  }
  void place(int at) {
    value_at = at;
    scalar_at = value_at + plan.values;
    density_slope_at = scalar_at + (plan.values + lanes - 1) / lanes;
    jacobian_at = density_slope_at + 3 * base.model.radials.count * H * base.layout.pair_packs;
    row_packs = (base.model.invariants + lanes - 1) / lanes;
  }

  KOKKOS_INLINE_FUNCTION void operator()(int slot) const;
  KOKKOS_INLINE_FUNCTION void density_derivatives(const Work& w) const;
  KOKKOS_INLINE_FUNCTION void density_slopes(const Work& w, int lane) const;
  KOKKOS_INLINE_FUNCTION void jacobian(const Work& w, int lane) const;
  template <int B>
  KOKKOS_INLINE_FUNCTION void jacobian_packs(const Work& w, int species, int pack) const;
  KOKKOS_INLINE_FUNCTION void add_rows(const Work& w, int lane) const;
  KOKKOS_INLINE_FUNCTION void project(const Work& w, int lane) const;
};

// ∂q/∂A of the eight atoms, in the order of the plan.
template <int L>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::density_derivatives(const Work& w) const {
  const DeviceModel& model = base.model;
  const Pack* A = w.base + base.layout.density;
  Pack* v = w.base + value_at;
  for (int c = 0; c < model.channels; ++c) *v++ = Pack(1.0);
  for (int k = 0; k < model.three_body.extent_int(0); ++k) {
    const ThreeBody t = model.three_body(k);
    for (int m = 0; m < t.width; ++m) *v++ = Pack(t.factor) * A[t.second + m];
    for (int m = 0; m < t.width; ++m) *v++ = Pack(t.factor) * A[t.first + m];
  }
  for (int k = 0; k < model.couplings.extent_int(0); ++k) {
    const Coupling c = model.couplings(k);
    const Pack* B = w.base + base.layout.product + c.product;
    for (int t = c.target; t < c.target_end; ++t) {
      const Pack* third = A + model.targets(t).third;
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
      v = third_bar + c.width;
    }
  }
}

// ∂A/∂r for the pairs of one atom: (pack, radial × H + harmonic, 3).
template <int L>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::density_slopes(const Work& w, int lane) const {
  const int N = base.model.radials.count, packs = base.layout.pair_packs;
  const Pack *dx = base.pairs(w, lane), *dy = dx + packs, *dz = dy + packs;
  Pack y[H], yx[H], yy[H], yz[H], g[largest_radials], dg[largest_radials];
  const int end = w.pack_end[lane * largest_species + base.model.species - 1];
  for (int p = 0; p < end; ++p) {
    Pack* slope = w.base + density_slope_at + 3 * p * N * H;
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
        Pack* s = slope + 3 * (n * H + h);
        s[0] = radial * ux + g[n] * tx;
        s[1] = radial * uy + g[n] * ty;
        s[2] = radial * uz + g[n] * tz;
      }
    }
  }
}

// J of one atom for B packs of pairs of one species: row 3 (pack × lanes + pair) + component, columns the invariants.
template <int L>
template <int B>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::jacobian_packs(const Work& w, int species, int pack) const {
  const int stretch = 3 * base.model.radials.count * H;
  const Pack* slope = w.base + density_slope_at + pack * stretch;
  const double* value = reinterpret_cast<const double*>(w.base + scalar_at);
  Pack* J = w.base + jacobian_at;
  for (int column = 0; column < row_packs; ++column) {
    Pack sum[B][3][lanes], turned[lanes];
    for (int k = 0; k < lanes; ++k) {
      Pack a[B][3];
      for (int b = 0; b < B; ++b) a[b][0] = a[b][1] = a[b][2] = Pack(0.0);
      const int m = column * lanes + k, end = m < base.model.invariants ? plan.start(m + 1) : 0;
      for (int e = end > 0 ? plan.start(m) : 0; e < end; ++e) {
        const Segment segment = plan.segments(e);
        if (segment.species != species) continue;
        const double* v = value + segment.value;
        const Pack* t = slope + 3 * segment.slot;
        for (int j = 0; j < segment.width; ++j, t += 3) {
          const Pack f(v[j]);
#pragma GCC unroll 8
          for (int b = 0; b < B; ++b) {
            a[b][0] += f * t[b * stretch];
            a[b][1] += f * t[b * stretch + 1];
            a[b][2] += f * t[b * stretch + 2];
          }
        }
      }
      for (int b = 0; b < B; ++b)
        for (int c = 0; c < 3; ++c) sum[b][c][k] = a[b][c];
    }
    for (int b = 0; b < B; ++b)
      for (int c = 0; c < 3; ++c) {
        transpose(sum[b][c], turned);
        for (int k = 0; k < lanes; ++k) J[(3 * ((pack + b) * lanes + k) + c) * row_packs + column] = turned[k];
      }
  }
}

template <int L>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::jacobian(const Work& w, int lane) const {
  const Pack* values = w.base + value_at;
  double* value = reinterpret_cast<double*>(w.base + scalar_at);
  for (int k = 0; k < plan.values; ++k) value[k] = values[k].lane(lane);
  int p = 0;
  for (int s = 0; s < base.model.species; ++s) {
    const int end = w.pack_end[lane * largest_species + s];
    for (; p + 2 <= end; p += 2) jacobian_packs<2>(w, s, p);
    for (; p < end; ++p) jacobian_packs<1>(w, s, p);
  }
}

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

// The energy moves with r_j − r_i: +J on the atom's own force, −J on the neighbour's, −d ⊗ J on the virial.
template <int L>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::add_rows(const Work& w, int lane) const {
  const int M = base.model.invariants, i = w.atoms[lane], plane = base.layout.pair_packs * lanes;
  const double* d = reinterpret_cast<const double*>(base.pairs(w, lane));
  const int* neighbor_of = w.neighbor + lane * plane;
  const int count = w.pack_end[lane * largest_species + base.model.species - 1] * lanes;
  const int virial_row = out.design.extent_int(0) - 7;
  for (int column = 0; column < row_packs; ++column) {
    const int at = w.species * M + column * lanes, width = M - column * lanes < lanes ? M - column * lanes : lanes;
    Pack own[3], virial[6];
    for (int c = 0; c < 3; ++c) own[c] = virial[c] = virial[3 + c] = Pack(0.0);
    for (int k = 0; k < count; ++k) {
      if (neighbor_of[k] < 0) continue;
      const int j = out.owner(neighbor_of[k]);
      const Pack* J = w.base + jacobian_at + 3 * k * row_packs + column;
      const Pack Jx = J[0], Jy = J[row_packs], Jz = J[2 * row_packs];
      const Pack x(d[k]), y(d[k + plane]), z(d[k + 2 * plane]);
      own[0] += Jx;
      own[1] += Jy;
      own[2] += Jz;
      add_pack(&out.design(3 * j, at), -Jx, width);
      add_pack(&out.design(3 * j + 1, at), -Jy, width);
      add_pack(&out.design(3 * j + 2, at), -Jz, width);
      virial[0] -= x * Jx;
      virial[1] -= y * Jy;
      virial[2] -= z * Jz;
      virial[3] -= x * Jy;
      virial[4] -= x * Jz;
      virial[5] -= y * Jz;
    }
    for (int c = 0; c < 3; ++c) add_pack(&out.design(3 * i + c, at), own[c], width);
    for (int v = 0; v < 6; ++v) add_pack(&out.design(virial_row + v, at), virial[v], width);
  }
  const Pack* q = w.base + base.layout.invariant;
  for (int m = 0; m < M; ++m) add_shared(&out.design(virial_row + 6, w.species * M + m), q[m].lane(lane));
}

// B packs of J times the projection for one pair: 3 B sums at once hide the latency of the additions.
template <int B>
KOKKOS_FORCEINLINE_FUNCTION void project_pair(const double* J, int next, const Pack* projection, int stride, int count,
                                              Pack* out) {
  Pack sum[3][B];
  for (int c = 0; c < 3; ++c)
    for (int b = 0; b < B; ++b) sum[c][b] = Pack(0.0);
  for (int m = 0; m < count; ++m, projection += stride)
    for (int c = 0; c < 3; ++c)
      for (int b = 0; b < B; ++b) sum[c][b] += Pack(J[c * next + m]) * projection[b];
  for (int b = 0; b < B; ++b)
    for (int c = 0; c < 3; ++c) out[3 * b + c] = sum[c][b];
}

// J times the projection, four packs of components at a time.
template <int L>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::project(const Work& w, int lane) const {
  const int M = base.model.invariants, D = base.model.components, i = w.atoms[lane];
  const int plane = base.layout.pair_packs * lanes, stride = plan.projection_packs;
  const double* d = reinterpret_cast<const double*>(base.pairs(w, lane));
  const int* neighbor_of = w.neighbor + lane * plane;
  const int count = w.pack_end[lane * largest_species + base.model.species - 1] * lanes;
  const int start = out.pair_start(i), padded = out.pair_start(i + 1) - start;
  float* to = out.jacobian.data() + 3L * D * start;
  Pack sum[12];
  for (int k = 0, pair = 0; k < count; ++k) {
    if (neighbor_of[k] < 0) continue;
    out.pair_owner(start + pair) = out.owner(neighbor_of[k]);
    for (int c = 0; c < 3; ++c) out.pair_vector(start + pair, c) = static_cast<float>(d[k + c * plane]);
    const double* J = reinterpret_cast<const double*>(w.base + jacobian_at + 3 * k * row_packs);
    for (int first = 0; first < stride; first += 4) {
      const Pack* P = plan.projection.data() + w.species * M * stride + first;
      const int packs = stride - first < 4 ? stride - first : 4;
      if (packs == 4) project_pair<4>(J, row_packs * lanes, P, stride, M, sum);
      if (packs == 3) project_pair<3>(J, row_packs * lanes, P, stride, M, sum);
      if (packs == 2) project_pair<2>(J, row_packs * lanes, P, stride, M, sum);
      if (packs == 1) project_pair<1>(J, row_packs * lanes, P, stride, M, sum);
      for (int e = first * lanes; e < (first + packs) * lanes && e < D; ++e)
        for (int c = 0; c < 3; ++c)
          to[(3 * e + c) * padded + pair] = static_cast<float>(sum[3 * (e / lanes - first) + c].lane(e % lanes));
    }
    ++pair;
  }
}

template <int L>
KOKKOS_INLINE_FUNCTION void FeatureKernel<L>::operator()(int slot) const {
  const DeviceModel& model = base.model;
  const Work w = base.begin(slot);
  const int M = model.invariants, d = model.components, z = w.species;
  Pack* q = w.base + base.layout.invariant;
  if (out.invariant.extent(0) > 0)
    for (int lane = 0; lane < w.count; ++lane)
      for (int m = 0; m < M; ++m) out.invariant(w.atoms[lane], m) = q[m].lane(lane);
  const bool rows = out.design.extent(0) > 0, network = out.jacobian.extent(0) > 0;
  if (out.x.extent(0) > 0) {
    Pack *x = w.base + base.layout.x, *off = w.base + base.layout.invariant_bar;
    for (int m = 0; m < M; ++m) off[m] = q[m] - Pack(model.mean(z, m));
    product(off, M, &model.projection(z, 0, 0), d, nullptr, x);
    for (int lane = 0; lane < w.count; ++lane)
      for (int k = 0; k < d; ++k) out.x(w.atoms[lane], k) = static_cast<float>(x[k].lane(lane));
  }
  if (!rows && !network) return;
  density_derivatives(w);
  for (int lane = 0; lane < w.count; ++lane) {
    density_slopes(w, lane);
    jacobian(w, lane);
    if (rows) add_rows(w, lane);
    if (network) project(w, lane);
  }
}

}  // namespace locum::potential
