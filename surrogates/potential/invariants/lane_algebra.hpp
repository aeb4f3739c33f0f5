// Small matrix products with one atom in each lane: the matrix is read once as scalars, the vectors are packs, in
// anything that is indexed like an array (slots.hpp).
#pragma once

#include <cstdint>
#include <type_traits>

#include "kokkos_kernels/base/pack.hpp"
#include "surrogates/potential/invariants/slots.hpp"

namespace locum::potential {

// Four numbers that one load brings. On a GPU a weight is the same for all threads of a warp and still costs a load
// each, as much as four multiply-adds: they come four at a time where they lie on a boundary of four.
template <class T>
struct alignas(4 * sizeof(T)) Four {
  T v[4];
};
template <class T>
KOKKOS_FORCEINLINE_FUNCTION bool in_fours(const T* w, int row) {
  return row % 4 == 0 && reinterpret_cast<std::uintptr_t>(w) % sizeof(Four<T>) == 0;
}

// out[j] = start[j] + Σ_k in[k] w[k, j]; w row-major (n_in, n_out). `start` may be null.
template <int B, class In, class T, class Out>
KOKKOS_FORCEINLINE_FUNCTION void product_block(In in, int n_in, const T* w, int n_out, int j,
                                               const std::type_identity_t<T>* start, Out out) {
  using P = PackIn<In>;
  P sum[B];
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) sum[b] = P(start ? start[j + b] : T(0));
  for (int k = 0; k < n_in; ++k) {
    const P a = in[k];
    const T* row = w + k * n_out + j;
#pragma GCC unroll 8
    for (int b = 0; b < B; ++b) sum[b] += a * P(row[b]);
  }
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) out[j + b] = sum[b];
}

// Eight of them with one lane and rows in fours.
template <class In, class T, class Out>
KOKKOS_FORCEINLINE_FUNCTION void product_of_fours(In in, int n_in, const T* w, int n_out, int j, const T* start,
                                                  Out out) {
  using P = PackIn<In>;
  P sum[8];
#pragma GCC unroll 8
  for (int b = 0; b < 8; ++b) sum[b] = P(start ? start[j + b] : T(0));
  for (int k = 0; k < n_in; ++k) {
    const P a = in[k];
    const auto* row = reinterpret_cast<const Four<T>*>(w + k * n_out + j);
    const Four<T> low = row[0], high = row[1];
#pragma GCC unroll 4
    for (int b = 0; b < 4; ++b) {
      sum[b] += a * P(low.v[b]);
      sum[4 + b] += a * P(high.v[b]);
    }
  }
#pragma GCC unroll 8
  for (int b = 0; b < 8; ++b) out[j + b] = sum[b];
}

template <class In, class T, class Out>
KOKKOS_INLINE_FUNCTION void product(In in, int n_in, const T* w, int n_out, const std::type_identity_t<T>* start,
                                    Out out) {
  int j = 0;
  if constexpr (PackIn<In>::lanes == 1)
    if (in_fours(w, n_out))
      for (; j + 8 <= n_out; j += 8) product_of_fours(in, n_in, w, n_out, j, start, out);
  for (; j + 8 <= n_out; j += 8) product_block<8>(in, n_in, w, n_out, j, start, out);
  for (; j < n_out; ++j) product_block<1>(in, n_in, w, n_out, j, start, out);
}

// out[k] = start[k] + Σ_j w[k, j] in[j]; w row-major (n_out, n_in). `start` may be null.
template <int B, class In, class T, class Out>
KOKKOS_FORCEINLINE_FUNCTION void transposed_block(In in, int n_in, const T* w, int k,
                                                  const std::type_identity_t<T>* start, Out out) {
  using P = PackIn<In>;
  P sum[B];
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) sum[b] = P(start ? start[k + b] : T(0));
  for (int j = 0; j < n_in; ++j) {
    const P a = in[j];
#pragma GCC unroll 8
    for (int b = 0; b < B; ++b) sum[b] += a * P(w[(k + b) * n_in + j]);
  }
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) out[k + b] = sum[b];
}

template <class In, class T, class Out>
KOKKOS_FORCEINLINE_FUNCTION void transposed_of_fours(In in, int n_in, const T* w, int k, const T* start, Out out) {
  using P = PackIn<In>;
  P sum[8];
#pragma GCC unroll 8
  for (int b = 0; b < 8; ++b) sum[b] = P(start ? start[k + b] : T(0));
  for (int j = 0; j < n_in; j += 4) {
    const P a[4] = {in[j], in[j + 1], in[j + 2], in[j + 3]};
#pragma GCC unroll 8
    for (int b = 0; b < 8; ++b) {
      const Four<T> row = *reinterpret_cast<const Four<T>*>(w + (k + b) * n_in + j);
#pragma GCC unroll 4
      for (int e = 0; e < 4; ++e) sum[b] += a[e] * P(row.v[e]);
    }
  }
#pragma GCC unroll 8
  for (int b = 0; b < 8; ++b) out[k + b] = sum[b];
}

template <class In, class T, class Out>
KOKKOS_INLINE_FUNCTION void transposed_product(In in, int n_in, const T* w, int n_out,
                                               const std::type_identity_t<T>* start, Out out) {
  int k = 0;
  if constexpr (PackIn<In>::lanes == 1)
    if (in_fours(w, n_in))
      for (; k + 8 <= n_out; k += 8) transposed_of_fours(in, n_in, w, k, start, out);
  for (; k + 8 <= n_out; k += 8) transposed_block<8>(in, n_in, w, k, start, out);
  for (; k < n_out; ++k) transposed_block<1>(in, n_in, w, k, start, out);
}

}  // namespace locum::potential
