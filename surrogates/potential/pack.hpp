// Eight doubles that move together: one AVX-512 register on the CPU, one number of a thread on the GPU.
//
// GCC's vector extension gives the arithmetic; kernels written with Pack compile for both from one source. This file is
// the only one that knows the width.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::potential {

#if defined(KOKKOS_ENABLE_CUDA)

inline constexpr int lanes = 1;

struct Pack {
  double v;
  Pack() = default;
  KOKKOS_FORCEINLINE_FUNCTION Pack(double a) : v(a) {}
  KOKKOS_FORCEINLINE_FUNCTION double& lane(int) { return v; }
  KOKKOS_FORCEINLINE_FUNCTION double lane(int) const { return v; }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator+(Pack a, Pack b) { return Pack(a.v + b.v); }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator-(Pack a, Pack b) { return Pack(a.v - b.v); }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator*(Pack a, Pack b) { return Pack(a.v * b.v); }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator/(Pack a, Pack b) { return Pack(a.v / b.v); }
};
KOKKOS_FORCEINLINE_FUNCTION Pack sqrt(Pack a) { return Pack(::sqrt(a.v)); }
KOKKOS_FORCEINLINE_FUNCTION Pack tanh(Pack a) { return Pack(::tanh(a.v)); }
KOKKOS_FORCEINLINE_FUNCTION Pack exp(Pack a) { return Pack(::exp(a.v)); }
KOKKOS_FORCEINLINE_FUNCTION double sum(Pack a) { return a.v; }
KOKKOS_FORCEINLINE_FUNCTION Pack positive_part(Pack a) { return Pack(a.v > 0.0 ? a.v : 0.0); }
// out lane k ← sum over the lanes of in[k].
KOKKOS_FORCEINLINE_FUNCTION Pack sum_each(const Pack* in) { return in[0]; }
// out[k] lane j ← in[j] lane k.
KOKKOS_FORCEINLINE_FUNCTION void transpose(const Pack* in, Pack* out) { out[0] = in[0]; }

#else

inline constexpr int lanes = 8;

struct alignas(64) Pack {
  typedef double Vector __attribute__((vector_size(64)));
  typedef std::int64_t Integers __attribute__((vector_size(64)));
  Vector v;
  Pack() = default;
  KOKKOS_FORCEINLINE_FUNCTION Pack(double a) : v(Vector{} + a) {}
  KOKKOS_FORCEINLINE_FUNCTION explicit Pack(Vector a, int) : v(a) {}
  KOKKOS_FORCEINLINE_FUNCTION double& lane(int k) { return reinterpret_cast<double*>(this)[k]; }
  KOKKOS_FORCEINLINE_FUNCTION double lane(int k) const { return reinterpret_cast<const double*>(this)[k]; }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator+(Pack a, Pack b) { return Pack(a.v + b.v, 0); }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator-(Pack a, Pack b) { return Pack(a.v - b.v, 0); }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator*(Pack a, Pack b) { return Pack(a.v * b.v, 0); }
  KOKKOS_FORCEINLINE_FUNCTION friend Pack operator/(Pack a, Pack b) { return Pack(a.v / b.v, 0); }
};

KOKKOS_FORCEINLINE_FUNCTION Pack sqrt(Pack a) {
  Pack r;
  for (int k = 0; k < lanes; ++k) r.v[k] = __builtin_sqrt(a.v[k]);
  return r;
}

KOKKOS_FORCEINLINE_FUNCTION double sum(Pack a) {
  return ((a.v[0] + a.v[4]) + (a.v[2] + a.v[6])) + ((a.v[1] + a.v[5]) + (a.v[3] + a.v[7]));
}

KOKKOS_FORCEINLINE_FUNCTION Pack positive_part(Pack a) { return Pack(a.v > 0.0 ? a.v : Pack(0.0).v, 0); }

// out lane k ← sum over the lanes of in[k], k = 0 … 7: three rounds of pairwise additions.
KOKKOS_FORCEINLINE_FUNCTION Pack sum_each(const Pack* in) {
  using V = Pack::Vector;
  using I = Pack::Integers;
  V two[4], four[2];
  for (int k = 0; k < 4; ++k)
    two[k] = __builtin_shuffle(in[2 * k].v, in[2 * k + 1].v, I{0, 8, 2, 10, 4, 12, 6, 14}) +
             __builtin_shuffle(in[2 * k].v, in[2 * k + 1].v, I{1, 9, 3, 11, 5, 13, 7, 15});
  for (int k = 0; k < 2; ++k)
    four[k] = __builtin_shuffle(two[2 * k], two[2 * k + 1], I{0, 1, 8, 9, 4, 5, 12, 13}) +
              __builtin_shuffle(two[2 * k], two[2 * k + 1], I{2, 3, 10, 11, 6, 7, 14, 15});
  return Pack(__builtin_shuffle(four[0], four[1], I{0, 1, 2, 3, 8, 9, 10, 11}) +
                  __builtin_shuffle(four[0], four[1], I{4, 5, 6, 7, 12, 13, 14, 15}),
              0);
}

// out[k] lane j ← in[j] lane k: exchanges of 1, 2, then 4 lanes.
KOKKOS_FORCEINLINE_FUNCTION void transpose(const Pack* in, Pack* out) {
  using V = Pack::Vector;
  using I = Pack::Integers;
  V a[8], b[8];
  for (int k = 0; k < 8; k += 2) {
    a[k] = __builtin_shuffle(in[k].v, in[k + 1].v, I{0, 8, 2, 10, 4, 12, 6, 14});
    a[k + 1] = __builtin_shuffle(in[k].v, in[k + 1].v, I{1, 9, 3, 11, 5, 13, 7, 15});
  }
  for (int k = 0; k < 8; k += 4)
    for (int j = 0; j < 2; ++j) {
      b[k + j] = __builtin_shuffle(a[k + j], a[k + j + 2], I{0, 1, 8, 9, 4, 5, 12, 13});
      b[k + j + 2] = __builtin_shuffle(a[k + j], a[k + j + 2], I{2, 3, 10, 11, 6, 7, 14, 15});
    }
  for (int j = 0; j < 4; ++j) {
    out[j] = Pack(__builtin_shuffle(b[j], b[j + 4], I{0, 1, 2, 3, 8, 9, 10, 11}), 0);
    out[j + 4] = Pack(__builtin_shuffle(b[j], b[j + 4], I{4, 5, 6, 7, 12, 13, 14, 15}), 0);
  }
}

// exp of numbers in [−708, 708]; others are clamped. 2ⁿ · P(f), |f| ≤ ln2 / 2, Taylor to order 12 (1e-16 relative).
KOKKOS_FORCEINLINE_FUNCTION Pack exp(Pack a) {
  using V = Pack::Vector;
  V x = a.v < -708.0 ? Pack(-708.0).v : a.v;
  x = x > 708.0 ? Pack(708.0).v : x;
  const V magic = Pack(6755399441055744.0).v;  // 1.5 · 2⁵²: adding it rounds to an integer in the low bits
  const V shifted = x * 1.4426950408889634 + magic;
  const V n = shifted - magic;
  const V f = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10;
  V p = Pack(1.0 / 479001600.0).v;
  const double c[12] = {1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0,
                        1.0 / 120.0,      1.0 / 24.0,      1.0 / 6.0,      0.5,           1.0,          1.0};
  for (int k = 0; k < 12; ++k) p = p * f + c[k];
  Pack::Integers bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;  // the low bits of `shifted` are n; the shift drops the rest
  V power;
  std::memcpy(&power, &bits, sizeof power);
  return Pack(p * power, 0);
}

KOKKOS_FORCEINLINE_FUNCTION Pack tanh(Pack a) { return Pack(1.0) - Pack(2.0) / (exp(Pack(2.0) * a) + Pack(1.0)); }

#endif

KOKKOS_FORCEINLINE_FUNCTION Pack& operator+=(Pack& a, Pack b) { return a = a + b; }
KOKKOS_FORCEINLINE_FUNCTION Pack& operator-=(Pack& a, Pack b) { return a = a - b; }
KOKKOS_FORCEINLINE_FUNCTION Pack operator-(Pack a) { return Pack(0.0) - a; }

}  // namespace locum::potential
