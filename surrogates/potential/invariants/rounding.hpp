// Rounding to the formats that tensor cores multiply: done in the kernels, whatever multiplies then, so that a CPU
// measures the error that a GPU makes. To the nearest, ties to even.
#pragma once

#include <cmath>

#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/linalg/precision.hpp"
#include "surrogates/potential/inference_config.hpp"

namespace locum::potential {

// How the operands of the products are rounded; fp32: not at all.
KOKKOS_FORCEINLINE_FUNCTION linalg::Precision operand_format(Precision precision) {
  return precision == Precision::tf32   ? linalg::Precision::tf32
         : precision == Precision::bf16 ? linalg::Precision::bf16
         : precision == Precision::fp16 ? linalg::Precision::fp16
                                        : linalg::Precision::fp32;
}

// a as the format keeps it; what fp16 cannot hold becomes its largest number. fp64, fp32 and int8 do not round an
// operand by itself.
KOKKOS_FORCEINLINE_FUNCTION float rounded(float a, Precision precision) {
  if (precision == Precision::fp16) a = a > 65504.0f ? 65504.0f : (a < -65504.0f ? -65504.0f : a);
  return linalg::rounded(a, operand_format(precision));
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
