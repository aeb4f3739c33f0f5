// Numbers that move together: eight doubles or sixteen floats, one AVX-512 register on the CPU; one number of a thread
// on the GPU.
//
// GCC's vector extension gives the arithmetic; kernels written with PackOf compile for both from one source. This file
// is the only one that knows the width.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

// W lanes of T: double or float.
template <class T, int W>
struct PackOf;

template <class T>
struct PackOf<T, 1> {
  using Scalar = T;
  static constexpr int lanes = 1;
  T v;
  PackOf() = default;
  KOKKOS_FORCEINLINE_FUNCTION PackOf(T a) : v(a) {}
  KOKKOS_FORCEINLINE_FUNCTION T& lane(int) { return v; }
  KOKKOS_FORCEINLINE_FUNCTION T lane(int) const { return v; }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator+(PackOf a, PackOf b) { return PackOf(a.v + b.v); }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator-(PackOf a, PackOf b) { return PackOf(a.v - b.v); }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator*(PackOf a, PackOf b) { return PackOf(a.v * b.v); }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator/(PackOf a, PackOf b) { return PackOf(a.v / b.v); }
};
KOKKOS_FORCEINLINE_FUNCTION PackOf<double, 1> sqrt(PackOf<double, 1> a) { return ::sqrt(a.v); }
KOKKOS_FORCEINLINE_FUNCTION PackOf<double, 1> tanh(PackOf<double, 1> a) { return ::tanh(a.v); }
KOKKOS_FORCEINLINE_FUNCTION PackOf<double, 1> exp(PackOf<double, 1> a) { return ::exp(a.v); }
KOKKOS_FORCEINLINE_FUNCTION PackOf<float, 1> sqrt(PackOf<float, 1> a) { return ::sqrtf(a.v); }
KOKKOS_FORCEINLINE_FUNCTION PackOf<float, 1> tanh(PackOf<float, 1> a) { return ::tanhf(a.v); }
KOKKOS_FORCEINLINE_FUNCTION PackOf<float, 1> exp(PackOf<float, 1> a) { return ::expf(a.v); }
template <class T>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, 1> abs(PackOf<T, 1> a) {
  return a.v < T(0) ? -a.v : a.v;
}
template <class T>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, 1> max(PackOf<T, 1> a, PackOf<T, 1> b) {
  return a.v > b.v ? a : b;
}
template <class T>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, 1> min(PackOf<T, 1> a, PackOf<T, 1> b) {
  return a.v < b.v ? a : b;
}
template <class T>
KOKKOS_FORCEINLINE_FUNCTION T sum(PackOf<T, 1> a) {
  return a.v;
}
// out lane k ← sum over the lanes of in[k].
template <class T>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, 1> sum_each(const PackOf<T, 1>* in) {
  return in[0];
}
// out[k] lane j ← in[j] lane k.
template <class T>
KOKKOS_FORCEINLINE_FUNCTION void transpose(const PackOf<T, 1>* in, PackOf<T, 1>* out) {
  out[0] = in[0];
}

#if defined(KOKKOS_ENABLE_CUDA)

using Pack = PackOf<double, 1>;
using SinglePack = PackOf<float, 1>;

#else

template <class T, int W>
struct alignas(W * sizeof(T)) PackOf {
  using Scalar = T;
  static constexpr int lanes = W;
  typedef T Vector __attribute__((vector_size(W * sizeof(T))));
  using Integer = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  typedef Integer Integers __attribute__((vector_size(W * sizeof(T))));
  Vector v;
  PackOf() = default;
  KOKKOS_FORCEINLINE_FUNCTION PackOf(T a) : v(Vector{} + a) {}
  KOKKOS_FORCEINLINE_FUNCTION explicit PackOf(Vector a, int) : v(a) {}
  KOKKOS_FORCEINLINE_FUNCTION T& lane(int k) { return reinterpret_cast<T*>(this)[k]; }
  KOKKOS_FORCEINLINE_FUNCTION T lane(int k) const { return reinterpret_cast<const T*>(this)[k]; }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator+(PackOf a, PackOf b) { return PackOf(a.v + b.v, 0); }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator-(PackOf a, PackOf b) { return PackOf(a.v - b.v, 0); }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator*(PackOf a, PackOf b) { return PackOf(a.v * b.v, 0); }
  KOKKOS_FORCEINLINE_FUNCTION friend PackOf operator/(PackOf a, PackOf b) { return PackOf(a.v / b.v, 0); }
};

using Pack = PackOf<double, 8>;
using SinglePack = PackOf<float, 16>;

template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> sqrt(PackOf<T, W> a) {
  PackOf<T, W> r;
  for (int k = 0; k < W; ++k)
    if constexpr (sizeof(T) == 8)
      r.v[k] = __builtin_sqrt(a.v[k]);
    else
      r.v[k] = __builtin_sqrtf(a.v[k]);
  return r;
}

template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> abs(PackOf<T, W> a) {
  return PackOf<T, W>(a.v < T(0) ? -a.v : a.v, 0);
}
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> max(PackOf<T, W> a, PackOf<T, W> b) {
  return PackOf<T, W>(a.v > b.v ? a.v : b.v, 0);
}
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> min(PackOf<T, W> a, PackOf<T, W> b) {
  return PackOf<T, W>(a.v < b.v ? a.v : b.v, 0);
}

// By halves: lanes k and k + W/2 first.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION T sum(PackOf<T, W> a) {
  if constexpr (W == 8) {
    return ((a.v[0] + a.v[4]) + (a.v[2] + a.v[6])) + ((a.v[1] + a.v[5]) + (a.v[3] + a.v[7]));
  } else {
    PackOf<T, W / 2> half[2];
    std::memcpy(half, &a, sizeof half);
    return sum(half[0] + half[1]);
  }
}

// Exchanges of S lanes between two packs: the stretches of S lanes that are even in both, or those that are odd.
template <int S, bool Odd, class T, int W, int... K>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> interleave(PackOf<T, W> a, PackOf<T, W> b, std::integer_sequence<int, K...>) {
  using I = typename PackOf<T, W>::Integers;
  return PackOf<T, W>(
      __builtin_shuffle(a.v, b.v, I{(K / (2 * S) * (2 * S) + K % S + (Odd ? S : 0) + (K / S % 2 ? W : 0))...}), 0);
}

// out lane k ← sum over the lanes of in[k], k = 0 … W − 1: log₂ W rounds of pairwise additions.
template <int S = 1, class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> sum_each(const PackOf<T, W>* in) {
  constexpr std::make_integer_sequence<int, W> all{};
  if constexpr (2 * S == W) {
    return interleave<S, false>(in[0], in[1], all) + interleave<S, true>(in[0], in[1], all);
  } else {
    PackOf<T, W> pairs[W / (2 * S)];
#pragma GCC unroll 8
    for (int k = 0; k < W / (2 * S); ++k)
      pairs[k] =
          interleave<S, false>(in[2 * k], in[2 * k + 1], all) + interleave<S, true>(in[2 * k], in[2 * k + 1], all);
    return sum_each<2 * S>(pairs);
  }
}

// out[k] lane j ← in[j] lane k: exchanges of 1, 2, 4 … lanes.
template <int S = 1, class T, int W>
KOKKOS_FORCEINLINE_FUNCTION void transpose(const PackOf<T, W>* in, PackOf<T, W>* out) {
  constexpr std::make_integer_sequence<int, W> all{};
  PackOf<T, W> turned[W];
#pragma GCC unroll 16
  for (int k = 0; k < W; ++k)
    turned[k] = k & S ? interleave<S, true>(in[k - S], in[k], all) : interleave<S, false>(in[k], in[k + S], all);
  if constexpr (2 * S == W)
    for (int k = 0; k < W; ++k) out[k] = turned[k];
  else
    transpose<2 * S>(turned, out);
}

// What exp needs to know of its type: the range beyond which it clamps, ln 2 in two parts of which the first has zeros
// at its end, and how long the series is.
template <class T>
struct ExpConstants;
template <>
struct ExpConstants<double> {
  static constexpr double largest = 708.0, magic = 6755399441055744.0;  // 1.5 · 2⁵²
  static constexpr double ln2_high = 0.6931471803691238, ln2_low = 1.9082149292705877e-10;
  static constexpr int order = 12, bias = 1023, mantissa = 52;  // 1e-16 relative
};
template <>
struct ExpConstants<float> {
  static constexpr float largest = 87.0f, magic = 12582912.0f;  // 1.5 · 2²³
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
  static constexpr int order = 7, bias = 127, mantissa = 23;  // 5e-9 relative, less than a rounding
};

// exp of numbers in ±largest; others are clamped. 2ⁿ · P(f), |f| ≤ ln2 / 2, P: Taylor series.
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> exp(PackOf<T, W> a) {
  using P = PackOf<T, W>;
  using V = typename P::Vector;
  using C = ExpConstants<T>;
  V x = a.v < -C::largest ? P(-C::largest).v : a.v;
  x = x > C::largest ? P(C::largest).v : x;
  const V magic = P(C::magic).v;  // adding it rounds to an integer in the low bits
  const V shifted = x * T(1.4426950408889634) + magic;
  const V n = shifted - magic;
  const V f = (x - n * C::ln2_high) - n * C::ln2_low;
  constexpr double inverse_factorial[13] = {1.0,
                                            1.0,
                                            0.5,
                                            1.0 / 6.0,
                                            1.0 / 24.0,
                                            1.0 / 120.0,
                                            1.0 / 720.0,
                                            1.0 / 5040.0,
                                            1.0 / 40320.0,
                                            1.0 / 362880.0,
                                            1.0 / 3628800.0,
                                            1.0 / 39916800.0,
                                            1.0 / 479001600.0};
  V p = P(T(inverse_factorial[C::order])).v;
#pragma GCC unroll 12
  for (int k = C::order - 1; k >= 0; --k) p = p * f + T(inverse_factorial[k]);
  typename P::Integers bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + C::bias) << C::mantissa;  // the low bits of `shifted` are n; the shift drops the rest
  V power;
  std::memcpy(&power, &bits, sizeof power);
  return P(p * power, 0);
}

template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> tanh(PackOf<T, W> a) {
  using P = PackOf<T, W>;
  return P(1.0) - P(2.0) / (exp(P(2.0) * a) + P(1.0));
}

#endif

inline constexpr int lanes = Pack::lanes;

template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W>& operator+=(PackOf<T, W>& a, PackOf<T, W> b) {
  return a = a + b;
}
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W>& operator-=(PackOf<T, W>& a, PackOf<T, W> b) {
  return a = a - b;
}
template <class T, int W>
KOKKOS_FORCEINLINE_FUNCTION PackOf<T, W> operator-(PackOf<T, W> a) {
  return PackOf<T, W>(T(0)) - a;
}

}  // namespace locum
