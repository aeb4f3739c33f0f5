// What bounds products of matrices and convolutions.
#pragma once

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/linalg/precision.hpp"

namespace locum::apps {

// Operations/s that bound convolutions: on a GPU those of the library's matrix product in the same precision; on a CPU
// those of products and sums on numbers that never leave the registers (libraries' matrix products may be slower than
// their convolutions).
double arithmetic_rate(const Context& context, linalg::Precision precision);

}  // namespace locum::apps
