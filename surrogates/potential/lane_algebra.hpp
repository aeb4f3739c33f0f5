// Small matrix products with one atom in each lane: the matrix is read once as scalars, the vectors are Packs.
#pragma once

#include "surrogates/potential/pack.hpp"

namespace locum::potential {

// out[j] = start[j] + Σ_k in[k] w[k, j]; w row-major (n_in, n_out). `start` may be null.
template <int B>
KOKKOS_FORCEINLINE_FUNCTION void product_block(const Pack* in, int n_in, const double* w, int n_out, int j,
                                               const double* start, Pack* out) {
  Pack sum[B];
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) sum[b] = Pack(start ? start[j + b] : 0.0);
  for (int k = 0; k < n_in; ++k) {
    const Pack a = in[k];
    const double* row = w + k * n_out + j;
#pragma GCC unroll 8
    for (int b = 0; b < B; ++b) sum[b] += a * Pack(row[b]);
  }
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) out[j + b] = sum[b];
}

KOKKOS_INLINE_FUNCTION void product(const Pack* in, int n_in, const double* w, int n_out, const double* start,
                                    Pack* out) {
  int j = 0;
  for (; j + 8 <= n_out; j += 8) product_block<8>(in, n_in, w, n_out, j, start, out);
  for (; j < n_out; ++j) product_block<1>(in, n_in, w, n_out, j, start, out);
}

// out[k] = start[k] + Σ_j w[k, j] in[j]; w row-major (n_out, n_in). `start` may be null.
template <int B>
KOKKOS_FORCEINLINE_FUNCTION void transposed_block(const Pack* in, int n_in, const double* w, int k, const double* start,
                                                  Pack* out) {
  Pack sum[B];
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) sum[b] = Pack(start ? start[k + b] : 0.0);
  for (int j = 0; j < n_in; ++j) {
    const Pack a = in[j];
#pragma GCC unroll 8
    for (int b = 0; b < B; ++b) sum[b] += a * Pack(w[(k + b) * n_in + j]);
  }
#pragma GCC unroll 8
  for (int b = 0; b < B; ++b) out[k + b] = sum[b];
}

KOKKOS_INLINE_FUNCTION void transposed_product(const Pack* in, int n_in, const double* w, int n_out,
                                               const double* start, Pack* out) {
  int k = 0;
  for (; k + 8 <= n_out; k += 8) transposed_block<8>(in, n_in, w, k, start, out);
  for (; k < n_out; ++k) transposed_block<1>(in, n_in, w, k, start, out);
}

}  // namespace locum::potential
