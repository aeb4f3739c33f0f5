// Transforms of two to eight numbers in registers: v[m] ← Σ_q v[q] exp(Sign 2πi q m / R).
#pragma once

#include "kokkos_kernels/fft/lanes.hpp"

namespace locum::fft {

// cos and sin of 2πk / R for the odd radices, k = 1 … (R − 1) / 2. (Functions, for device code has no constexpr arrays.)
template <int R>
KOKKOS_FORCEINLINE_FUNCTION constexpr double odd_cosine(int k) {
  if constexpr (R == 3) return -0.5;
  if constexpr (R == 5) return k == 1 ? 0.30901699437494742410 : -0.80901699437494742410;
  return k == 1 ? 0.62348980185873353053 : k == 2 ? -0.22252093395631440429 : -0.90096886790241912624;
}
template <int R>
KOKKOS_FORCEINLINE_FUNCTION constexpr double odd_sine(int k) {
  if constexpr (R == 3) return 0.86602540378443864676;
  if constexpr (R == 5) return k == 1 ? 0.95105651629515357212 : 0.58778525229247312917;
  return k == 1 ? 0.78183148246802980871 : k == 2 ? 0.97492791218182360702 : 0.43388373911755812048;
}

template <int Sign, class T>
KOKKOS_FORCEINLINE_FUNCTION void butterfly2(Lanes<T>& a, Lanes<T>& b) {
  const Lanes<T> difference = a - b;
  a = a + b;
  b = difference;
}

template <int Sign, class T>
KOKKOS_FORCEINLINE_FUNCTION void butterfly4(Lanes<T>& a, Lanes<T>& b, Lanes<T>& c, Lanes<T>& d) {
  const Lanes<T> even = a + c, odd = a - c, sum = b + d, turned = (b - d).template turned<Sign>();
  a = even + sum;
  b = odd + turned;
  c = even - sum;
  d = odd - turned;
}

// R odd: pairs q and R − q have equal cosines and opposite sines.
template <int R, int Sign, class T>
KOKKOS_FORCEINLINE_FUNCTION void butterfly_odd(Lanes<T>* v) {
  constexpr int half = (R - 1) / 2;
  Lanes<T> sum[half], difference[half];
  for (int q = 1; q <= half; ++q) {
    sum[q - 1] = v[q] + v[R - q];
    difference[q - 1] = (v[q] - v[R - q]).template turned<Sign>();
  }
  const Lanes<T> first = v[0];
  for (int q = 0; q < half; ++q) v[0] = v[0] + sum[q];
  for (int m = 1; m <= half; ++m) {
    Lanes<T> real = first, imaginary = Lanes<T>::zero();
    for (int q = 1; q <= half; ++q) {
      const int angle = q * m % R, folded = angle <= half ? angle : R - angle;
      const T sine = static_cast<T>(angle <= half ? odd_sine<R>(folded) : -odd_sine<R>(folded));
      real = real + static_cast<T>(odd_cosine<R>(folded)) * sum[q - 1];
      imaginary = imaginary + sine * difference[q - 1];
    }
    v[m] = real + imaginary;
    v[R - m] = real - imaginary;
  }
}

template <int R, int Sign, class T>
KOKKOS_FORCEINLINE_FUNCTION void butterfly(Lanes<T>* v) {
  if constexpr (R == 2) {
    butterfly2<Sign>(v[0], v[1]);
  } else if constexpr (R == 4) {
    butterfly4<Sign>(v[0], v[1], v[2], v[3]);
  } else if constexpr (R == 8) {
    constexpr T root = static_cast<T>(0.70710678118654752440);
    butterfly4<Sign>(v[0], v[2], v[4], v[6]);
    butterfly4<Sign>(v[1], v[3], v[5], v[7]);
    const Lanes<T> b = root * (v[3] + v[3].template turned<Sign>());  // times exp(Sign iπ/4)
    const Lanes<T> d = root * (v[7].template turned<Sign>() - v[7]);  // times exp(Sign 3iπ/4)
    const Lanes<T> c = v[5].template turned<Sign>();
    const Lanes<T> e0 = v[0], e1 = v[2], e2 = v[4], e3 = v[6], a = v[1];
    v[0] = e0 + a;
    v[4] = e0 - a;
    v[1] = e1 + b;
    v[5] = e1 - b;
    v[2] = e2 + c;
    v[6] = e2 - c;
    v[3] = e3 + d;
    v[7] = e3 - d;
  } else {
    butterfly_odd<R, Sign>(v);
  }
}

}  // namespace locum::fft
