// What counting noise alone does to an amplitude: E[(√n − √λ)²] of a Poisson number n of mean λ.
//
// 2λ − 2√λ E[√n]: 2λ for λ → 0, where n is mostly 0, a maximum of 0.454 near λ = 1, and 1/4 for many counts:
//   1/4 + 7/(64λ) + 75/(512λ²) + 5253/(16384λ³) + …
// (from the moments of the Poisson distribution by Taylor's expansion of √n around λ, as Bartlett, Suppl. J. R. Stat.
// Soc. 3 (1936) 68, for the variance). The value 1/4 that the literature takes everywhere is 45 % too small at λ = 1.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::imaging {

// λ: expected counts, background included; 0 below 0. Relative error below 4e-4, in float too: below λ = 16 the
// polynomial in √λ for E/λ of degree 10 that minimises its largest relative error, above it the series.
template <class T>
KOKKOS_INLINE_FUNCTION T poisson_amplitude_noise(T counts) {
  if (!(counts > T(0))) return T(0);
  if (counts < T(16)) {
    constexpr T c[11] = {T(0.0779282226), T(-0.212521481), T(0.454400439), T(-0.762959779),
                         T(0.889756958),  T(-0.48529799),  T(-0.31405712), T(0.645146533),
                         T(-0.199814242), T(-0.175972183), T(0.0994908441)};
    const T t = T(0.5) * std::sqrt(counts) - T(1);
    T sum = c[10];
    for (int k = 9; k >= 0; --k) sum = sum * t + c[k];
    return counts * sum;
  }
  const T inverse = T(1) / counts;
  return T(0.25) + inverse * (T(7.0 / 64.0) + inverse * (T(75.0 / 512.0) + inverse * T(5253.0 / 16384.0)));
}

}  // namespace locum::imaging
