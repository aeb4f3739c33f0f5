// The kernels of a training step over all atoms and pairs of a batch: slopes to pair forces, pair forces to forces,
// residuals, and tangents from force residuals. The first and the last are the two products with the projected
// Jacobian: they move all of it, once each, and serve four members of the committee at a time. Sums have a fixed order:
// a force is gathered from an atom's own pairs and from those that lead back. Used by NetworkObjective only.
#pragma once

#include "kokkos_kernels/linalg/dense.hpp"
#include "surrogates/potential/training/network_batch.hpp"

namespace locum::potential {

// Pairs that an item takes: a register's lanes on the CPU, one on a GPU, where neighbouring pairs are neighbouring
// threads.
inline constexpr int pair_width = device_is_host ? pair_padding : 1;

struct BySpecies {
  linalg::Matrix<float> at[largest_species];
};

// Index of virial component v: −Σ d_left t_right.
KOKKOS_FORCEINLINE_FUNCTION int virial_left(int v) { return v < 3 ? v : (v == 5 ? 1 : 0); }
KOKKOS_FORCEINLINE_FUNCTION int virial_right(int v) { return v < 3 ? v : (v == 3 ? 1 : 2); }

// What every kernel needs. Arrays over members are (members, capacity …).
struct BatchView {
  View<const BatchSlot*> slots;
  View<const BatchTotals> totals;
  int members, inputs;
  int atoms, pairs, n_slots;  // capacities
  int rows[largest_species];
  View<float*> pair_force;   // (members, 3, pairs), eV/Å: t; later τ
  View<float*> force;        // (members, atoms, 3); later ∂loss/∂force
  View<float*> atom_virial;  // (members, atoms, 6)
  View<float*> virial;       // (members, slots, 6): later ∂loss/∂virial
  BySpecies slope, y, tangent, y_bar;

  // The last slot that begins at or before item `at` of the list that `first` leads.
  template <int BatchSlot::*first>
  KOKKOS_FORCEINLINE_FUNCTION const BatchSlot& slot_at(int at) const {
    int low = 0, high = totals().slots - 1;
    while (low < high) {
      const int middle = (low + high + 1) / 2;
      if (slots(middle).*first <= at)
        low = middle;
      else
        high = middle - 1;
    }
    return slots(low);
  }
  KOKKOS_FORCEINLINE_FUNCTION int row(const BatchSlot& s, int member, int atom) const {
    const int z = s.species[atom];
    return member * rows[z] + s.base[z] + s.rank[atom];
  }
};

// J in its storage; `load` is exact.
struct Float32Storage {
  const float* from;
  KOKKOS_FORCEINLINE_FUNCTION float load(long k) const { return from[k]; }
};
struct Bf16Storage {
  const std::uint16_t* from;
  KOKKOS_FORCEINLINE_FUNCTION float load(long k) const { return linalg::from_bf16(from[k]); }
};
struct Fp16Storage {
  const std::uint16_t* from;
  KOKKOS_FORCEINLINE_FUNCTION float load(long k) const { return linalg::from_fp16(from[k]); }
};
template <class Body>
KOKKOS_FORCEINLINE_FUNCTION void with_storage(const BatchSlot& s, long at, const Body& body) {
  if (s.storage == linalg::Precision::bf16)
    body(Bf16Storage{s.jacobian16 + at});
  else if (s.storage == linalg::Precision::fp16)
    body(Fp16Storage{s.jacobian16 + at});
  else
    body(Float32Storage{s.jacobian + at});
}

// x of every atom into the rows of its species.
struct GatherInputs {
  BatchView b;
  BySpecies x;
  KOKKOS_INLINE_FUNCTION void operator()(int item) const {
    const int width = device_is_host ? b.inputs : 1, per_atom = b.inputs / width, a = item / per_atom;
    if (a >= b.totals().atoms) return;
    const BatchSlot& s = b.slot_at<&BatchSlot::first_atom>(a);
    const int i = a - s.first_atom, first = item % per_atom * width;
    float* to = &x.at[s.species[i]](b.row(s, 0, i), 0);
    for (int k = first; k < first + width; ++k) to[k] = s.x[static_cast<long>(i) * b.inputs + k];
  }
};

// t = Σ_k ∂y/∂x_k J_k for `pair_width` pairs of one atom.
struct PairForces {
  BatchView b;
  KOKKOS_INLINE_FUNCTION void operator()(int item) const {
    const int at = item * pair_width;
    if (at >= b.totals().pairs) return;
    const BatchSlot& s = b.slot_at<&BatchSlot::first_pair>(at);
    const int p = at - s.first_pair, i = s.pair_center[p], start = s.pair_start[i];
    const int padded = s.pair_start[i + 1] - start;
    with_storage(s, 3L * b.inputs * start + (p - start), [&](const auto& J) {
      int c = 0;
      for (; c + 4 <= b.members; c += 4) block<4>(J, s, c, i, padded, at);
      for (; c < b.members; ++c) block<1>(J, s, c, i, padded, at);
    });
  }
  template <int B, class Storage>
  KOKKOS_FORCEINLINE_FUNCTION void block(const Storage& J, const BatchSlot& s, int c, int i, int padded, int at) const {
    const int z = s.species[i];
    const float* u[B];
    for (int m = 0; m < B; ++m) u[m] = &b.slope.at[z](b.row(s, c + m, i), 0);
    float t[B][3][pair_width] = {};
    for (int k = 0; k < b.inputs; ++k)
      for (int x = 0; x < 3; ++x)
        for (int l = 0; l < pair_width; ++l) {
          const float j = J.load((3L * k + x) * padded + l);
          for (int m = 0; m < B; ++m) t[m][x][l] += u[m][k] * j;
        }
    for (int m = 0; m < B; ++m)
      for (int x = 0; x < 3; ++x) {
        float* to = b.pair_force.data() + (3L * (c + m) + x) * b.pairs + at;
        for (int l = 0; l < pair_width; ++l) to[l] = t[m][x][l];
      }
  }
};

// Forces and virials of the atoms from the forces of the pairs; item = member · atoms + atom.
struct AtomForces {
  BatchView b;
  KOKKOS_INLINE_FUNCTION void operator()(int item) const {
    const int c = item / b.atoms, a = item % b.atoms;
    if (a >= b.totals().atoms) return;
    const BatchSlot& s = b.slot_at<&BatchSlot::first_atom>(a);
    const int i = a - s.first_atom;
    float sum[3] = {}, w[6] = {};
    for (int p = s.pair_start[i]; p < s.pair_start[i + 1]; ++p) {
      if (s.pair_owner[p] < 0) break;
      const int back = s.pair_reverse[p];
      float t[3];
      for (int x = 0; x < 3; ++x) {
        const float* of = b.pair_force.data() + (3L * c + x) * b.pairs + s.first_pair;
        t[x] = of[p];
        sum[x] += of[p] - (back < 0 ? 0.0f : of[back]);
      }
      const float* d = s.pair_vector + static_cast<long>(p) * s.pair_strides[0];
      for (int v = 0; v < 6; ++v) w[v] -= d[virial_left(v) * s.pair_strides[1]] * t[virial_right(v)];
    }
    for (int x = 0; x < 3; ++x) b.force(3 * (c * b.atoms + a) + x) = sum[x];
    for (int v = 0; v < 6; ++v) b.atom_virial(6 * (c * b.atoms + a) + v) = w[v];
  }
};

// τ of every pair from the derivatives of the loss; item = member · pairs + pair, pair_width pairs at a time.
struct PairTensions {
  BatchView b;
  KOKKOS_INLINE_FUNCTION void operator()(int item) const {
    const int items = b.pairs / pair_width, c = item / items, at = item % items * pair_width;
    if (at >= b.totals().pairs) return;
    const BatchSlot& s = b.slot_at<&BatchSlot::first_pair>(at);
    const int slot = static_cast<int>(&s - b.slots.data()), first = at - s.first_pair, i = s.pair_center[first];
    const float *F = b.force.data() + 3L * (c * b.atoms + s.first_atom),
                *w = b.virial.data() + 6 * (c * b.n_slots + slot);
    float* tau = b.pair_force.data() + 3L * c * b.pairs + at;
    for (int l = 0; l < pair_width; ++l) {
      const int j = s.pair_owner[first + l];
      float t[3] = {};
      if (j >= 0) {
        for (int x = 0; x < 3; ++x) t[x] = F[3 * i + x] - F[3 * j + x];
        const float* d = s.pair_vector + static_cast<long>(first + l) * s.pair_strides[0];
        for (int v = 0; v < 6; ++v) t[virial_right(v)] -= d[virial_left(v) * s.pair_strides[1]] * w[v];
      }
      for (int x = 0; x < 3; ++x) tau[static_cast<long>(x) * b.pairs + l] = t[x];
    }
  }
};

}  // namespace locum::potential
