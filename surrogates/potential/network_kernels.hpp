// Forces from slopes and tangents from force residuals, for one frame and all members of the committee: the two
// products with the projected Jacobian. Sixteen pairs at a time; the Jacobian of an atom (some 10 kB) is read from
// cache for each member. Used by NetworkObjective only.
#pragma once

#include "kokkos_kernels/linalg/dense.hpp"
#include "surrogates/potential/features.hpp"

namespace locum::potential {

// The rows of a frame's atoms in the batch's matrices: base[species] + rank; a member's block is rows[species] long.
struct BatchRows {
  int base[largest_species] = {}, rows[largest_species] = {};
  KOKKOS_FORCEINLINE_FUNCTION int row(int member, int species, int rank) const {
    return member * rows[species] + base[species] + rank;
  }
};
struct BySpecies {
  linalg::Matrix<float> at[largest_species];
};

// Index of virial component v: −Σ d_left t_right.
KOKKOS_FORCEINLINE_FUNCTION int virial_left(int v) { return v < 3 ? v : (v == 5 ? 1 : 0); }
KOKKOS_FORCEINLINE_FUNCTION int virial_right(int v) { return v < 3 ? v : (v == 3 ? 1 : 2); }

struct PairForces {
  int members, inputs, atoms;
  View<const int*> pair_start, pair_owner, species, rank;
  View<const float*> jacobian;
  View<const float* [3]> pair_vector;
  BatchRows rows;
  BySpecies slope;
  View<float*> force;   // (members, atoms, 3), cleared
  View<float*> virial;  // (members, 6), cleared

  KOKKOS_INLINE_FUNCTION void operator()(int i) const {
    const int start = pair_start(i), padded = pair_start(i + 1) - start, z = species(i);
    const float* J = jacobian.data() + 3L * inputs * start;
    for (int c = 0; c < members; ++c) {
      const float* u = &slope.at[z](rows.row(c, z, rank(i)), 0);
      for (int first = 0; first < padded; first += pair_padding) {
        float t[3][pair_padding] = {};
        for (int k = 0; k < inputs; ++k)
          for (int x = 0; x < 3; ++x)
            for (int l = 0; l < pair_padding; ++l) t[x][l] += u[k] * J[(3 * k + x) * padded + first + l];
        scatter(c, i, start + first, t);
      }
    }
  }
  KOKKOS_INLINE_FUNCTION void scatter(int c, int i, int first, const float (*t)[pair_padding]) const {
    float* F = force.data() + 3 * c * atoms;
    float own[3] = {}, w[6] = {};
    for (int l = 0; l < pair_padding; ++l) {
      const int j = pair_owner(first + l);
      if (j < 0) break;
      for (int x = 0; x < 3; ++x) {
        own[x] += t[x][l];
        add_shared(F + 3 * j + x, -t[x][l]);
      }
      for (int v = 0; v < 6; ++v) w[v] -= pair_vector(first + l, virial_left(v)) * t[virial_right(v)][l];
    }
    for (int x = 0; x < 3; ++x) add_shared(F + 3 * i + x, own[x]);
    for (int v = 0; v < 6; ++v) add_shared(&virial(6 * c + v), w[v]);
  }
};

struct PairTangents {
  int members, inputs, atoms;
  View<const int*> pair_start, pair_owner, species, rank;
  View<const float*> jacobian;
  View<const float* [3]> pair_vector;
  BatchRows rows;
  View<const float*> force_bar, virial_bar;  // ∂loss/∂force (members, atoms, 3), ∂loss/∂virial (members, 6)
  View<float*> pair_bar;                     // (3 × padded pairs), workspace
  BySpecies tangent;                         // written

  KOKKOS_INLINE_FUNCTION void operator()(int i) const {
    const int start = pair_start(i), padded = pair_start(i + 1) - start, z = species(i);
    const float* J = jacobian.data() + 3L * inputs * start;
    float* tau = pair_bar.data() + 3L * start;
    for (int c = 0; c < members; ++c) {
      const float *F = force_bar.data() + 3 * c * atoms, *w = virial_bar.data() + 6 * c;
      for (int p = 0; p < padded; ++p) {
        const int j = pair_owner(start + p);
        for (int x = 0; x < 3; ++x) tau[x * padded + p] = j < 0 ? 0.0f : F[3 * i + x] - F[3 * j + x];
        if (j < 0) continue;
        for (int v = 0; v < 6; ++v) tau[virial_right(v) * padded + p] -= pair_vector(start + p, virial_left(v)) * w[v];
      }
      float* out = &tangent.at[z](rows.row(c, z, rank(i)), 0);
      for (int k = 0; k < inputs; ++k) {
        float sum[pair_padding] = {};
        for (int q = 0; q < 3 * padded; q += pair_padding)
          for (int l = 0; l < pair_padding; ++l) sum[l] += tau[q + l] * J[3 * k * padded + q + l];
        for (int half = pair_padding / 2; half > 0; half /= 2)
          for (int l = 0; l < half; ++l) sum[l] += sum[l + half];
        out[k] = sum[0];
      }
    }
  }
};

}  // namespace locum::potential
