// Images of a batch with their channels last (NHWC): what convolutions read and write, here and on tensor cores.
#pragma once

#include <cstdint>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::conv {

// Numbers kept in 16 bits; linalg/precision.hpp has their formats and the ways in and out.
struct Bf16 {
  std::uint16_t bits;
};
struct Fp16 {
  std::uint16_t bits;
};

// (batch, nx, ny, channels), channels fastest. T is float, Bf16 or Fp16.
template <class T>
using Tensor = Kokkos::View<T****, Kokkos::LayoutRight, MemorySpace>;

}  // namespace locum::conv
