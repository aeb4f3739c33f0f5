// Formats of fewer bits than float: their names, rounding to the nearest (ties to even) and storage.
//
// tf32: 8 bits of exponent, 10 of fraction (stored in 32); bf16: 8 and 7; fp16: 5 and 10, largest 65504, subnormals
// below 6.1e-5 (IEEE 754 binary16). Written without branches, so that loops over them vectorise.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::linalg {

enum class Precision : int { fp32, tf32, bf16, fp16 };

// "fp32", "tf32", "bf16", "fp16", in this order.
const std::vector<std::string>& precision_names();
// Throws ConfigError that lists the names.
Precision precision_of(const std::string& name);

KOKKOS_FORCEINLINE_FUNCTION std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
KOKKOS_FORCEINLINE_FUNCTION float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

// x with its last `drop` bits of fraction rounded away; infinities and NaN stay.
template <int drop>
KOKKOS_FORCEINLINE_FUNCTION float with_fewer_bits(float x) {
  const std::uint32_t u = bits_of(x);
  const std::uint32_t rounded = (u + ((1u << (drop - 1)) - 1u) + ((u >> drop) & 1u)) & ~((1u << drop) - 1u);
  return (u & 0x7f800000u) == 0x7f800000u ? x : float_of(rounded);
}
KOKKOS_FORCEINLINE_FUNCTION float rounded_to_tf32(float x) { return with_fewer_bits<13>(x); }
KOKKOS_FORCEINLINE_FUNCTION float rounded_to_bf16(float x) { return with_fewer_bits<16>(x); }
KOKKOS_FORCEINLINE_FUNCTION float rounded_to_fp16(float x) {
  const float normal = with_fewer_bits<13>(x), size = x < 0.0f ? -x : x;
  // 0.75 has a unit in the last place of 2⁻²⁴, fp16's smallest number.
  const float small = float_of(bits_of((size + 0.75f) - 0.75f) | (bits_of(x) & 0x80000000u));
  const float infinite = float_of(0x7f800000u | (bits_of(x) & 0x80000000u));
  const float finite = size < 6.103515625e-5f ? small : normal;
  return size >= 65520.0f ? infinite : (size == size ? finite : x);
}

// Storage in 16 bits. to_bf16 and to_fp16 take any float, numbers beyond the format become infinite.
KOKKOS_FORCEINLINE_FUNCTION std::uint16_t to_bf16(float x) {
  const std::uint16_t bits = static_cast<std::uint16_t>(bits_of(rounded_to_bf16(x)) >> 16);
  return x == x ? bits : std::uint16_t{0x7fc0};
}
KOKKOS_FORCEINLINE_FUNCTION float from_bf16(std::uint16_t bits) { return float_of(std::uint32_t{bits} << 16); }
KOKKOS_FORCEINLINE_FUNCTION std::uint16_t to_fp16(float x) {
  const float r = rounded_to_fp16(x), size = r < 0.0f ? -r : r;
  const std::uint32_t sign = (bits_of(x) >> 16) & 0x8000u;
  if (!(size == size)) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (size > 65504.0f) return static_cast<std::uint16_t>(sign | 0x7c00u);
  if (size < 6.103515625e-5f) return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(size * 16777216.0f));
  return static_cast<std::uint16_t>(sign | ((bits_of(size) - (112u << 23)) >> 13));
}
// The fraction moved to its place is the number times 2⁻¹¹², subnormals included.
KOKKOS_FORCEINLINE_FUNCTION float from_fp16(std::uint16_t bits) {
  const std::uint32_t h = bits, sign = (h & 0x8000u) << 16;
  const float finite = float_of((h & 0x7fffu) << 13) * 5.192296858534828e33f;
  const std::uint32_t special = 0x7f800000u | ((h & 0x3ffu) << 13);
  return float_of(((h & 0x7c00u) == 0x7c00u ? special : bits_of(finite)) | sign);
}

KOKKOS_FORCEINLINE_FUNCTION float rounded(float x, Precision precision) {
  switch (precision) {
    case Precision::tf32:
      return rounded_to_tf32(x);
    case Precision::bf16:
      return rounded_to_bf16(x);
    case Precision::fp16:
      return rounded_to_fp16(x);
    default:
      return x;
  }
}

}  // namespace locum::linalg
