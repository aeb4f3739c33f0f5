// BlockKernel: what runs over the pairs of one atom, a pack of pairs at a time. Included by block_kernel.hpp.
#pragma once

#include "surrogates/potential/invariants/block_kernel.hpp"

namespace locum::potential {

// The pairs of a lane's atom within the cut-off, sorted by the neighbour's species, each species padded to whole packs
// with pairs at the cut-off, where every radial function is zero.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::gather(Work& w, int lane) const {
  const int i = w.atoms[lane];
  const double x = in.position(i, 0), y = in.position(i, 1), z = in.position(i, 2);
  const double cutoff2 = model.cutoff * model.cutoff;
  const auto dx = scalars(pairs(w, lane)), dy = dx + layout.pair_packs * lanes, dz = dy + layout.pair_packs * lanes;
  const Integers neighbor_of = w.neighbor + lane * layout.pair_packs * lanes;
  double nearest2 = cutoff2;
  int n = 0;
  for (int s = 0; s < model.species; ++s) {
    for (int k = in.offset(i); k < in.offset(i + 1); ++k) {
      const int j = in.index(k);
      const double ax = in.position(j, 0) - x, ay = in.position(j, 1) - y, az = in.position(j, 2) - z;
      const double d2 = ax * ax + ay * ay + az * az;
      const bool of_species = model.species == 1 || model.species_of(in.atomic_number(j)) == s;
      dx[n] = static_cast<T>(ax);  // in single precision: rounded after the difference
      dy[n] = static_cast<T>(ay);
      dz[n] = static_cast<T>(az);
      neighbor_of[n] = j;
      const bool taken = (d2 < cutoff2) & of_species;
      nearest2 = taken && d2 < nearest2 ? d2 : nearest2;
      n += taken ? 1 : 0;
    }
    for (; n % lanes != 0; ++n) {
      dx[n] = static_cast<T>(model.cutoff);
      dy[n] = dz[n] = T(0);
      neighbor_of[n] = -1;
    }
    w.pack_end[lane * largest_species + s] = n / lanes;
  }
  w.nearest2[lane] = nearest2;
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::densities(const Work& w, int lane) const {
  const int N = model.radials.count, stretch = N * H;
  const Slots dx = pairs(w, lane), dy = dx + layout.pair_packs, dz = dy + layout.pair_packs;
  const Slots sums = w.base + layout.sums, density = w.density;
  P y[H], g[largest_radials];
  int p = 0;
  for (int s = 0; s < model.species; ++s) {
    for (int a = 0; a < stretch + lanes - 1; ++a) sums[a] = P(0.0);
    for (; p < w.pack_end[lane * largest_species + s]; ++p) {
      const P r = sqrt(dx[p] * dx[p] + dy[p] * dy[p] + dz[p] * dz[p]), inverse = P(1.0) / r;
      harmonics<L>(dx[p] * inverse, dy[p] * inverse, dz[p] * inverse, y);
      model.radials.evaluate(r, g);
      for (int n = 0; n < N; ++n) {
        const P gn = g[n];
        const Slots sum_n = sums + n * H;
#pragma GCC unroll 49
        for (int h = 0; h < H; ++h) sum_n[h] += gn * y[h];
      }
    }
    for (int a = 0; a < stretch; a += lanes) {
      const P total = sum_each(sums + a);
      const int count = stretch - a < lanes ? stretch - a : lanes;
      for (int k = 0; k < count; ++k) density[s * stretch + a + k].lane(lane) = total.lane(k);
    }
  }
}

// t[3]: ∂E_i/∂(r_j − r_i) of a pack of pairs. The neighbour feels −t, the atom itself the sum.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::scatter(const Work& w, int lane, int pack, const P* t,
                                                              double* own) const {
  const Integers neighbor_of = w.neighbor + (lane * layout.pair_packs + pack) * lanes;
  for (int c = 0; c < 3; ++c) own[c] += sum(t[c]);
  for (int k = 0; k < lanes; ++k) {
    const int j = neighbor_of[k];
    if (j < 0) break;
    for (int c = 0; c < 3; ++c) add_shared(&out.force(j, c), -static_cast<double>(t[c].lane(k)));
  }
}

template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::forces(Work& w, int lane, P* virial) const {
  const int N = model.radials.count;
  const Slots dx = pairs(w, lane), dy = dx + layout.pair_packs, dz = dy + layout.pair_packs;
  const auto bar = scalars(lanes == 1 ? w.density_bar : w.base + layout.sums);  // this lane's adjoints, side by side
  for (int a = 0; lanes > 1 && a < model.channels * H; ++a) bar[a] = w.density_bar[a].lane(lane);
  P y[H], yx[H], yy[H], yz[H], g[largest_radials], dg[largest_radials];
  double own[3] = {0.0, 0.0, 0.0};
  int p = 0;
  for (int s = 0; s < model.species; ++s) {
    const auto bar_s = bar + s * N * H;
    for (; p < w.pack_end[lane * largest_species + s]; ++p) {
      const P r = sqrt(dx[p] * dx[p] + dy[p] * dy[p] + dz[p] * dz[p]), inverse = P(1.0) / r;
      const P ux = dx[p] * inverse, uy = dy[p] * inverse, uz = dz[p] * inverse;
      harmonics_and_gradients<L>(ux, uy, uz, y, yx, yy, yz);
      model.radials.evaluate(r, g, dg);
      P slope(0.0), vx(0.0), vy(0.0), vz(0.0);
      if constexpr (Shape::tiled) {
        // A load costs a GPU as much as four multiply-adds: each adjoint is read once and used four times.
        for (int n = 0; n < N; ++n) {
          P along(0.0), ax(0.0), ay(0.0), az(0.0);
#pragma GCC unroll 49
          for (int h = 0; h < H; ++h) {
            const P b(bar_s[n * H + h]);
            along += b * y[h];
            ax += b * yx[h];
            ay += b * yy[h];
            az += b * yz[h];
          }
          slope += dg[n] * along;
          vx += g[n] * ax;
          vy += g[n] * ay;
          vz += g[n] * az;
        }
      } else {
#pragma GCC unroll 49
        for (int h = 0; h < H; ++h) {
          P c(0.0), dc(0.0);
          for (int n = 0; n < N; ++n) {
            const P b(bar_s[n * H + h]);
            c += g[n] * b;
            dc += dg[n] * b;
          }
          slope += dc * y[h];
          vx += c * yx[h];
          vy += c * yy[h];
          vz += c * yz[h];
        }
      }
      const P along = slope - (ux * vx + uy * vy + uz * vz) * inverse;
      const P t[3] = {along * ux + vx * inverse, along * uy + vy * inverse, along * uz + vz * inverse};
      virial[0] -= dx[p] * t[0];
      virial[1] -= dy[p] * t[1];
      virial[2] -= dz[p] * t[2];
      virial[3] -= dx[p] * t[1];
      virial[4] -= dx[p] * t[2];
      virial[5] -= dy[p] * t[2];
      scatter(w, lane, p, t, own);
    }
  }
  for (int c = 0; c < 3; ++c) add_shared(&out.force(w.atoms[lane], c), own[c]);
}

// Rare: only atoms with a neighbour inside the core come here. Each pair is seen from both sides, half each time.
template <int L, class P, class Shape>
KOKKOS_INLINE_FUNCTION void BlockKernel<L, P, Shape>::core_forces(Work& w, int lane, P* virial) const {
  const int i = w.atoms[lane];
  const auto d = scalars(pairs(w, lane));
  const int plane = layout.pair_packs * lanes;
  const Integers neighbor_of = w.neighbor + lane * plane;
  const int count = w.pack_end[lane * largest_species + model.species - 1] * lanes;
  for (int k = 0; k < count; ++k) {
    const double r[3] = {d[k], d[k + plane], d[k + 2 * plane]};
    const double r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    const int j = neighbor_of[k];
    if (j < 0 || r2 >= model.core_outer * model.core_outer) continue;
    const double distance = ::sqrt(r2);
    const CoreValue v = core(distance, in.atomic_number(i), in.atomic_number(j), model.core_inner, model.core_outer);
    w.core_energy[lane] += 0.5 * v.energy;
    double t[3];
    for (int c = 0; c < 3; ++c) {
      t[c] = 0.5 * v.derivative * r[c] / distance;
      add_shared(&out.force(i, c), t[c]);
      add_shared(&out.force(j, c), -t[c]);
    }
    virial[0].lane(0) -= T(r[0] * t[0]);
    virial[1].lane(0) -= T(r[1] * t[1]);
    virial[2].lane(0) -= T(r[2] * t[2]);
    virial[3].lane(0) -= T(r[0] * t[1]);
    virial[4].lane(0) -= T(r[0] * t[2]);
    virial[5].lane(0) -= T(r[1] * t[2]);
  }
}

}  // namespace locum::potential
