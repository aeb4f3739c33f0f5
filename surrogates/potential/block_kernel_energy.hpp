// BlockKernel: what runs over eight atoms at a time, and the order of it all. Included by block_kernel.hpp.
#pragma once

#include "surrogates/potential/block_kernel.hpp"
#include "surrogates/potential/coupled_product.hpp"

namespace locum::potential {

// The forward and reverse of a coupling, for with_degrees().
struct ForwardCoupling {
  const DeviceModel& model;
  const Coupling& coupling;
  const Pack* A;
  Pack *product, *q;
  template <class Product>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(Product) const {
    Product::forward(model, coupling, A, product, q);
  }
};
struct ReverseCoupling {
  const DeviceModel& model;
  const Coupling& coupling;
  const Pack *A, *product, *qbar;
  Pack* D;
  template <class Product>
  KOKKOS_FORCEINLINE_FUNCTION void operator()(Product) const {
    Product::reverse(model, coupling, A, product, qbar, D);
  }
};

template <int L>
KOKKOS_INLINE_FUNCTION void BlockKernel<L>::invariants(const Work& w) const {
  const Pack* A = w.base + layout.density;
  Pack* q = w.base + layout.invariant;
  for (int c = 0; c < model.channels; ++c) q[c] = A[c * H];
  const int three = static_cast<int>(model.three_body.extent(0));
  for (int k = 0; k < three; ++k) {
    const ThreeBody t = model.three_body(k);
    Pack sum(0.0);
    for (int m = 0; m < t.width; ++m) sum += A[t.first + m] * A[t.second + m];
    q[model.channels + k] = Pack(t.factor) * sum;
  }
  const int couplings = static_cast<int>(model.couplings.extent(0));
  for (int k = 0; k < couplings; ++k) {
    const Coupling c = model.couplings(k);
    Pack* B = w.base + layout.product + c.product;
    if (with_degrees(c, ForwardCoupling{model, c, A, B, q})) continue;
    const Pack *a = A + c.first, *b = A + c.second;
    for (int m3 = 0; m3 < c.width; ++m3) {
      Pack sum(0.0);
      for (int e = model.terms_start(c.entries + m3); e < model.terms_start(c.entries + m3 + 1); ++e) {
        const CouplingTerm term = model.terms(e);
        sum += Pack(term.gaunt) * a[term.m1] * b[term.m2];
      }
      B[m3] = sum;
    }
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      Pack sum(0.0);
      for (int m3 = 0; m3 < c.width; ++m3) sum += B[m3] * A[target.third + m3];
      q[target.invariant] = sum;
    }
  }
}

// ∂E/∂A from ∂E/∂q.
template <int L>
KOKKOS_INLINE_FUNCTION void BlockKernel<L>::density_adjoints(const Work& w) const {
  const Pack* A = w.base + layout.density;
  Pack* D = w.base + layout.density_bar;
  const Pack* qbar = w.base + layout.invariant_bar;
  for (int a = 0; a < model.channels * H; ++a) D[a] = Pack(0.0);
  for (int c = 0; c < model.channels; ++c) D[c * H] = qbar[c];
  const int three = static_cast<int>(model.three_body.extent(0));
  for (int k = 0; k < three; ++k) {
    const ThreeBody t = model.three_body(k);
    const Pack f = Pack(t.factor) * qbar[model.channels + k];
    for (int m = 0; m < t.width; ++m) {
      D[t.first + m] += f * A[t.second + m];
      D[t.second + m] += f * A[t.first + m];
    }
  }
  const int couplings = static_cast<int>(model.couplings.extent(0));
  for (int k = 0; k < couplings; ++k) {
    const Coupling c = model.couplings(k);
    const Pack* B = w.base + layout.product + c.product;
    if (with_degrees(c, ReverseCoupling{model, c, A, B, qbar, D})) continue;
    Pack Bbar[2 * largest_l + 1];
    for (int m3 = 0; m3 < c.width; ++m3) Bbar[m3] = Pack(0.0);
    for (int t = c.target; t < c.target_end; ++t) {
      const CouplingTarget target = model.targets(t);
      const Pack f = qbar[target.invariant];
      for (int m3 = 0; m3 < c.width; ++m3) {
        Bbar[m3] += f * A[target.third + m3];
        D[target.third + m3] += f * B[m3];
      }
    }
    for (int m3 = 0; m3 < c.width; ++m3)
      for (int e = model.terms_start(c.entries + m3); e < model.terms_start(c.entries + m3 + 1); ++e) {
        const CouplingTerm term = model.terms(e);
        const Pack f = Pack(term.gaunt) * Bbar[m3];
        D[c.first + term.m1] += f * A[c.second + term.m2];
        D[c.second + term.m2] += f * A[c.first + term.m1];
      }
  }
}

// Energies of the lanes' atoms; leaves ∂E/∂q in invariant_bar, x in x. spread2: variance of ∂E/∂x over the committee.
template <int L>
KOKKOS_INLINE_FUNCTION Pack BlockKernel<L>::energies(const Work& w, Pack& spread2) const {
  const int z = w.species, M = model.invariants, d = model.components, h = model.hidden;
  const Pack* q = w.base + layout.invariant;
  Pack* qbar = w.base + layout.invariant_bar;
  Pack energy(model.constant[z]);
  for (int m = 0; m < M; ++m) energy += Pack(model.linear(z, m)) * q[m];
  spread2 = Pack(0.0);
  if (!model.use_network && out.atom_score.extent(0) == 0) {
    for (int m = 0; m < M; ++m) qbar[m] = Pack(model.linear(z, m));
    return energy;
  }
  Pack *x = w.base + layout.x, *gradient = w.base + layout.gradient, *g = w.base + layout.member_gradient;
  Pack *h1 = w.base + layout.hidden, *h2 = h1 + h, *b1 = h2 + h, *b2 = b1 + h;
  for (int m = 0; m < M; ++m) qbar[m] = q[m] - Pack(model.mean(z, m));
  product(qbar, M, &model.projection(z, 0, 0), d, nullptr, x);
  for (int k = 0; k < d; ++k) gradient[k] = Pack(0.0);
  const double share = model.use_network ? 1.0 / model.members : 0.0;
  for (int c = 0; model.use_network && c < model.members; ++c) {
    const double *w1 = &model.network(z, c, 0), *c1 = w1 + d * h, *w2 = c1 + h, *c2 = w2 + h * h, *w3 = c2 + h;
    product(x, d, w1, h, c1, h1);
    for (int k = 0; k < h; ++k) h1[k] = tanh(h1[k]);
    product(h1, h, w2, h, c2, h2);
    Pack y(w3[h]);
    for (int k = 0; k < h; ++k) {
      h2[k] = tanh(h2[k]);
      y += Pack(w3[k]) * h2[k];
      b2[k] = Pack(w3[k]) * (Pack(1.0) - h2[k] * h2[k]);
    }
    transposed_product(b2, h, w2, h, nullptr, b1);
    for (int k = 0; k < h; ++k) b1[k] = b1[k] * (Pack(1.0) - h1[k] * h1[k]);
    transposed_product(b1, h, w1, d, nullptr, g + c * d);
    energy += Pack(share) * y;
    for (int k = 0; k < d; ++k) gradient[k] += Pack(share) * g[c * d + k];
  }
  for (int c = 0; model.use_network && c < model.members; ++c)
    for (int k = 0; k < d; ++k) {
      const Pack off = g[c * d + k] - gradient[k];
      spread2 += off * off;
    }
  spread2 = spread2 * Pack(model.members > 1 ? 1.0 / (model.members - 1) : 0.0);
  if (model.use_network && model.spread_head.extent(0) > 0) {  // of the last member: there is one
    Pack logarithm(model.spread_head(z, h));
    for (int k = 0; k < h; ++k) logarithm += Pack(model.spread_head(z, k)) * h2[k];
    spread2 = exp(logarithm);
  }
  transposed_product(gradient, d, &model.projection(z, 0, 0), M, &model.linear(z, 0), qbar);
  return energy;
}

// |metric (x − center)|² / d: 1 on average in the training set.
template <int L>
KOKKOS_INLINE_FUNCTION Pack BlockKernel<L>::distance2(const Work& w) const {
  const int z = w.species, d = model.components;
  const Pack* x = w.base + layout.x;
  Pack* off = w.base + layout.hidden;
  Pack total(0.0);
  for (int k = 0; k < d; ++k) {
    off[k] = x[k] - Pack(model.center(z, k));
    Pack row(0.0);
    for (int j = 0; j <= k; ++j) row += Pack(model.metric(z, k, j)) * off[j];
    total += row * row;
  }
  return Pack(1.0 / d) * total;
}

template <int L>
KOKKOS_INLINE_FUNCTION typename BlockKernel<L>::Work BlockKernel<L>::begin(int slot) const {
  const int b = first_block + slot;
  Work w;
  w.base = workspace.packs.data() + static_cast<long>(slot) * layout.size;
  w.neighbor = workspace.neighbor.data() + static_cast<long>(slot) * lanes * layout.pair_packs * lanes;
  w.pack_end = workspace.pack_end.data() + slot * lanes * largest_species;
  w.count = in.blocks(b, 1);
  w.species = in.blocks(b, 2);
  for (int lane = 0; lane < lanes; ++lane) {
    // Lanes without an atom repeat the last one; their results are not used.
    w.atoms[lane] = in.order(in.blocks(b, 0) + (lane < w.count ? lane : w.count - 1));
    w.core_energy[lane] = 0.0;
    gather(w, lane);
    densities(w, lane);
  }
  invariants(w);
  return w;
}

template <int L>
KOKKOS_INLINE_FUNCTION void BlockKernel<L>::operator()(int slot) const {
  const int b = first_block + slot;
  Work w = begin(slot);
  Pack spread2, energy = energies(w, spread2), virial[6];
  const Pack distance = out.atom_score.extent(0) > 0 ? distance2(w) : Pack(0.0);
  density_adjoints(w);
  for (int k = 0; k < 6; ++k) virial[k] = Pack(0.0);
  for (int lane = 0; lane < w.count; ++lane) {
    forces(w, lane, virial);
    if (w.nearest2[lane] < model.core_outer * model.core_outer) core_forces(w, lane, virial);
    out.atom_energy(w.atoms[lane]) = energy.lane(lane) + w.core_energy[lane];
    if (out.atom_score.extent(0) == 0) continue;
    // Nearer than any pair of the training set: 1 eV/Å for each 2 % of the distance.
    const double closer = 1.0 - ::sqrt(w.nearest2[lane]) / model.min_distance;
    const double near = closer > 0.0 ? 50.0 * closer : 0.0;
    const double a = model.score_floor, s = model.score_spread, f = model.score_distance;
    out.atom_score(w.atoms[lane]) =
        ::sqrt(a * a + s * s * spread2.lane(lane) + f * f * distance.lane(lane) + near * near);
  }
  for (int k = 0; k < 6; ++k) out.block_virial(b, k) = sum(virial[k]);
}

}  // namespace locum::potential
