// Rounding to the formats that tensor cores multiply: done in the kernels, whatever multiplies then, so that a CPU
// measures the error that a GPU makes. To the nearest, ties to even.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kokkos_kernels/base/kokkos.hpp"
#include "surrogates/potential/inference_config.hpp"

namespace locum::potential {

// The upper bits of a, `dropped` less than it has.
KOKKOS_INLINE_FUNCTION float without_bits(float a, int dropped) {
  std::uint32_t bits;
  std::memcpy(&bits, &a, sizeof bits);
  const std::uint32_t half = (1u << (dropped - 1)) - 1u + (bits >> dropped & 1u);
  bits = (bits + half) & ~((1u << dropped) - 1u);
  std::memcpy(&a, &bits, sizeof bits);
  return a;
}

// a as tf32 (10 bits of fraction), bf16 (7), or fp16 (10, no less than 2⁻²⁴ apart, no more than 65504) keep it. The
// other precisions do not round an operand by itself.
KOKKOS_INLINE_FUNCTION float rounded(float a, Precision precision) {
  if (precision == Precision::bf16) return without_bits(a, 16);
  if (precision == Precision::tf32) return without_bits(a, 13);
  if (precision != Precision::fp16) return a;
  if (::fabsf(a) < 6.103515625e-5f) return ::rintf(a * 16777216.0f) / 16777216.0f;
  return without_bits(a > 65504.0f ? 65504.0f : (a < -65504.0f ? -65504.0f : a), 13);
}

// a in whole steps, −127 … 127 of them.
KOKKOS_INLINE_FUNCTION float in_steps(float a, float step) {
  if (!(step > 0.0f)) return 0.0f;
  const float count = ::rintf(a / step);
  return step * (count > 127.0f ? 127.0f : (count < -127.0f ? -127.0f : count));
}

// Of each lane.
template <class P>
KOKKOS_INLINE_FUNCTION P rounded(P a, Precision precision) {
  for (int k = 0; k < P::lanes; ++k) a.lane(k) = rounded(a.lane(k), precision);
  return a;
}
template <class P>
KOKKOS_INLINE_FUNCTION P in_steps(P a, float step) {
  for (int k = 0; k < P::lanes; ++k) a.lane(k) = in_steps(a.lane(k), step);
  return a;
}

}  // namespace locum::potential
