// Small matrix products with one atom in each lane: the matrix is read once as scalars, the vectors are packs, in
// anything that is indexed like an array (slots.hpp).
#pragma once

#include "surrogates/potential/pack.hpp"
#include "surrogates/potential/slots.hpp"

namespace locum::potential {

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

template <class In, class T, class Out>
KOKKOS_INLINE_FUNCTION void product(In in, int n_in, const T* w, int n_out, const std::type_identity_t<T>* start,
                                    Out out) {
  int j = 0;
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
KOKKOS_INLINE_FUNCTION void transposed_product(In in, int n_in, const T* w, int n_out,
                                               const std::type_identity_t<T>* start, Out out) {
  int k = 0;
  for (; k + 8 <= n_out; k += 8) transposed_block<8>(in, n_in, w, k, start, out);
  for (; k < n_out; ++k) transposed_block<1>(in, n_in, w, k, start, out);
}

}  // namespace locum::potential
