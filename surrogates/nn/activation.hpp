// tanh of a float without a branch or a call, so that loops over it vectorise; the library's for double.
//
// Beyond 0.35: (1 − e) / (1 + e) with e = exp(−2|x|) = 2ⁿ 2ᶠ, |f| ≤ ½, by the series of 2ᶠ to f⁷; below: the series to
// x¹¹. Both are exact to 2e-7 of the value.
#pragma once

#include <cmath>

#include "kokkos_kernels/linalg/precision.hpp"

namespace locum::nn {

KOKKOS_FORCEINLINE_FUNCTION double activation(double x) { return std::tanh(x); }

KOKKOS_FORCEINLINE_FUNCTION float activation(float x) {
  const float whole = x < 0.0f ? -x : x, size = whole > 20.0f ? 20.0f : whole;  // NaN stays what it is
  const float exponent = -2.88539008f * size;                                   // −2 |x| / ln 2
  const float shifted = exponent + 12582912.0f;                                 // 1.5 · 2²³: the last bits hold n
  const float f = exponent - (shifted - 12582912.0f);
  float series = 1.52527338e-5f;
  series = series * f + 1.54035304e-4f;
  series = series * f + 1.33335581e-3f;
  series = series * f + 9.61812911e-3f;
  series = series * f + 5.55041087e-2f;
  series = series * f + 2.40226507e-1f;
  series = series * f + 6.93147181e-1f;
  series = series * f + 1.0f;
  const float e = series * linalg::float_of((linalg::bits_of(shifted) + 127u) << 23);
  const float far = (1.0f - e) / (1.0f + e), q = x * x;
  float near = -1382.0f / 155925.0f;
  near = near * q + 62.0f / 2835.0f;
  near = near * q - 17.0f / 315.0f;
  near = near * q + 2.0f / 15.0f;
  near = near * q - 1.0f / 3.0f;
  near = x + x * q * near;
  return size < 0.35f ? near : (x < 0.0f ? -far : far);
}

}  // namespace locum::nn
