// The host's memory where kernels can write to it: a few numbers for the host go there without a copy, and are there
// after a fence.
#pragma once

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

#ifdef KOKKOS_ENABLE_CUDA
using HostVisibleSpace = Kokkos::CudaHostPinnedSpace;
#else
using HostVisibleSpace = Kokkos::HostSpace;
#endif

}  // namespace locum
