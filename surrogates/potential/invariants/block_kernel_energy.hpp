// BlockKernel: what runs over a pack of atoms at a time, and the order of it all. Included by block_kernel.hpp.
#pragma once

#include "surrogates/potential/invariants/block_kernel.hpp"
#include "surrogates/potential/invariants/coupled_product.hpp"

namespace locum::potential {

// The forward and reverse of a coupling, for with_degrees().
template <bool Keep, class Model, class Slots, class Take>
struct ForwardCoupling {
  const Model& model;
  const Coupling& coupling;
  Slots A, product;
  Take& take;
  template <class Product>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(Product) const {
    Product::template forward<Keep>(model, coupling, A, product, take);
  }
};
template <bool Kept, class Model, class Slots, class Rows>
struct ReverseCoupling {
  const Model& model;
  const Coupling& coupling;
  Slots A, product;
  Rows qbar;
  Slots D;
  template <class Product>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(Product) const {
    Product::template reverse<Kept>(model, coupling, A, product, qbar, D);
  }
};

// Keeps every invariant as it is.
template <class Rows>
struct KeepInvariants {
  Rows q;
  template <class P>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(int m, const P& value) const {
    q[m] = value;
  }
};

// B of a coupling of any degrees.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::couple(const Coupling& c, Slots A, Slots B) const {
  const Slots a = A + c.first, b = A + c.second;
  for (int m3 = 0; m3 < c.width; ++m3) {
    P sum(0.0);
    for (int e = model.terms_start(c.entries + m3); e < model.terms_start(c.entries + m3 + 1); ++e) {
      const CouplingTerm term = model.terms(e);
      sum += P(term.gaunt) * a[term.m1] * b[term.m2];
    }
    B[m3] = sum;
  }
}

template <int L, class P, class Shape>
template <class Take>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::invariants(const Work& w, Take&& take) const {
  const Slots A = w.density;
  for (int c = 0; c < model.channels; ++c) take(c, P(A[c * H]));
  const int three = static_cast<int>(model.three_body.extent(0));
  for (int k = 0; k < three; ++k) {
    const ThreeBody t = model.three_body(k);
    P sum(0.0);
    for (int m = 0; m < t.width; ++m) sum += A[t.first + m] * A[t.second + m];
    take(model.channels + k, P(t.factor) * sum);
  }
  const int couplings = static_cast<int>(model.couplings.extent(0));
  for (int k = 0; k < couplings; ++k) {
    const Coupling c = model.couplings(k);
    const Slots B = w.product + (keeps_products ? c.product : 0);
    if (with_degrees(c, ForwardCoupling<keeps_products, DeviceModelOf<T>, Slots, std::remove_reference_t<Take>>{
                            model, c, A, B, take}))
      continue;
    couple(c, A, B);
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      P sum(0.0);
      for (int m3 = 0; m3 < c.width; ++m3) sum += B[m3] * A[target.third + m3];
      take(target.invariant, sum);
    }
  }
}

// ∂E/∂A from ∂E/∂q.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::density_adjoints(const Work& w) const {
  const Slots A = w.density, D = w.density_bar;
  const Rows qbar = w.invariant_bar;
  for (int a = 0; a < model.channels * H; ++a) D[a] = P(0.0);
  for (int c = 0; c < model.channels; ++c) D[c * H] = qbar[c];
  const int three = static_cast<int>(model.three_body.extent(0));
  for (int k = 0; k < three; ++k) {
    const ThreeBody t = model.three_body(k);
    const P f = P(t.factor) * qbar[model.channels + k];
    for (int m = 0; m < t.width; ++m) {
      D[t.first + m] += f * A[t.second + m];
      D[t.second + m] += f * A[t.first + m];
    }
  }
  const int couplings = static_cast<int>(model.couplings.extent(0));
  for (int k = 0; k < couplings; ++k) {
    const Coupling c = model.couplings(k);
    const Slots B = w.product + (keeps_products ? c.product : 0);
    if (with_degrees(c, ReverseCoupling<keeps_products, DeviceModelOf<T>, Slots, Rows>{model, c, A, B, qbar, D}))
      continue;
    if constexpr (!keeps_products) couple(c, A, B);
    P Bbar[2 * largest_l + 1];
    for (int m3 = 0; m3 < c.width; ++m3) Bbar[m3] = P(0.0);
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      const P f = qbar[target.invariant];
      for (int m3 = 0; m3 < c.width; ++m3) {
        Bbar[m3] += f * A[target.third + m3];
        D[target.third + m3] += f * B[m3];
      }
    }
    for (int m3 = 0; m3 < c.width; ++m3)
      for (int e = model.terms_start(c.entries + m3); e < model.terms_start(c.entries + m3 + 1); ++e) {
        const CouplingTerm term = model.terms(e);
        const P f = P(term.gaunt) * Bbar[m3];
        D[c.first + term.m1] += f * A[c.second + term.m2];
        D[c.second + term.m2] += f * A[c.first + term.m1];
      }
  }
}

// Energies of the lanes' atoms, without the constant where `centred`; leaves ∂E/∂q in invariant_bar, x in x. spread2:
// variance of ∂E/∂x over the committee.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION P BlockKernel<L, P, Shape>::energies(const Work& w, P& spread2) const {
  const int z = w.species, M = model.invariants, d = model.components;
  const Rows q = w.invariant, qbar = w.invariant_bar;
  P energy(centred ? T(0) : T(model.constant[z]));
  if constexpr (centred)
    for (int m = 0; m < M; ++m) q[m] = q[m] - P(model.mean(z, m));
  for (int m = 0; m < M; ++m) energy += P(model.linear(z, m)) * q[m];
  spread2 = P(0.0);
  if (!model.use_network && out.atom_score.extent(0) == 0) {
    for (int m = 0; m < M; ++m) qbar[m] = P(model.linear(z, m));
    return energy;
  }
  if constexpr (!centred)
    for (int m = 0; m < M; ++m) qbar[m] = q[m] - P(model.mean(z, m));
  for (int m = 0; model.operands != Precision::fp32 && m < M; ++m) q[m] = operand(z, m, q[m]);
  product(centred ? q : qbar, M, &model.projection(z, 0, 0), d, nullptr, w.x);
  networks(w, energy, spread2);
  round_gradient(w);
  transposed_product(w.gradient, d, &model.projection(z, 0, 0), M, &model.linear(z, 0), qbar);
  return energy;
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION P BlockKernel<L, P, Shape>::operand(int z, int m, P c) const {
  if constexpr (centred) {
    if (model.operands == Precision::int8) return in_steps(c, model.invariant_step(z, m));
    if (model.operands != Precision::fp32) return rounded(c, model.operands);
  }
  return c;
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::round_gradient(const Work& w) const {
  if constexpr (centred) {
    if (model.operands == Precision::fp32) return;
    const int d = model.components, z = w.species;
    for (int lane = 0; lane < lanes; ++lane) {
      T largest(0);
      for (int k = 0; model.operands == Precision::int8 && k < d; ++k) {
        const T size = ::fabsf(w.gradient[k].lane(lane) * model.component_scale(z, k));
        largest = size > largest ? size : largest;
      }
      for (int k = 0; k < d; ++k) {
        T& g = w.gradient[k].lane(lane);
        const T scale = model.component_scale(z, k);  // zero: nothing multiplies with g
        if (model.operands == Precision::int8)
          g = in_steps(g, scale > T(0) ? largest / (T(127) * scale) : T(0));
        else
          g = rounded(g, model.operands);
      }
    }
  }
}

// Adds the committee's mean to the energies; from x to ∂(mean)/∂x in gradient.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::networks(const Work& w, P& energy, P& spread2) const {
  const int z = w.species, d = model.components, h = model.hidden;
  const Slots x = w.x, gradient = w.gradient, g = w.member_gradient;
  const Slots h1 = w.hidden, h2 = h1 + h, b1 = h2 + h, b2 = b1 + h;
  for (int k = 0; k < d; ++k) gradient[k] = P(0.0);
  const T share = model.use_network ? T(1.0 / model.members) : T(0);
  for (int c = 0; model.use_network && c < model.members; ++c) {
    const T *w1 = &model.network(z, c, 0), *c1 = w1 + d * h, *w2 = c1 + h, *c2 = w2 + h * h, *w3 = c2 + h;
    product(x, d, w1, h, c1, h1);
    for (int k = 0; k < h; ++k) h1[k] = tanh(h1[k]);
    product(h1, h, w2, h, c2, h2);
    P y(w3[h]);
    for (int k = 0; k < h; ++k) {
      h2[k] = tanh(h2[k]);
      y += P(w3[k]) * h2[k];
      b2[k] = P(w3[k]) * (P(1.0) - h2[k] * h2[k]);
    }
    transposed_product(b2, h, w2, h, nullptr, b1);
    for (int k = 0; k < h; ++k) b1[k] = b1[k] * (P(1.0) - h1[k] * h1[k]);
    transposed_product(b1, h, w1, d, nullptr, g + c * d);
    energy += P(share) * y;
    for (int k = 0; k < d; ++k) gradient[k] += P(share) * g[c * d + k];
  }
  for (int c = 0; model.use_network && c < model.members; ++c)
    for (int k = 0; k < d; ++k) {
      const P off = g[c * d + k] - gradient[k];
      spread2 += off * off;
    }
  spread2 = spread2 * P(model.members > 1 ? 1.0 / (model.members - 1) : 0.0);
  if (model.use_network && model.spread_head.extent(0) > 0) {  // of the last member: there is one
    P logarithm(model.spread_head(z, h));
    for (int k = 0; k < h; ++k) logarithm += P(model.spread_head(z, k)) * h2[k];
    spread2 = exp(logarithm);
  }
}

// |metric (x − center)|² / d: 1 on average in the training set.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION P BlockKernel<L, P, Shape>::distance2(const Work& w) const {
  const int z = w.species, d = model.components;
  const Slots x = w.x, off = w.hidden;
  P total(0.0);
  for (int k = 0; k < d; ++k) {
    off[k] = x[k] - P(model.center(z, k));
    P row(0.0);
    for (int j = 0; j <= k; ++j) row += P(model.metric(z, k, j)) * off[j];
    total += row * row;
  }
  return P(1.0 / d) * total;
}

// s_i, eV/Å (docs/theory/potential.md, Score). nearest: distance of the nearest neighbour, Å.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION double BlockKernel<L, P, Shape>::score(double spread2, double distance2, double nearest) const {
  // Nearer than any pair of the training set: 1 eV/Å for each 2 % of the distance.
  const double closer = 1.0 - nearest / model.min_distance;
  const double near = closer > 0.0 ? 50.0 * closer : 0.0;
  const double a = model.score_floor, s = model.score_spread, f = model.score_distance;
  return ::sqrt(a * a + s * s * spread2 + f * f * distance2 + near * near);
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::place(Work& w, Slots base) const {
  w.base = base;
  w.density = base + layout.density;
  w.density_bar = base + layout.density_bar;
  w.product = base + layout.product;
  w.x = base + layout.x;
  w.gradient = base + layout.gradient;
  w.member_gradient = base + layout.member_gradient;
  w.hidden = base + layout.hidden;
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION typename BlockKernel<L, P, Shape>::Work BlockKernel<L, P, Shape>::open(int slot) const {
  static_assert(!Shape::tiled);
  const int b = first_block + slot;
  Work w;
  place(w, workspace.packs.data() + static_cast<long>(slot) * layout.size);
  w.invariant = w.base + layout.invariant;
  w.invariant_bar = w.base + layout.invariant_bar;
  w.neighbor = workspace.neighbor.data() + static_cast<long>(slot) * lanes * layout.pair_packs * lanes;
  w.pack_end = workspace.pack_end.data() + slot * lanes * largest_species;
  w.count = in.blocks(b, 1);
  w.species = in.blocks(b, 2);
  for (int lane = 0; lane < lanes; ++lane) {
    // Lanes without an atom repeat the last one; their results are not used.
    w.atoms[lane] = in.order(in.blocks(b, 0) + (lane < w.count ? lane : w.count - 1));
    w.core_energy[lane] = 0.0;
  }
  return w;
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION typename BlockKernel<L, P, Shape>::Work BlockKernel<L, P, Shape>::begin(int slot) const {
  Work w = open(slot);
  for (int lane = 0; lane < lanes; ++lane) {
    gather(w, lane);
    densities(w, lane);
  }
  invariants(w, KeepInvariants<Rows>{w.invariant});
  return w;
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::operator()(int slot) const {
  const int b = first_block + slot;
  Work w = begin(slot);
  P spread2, energy = energies(w, spread2), virial[6];
  const P distance = out.atom_score.extent(0) > 0 ? distance2(w) : P(0.0);
  density_adjoints(w);
  for (int k = 0; k < 6; ++k) virial[k] = P(0.0);
  const double constant = centred ? model.centred_constant[w.species] : 0.0;
  for (int lane = 0; lane < w.count; ++lane) {
    forces(w, lane, virial);
    if (w.nearest2[lane] < model.core_outer * model.core_outer) core_forces(w, lane, virial);
    out.atom_energy(w.atoms[lane]) = constant + energy.lane(lane) + w.core_energy[lane];
    if (out.atom_score.extent(0) > 0)
      out.atom_score(w.atoms[lane]) = score(spread2.lane(lane), distance.lane(lane), ::sqrt(w.nearest2[lane]));
  }
  for (int k = 0; k < 6; ++k) out.block_virial(b, k) = sum(virial[k]);
  if (out.atom_score.extent(0) == 0) return;
  for (int k = 0; k < model.components; ++k) {
    double total = 0.0;
    for (int lane = 0; lane < w.count; ++lane) total += w.x[k].lane(lane);
    out.block_components(b, k) = total;
  }
}

}  // namespace locum::potential
