// Real spherical harmonics as polynomials of the unit vector u = (x, y, z), times √(4π):
//   Y_lm = N_lm Π_l^m(z) c_m(x, y),  Y_l,−m = N_lm Π_l^m(z) s_m(x, y),  Π_l^m = d^m P_l / dz^m,  c_m + i s_m = (x + i
//   y)^m
// (Helgaker, Jørgensen, Olsen, Molecular Electronic-Structure Theory, §6.4). So normalised, Σ_m Y_lm² = 2l + 1.
//
// Slot of (l, m): l² + l + m. T is double or Pack.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::potential {

inline constexpr int largest_l = 5;

// N_lm √(4π) for m ≥ 0: √((2l + 1) (l − m)! / (l + m)! · (m ? 2 : 1)).
KOKKOS_FORCEINLINE_FUNCTION constexpr double harmonic_norm_squared(int l, int m) {
  double ratio = 1.0;
  for (int k = l - m + 1; k <= l + m; ++k) ratio /= k;
  return (2 * l + 1) * ratio * (m ? 2.0 : 1.0);
}

// Newton's iteration from above: exact to rounding, at compile time.
KOKKOS_FORCEINLINE_FUNCTION constexpr double constant_sqrt(double a) {
  double x = a > 1.0 ? a : 1.0;
  for (int k = 0; k < 60; ++k) x = 0.5 * (x + a / x);
  return x;
}

template <int L>
struct HarmonicNorms {
  double n[(L + 1) * (L + 1)] = {};
  KOKKOS_FORCEINLINE_FUNCTION constexpr HarmonicNorms() {
    for (int l = 0; l <= L; ++l)
      for (int m = 0; m <= l; ++m) n[l * (L + 1) + m] = constant_sqrt(harmonic_norm_squared(l, m));
  }
};

// Powers (x + i y)^m and the derivatives of the Legendre polynomials, for m ≤ l ≤ L + 1 where a slot exists.
template <int L, class T>
struct HarmonicFactors {
  T c[L + 1], s[L + 1];
  T pi[L + 1][L + 2];  // pi[l][m] = Π_l^m; Π_l^{l+1} = 0

  KOKKOS_FORCEINLINE_FUNCTION HarmonicFactors(T x, T y, T z) {
    c[0] = T(1.0);
    s[0] = T(0.0);
#pragma GCC unroll 8
    for (int m = 1; m <= L; ++m) {
      c[m] = x * c[m - 1] - y * s[m - 1];
      s[m] = x * s[m - 1] + y * c[m - 1];
    }
    double odd = 1.0;
#pragma GCC unroll 8
    for (int m = 0; m <= L; ++m) {
      pi[m][m] = T(odd);
      pi[m][m + 1] = T(0.0);
      odd *= 2 * m + 1;
      if (m < L) pi[m + 1][m] = T(2.0 * m + 1.0) * z * pi[m][m];
#pragma GCC unroll 8
      for (int l = m + 2; l <= L; ++l)
        pi[l][m] = T(1.0 / (l - m)) * (T(2.0 * l - 1.0) * z * pi[l - 1][m] - T(l + m - 1.0) * pi[l - 2][m]);
    }
  }
};

// value: ((L + 1)²).
template <int L, class T>
KOKKOS_FORCEINLINE_FUNCTION void harmonics(T x, T y, T z, T* value) {
  constexpr HarmonicNorms<L> norm;
  const HarmonicFactors<L, T> f(x, y, z);
#pragma GCC unroll 8
  for (int l = 0; l <= L; ++l) {
    value[l * l + l] = T(norm.n[l * (L + 1)]) * f.pi[l][0];
#pragma GCC unroll 8
    for (int m = 1; m <= l; ++m) {
      const T a = T(norm.n[l * (L + 1) + m]) * f.pi[l][m];
      value[l * l + l + m] = a * f.c[m];
      value[l * l + l - m] = a * f.s[m];
    }
  }
}

// Also the derivatives with respect to x, y, z as if they were independent; the caller takes the part tangential to u.
template <int L, class T>
KOKKOS_FORCEINLINE_FUNCTION void harmonics_and_gradients(T x, T y, T z, T* value, T* dx, T* dy, T* dz) {
  constexpr HarmonicNorms<L> norm;
  const HarmonicFactors<L, T> f(x, y, z);
#pragma GCC unroll 8
  for (int l = 0; l <= L; ++l) {
    const T n0 = T(norm.n[l * (L + 1)]);
    value[l * l + l] = n0 * f.pi[l][0];
    dx[l * l + l] = T(0.0);
    dy[l * l + l] = T(0.0);
    dz[l * l + l] = n0 * f.pi[l][1];
#pragma GCC unroll 8
    for (int m = 1; m <= l; ++m) {
      const T n = T(norm.n[l * (L + 1) + m]);
      const T a = n * f.pi[l][m], b = n * f.pi[l][m + 1], ma = T(double(m)) * a;
      const int plus = l * l + l + m, minus = l * l + l - m;
      value[plus] = a * f.c[m];
      value[minus] = a * f.s[m];
      dx[plus] = ma * f.c[m - 1];
      dx[minus] = ma * f.s[m - 1];
      dy[plus] = T(0.0) - ma * f.s[m - 1];
      dy[minus] = ma * f.c[m - 1];
      dz[plus] = b * f.c[m];
      dz[minus] = b * f.s[m];
    }
  }
}

}  // namespace locum::potential
