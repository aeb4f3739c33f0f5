// The one header that knows which Kokkos there is: Debian's 3.4 (Serial) or Kokkos 5 (Serial, CUDA).
//
// Everything else includes this file instead of Kokkos_Core.hpp and uses the names below.
#pragma once

#include <Kokkos_Core.hpp>

#include <cmath>
#include <cstdint>
#include <utility>

namespace locum {

using ExecutionSpace = Kokkos::DefaultExecutionSpace;
using MemorySpace = ExecutionSpace::memory_space;
using HostExecutionSpace = Kokkos::DefaultHostExecutionSpace;

// Data of the execution space (the GPU's memory under CUDA), in the layout that suits it.
template <class T>
using View = Kokkos::View<T, MemorySpace>;

// Data of the host, same layout as View, so that deep_copy between the two is one transfer.
// (The name of this type inside View changed with Kokkos 5; the function that makes one did not.)
template <class T>
using HostView = decltype(Kokkos::create_mirror_view(std::declval<const View<T>&>()));

using RangePolicy = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<int>>;

// Over (rows, columns) of arrays whose columns lie side by side: neighbouring threads take neighbouring columns.
using RowsPolicy =
    Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                          Kokkos::IndexType<int>>;

// A device copy or mirror of `view` on the host, filled.
template <class V>
auto host_copy(const V& view) {
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
}

// An allocation whose content is about to be overwritten: Kokkos need not clear it.
inline auto uninitialized(const std::string& label) { return Kokkos::view_alloc(label, Kokkos::WithoutInitializing); }

// True where kernels run in host memory, so that a host library may be handed their views.
inline constexpr bool device_is_host = Kokkos::SpaceAccessibility<Kokkos::HostSpace, MemorySpace>::accessible;

// Where a team of `threads` has `bytes` of scratch memory on a GPU: 0, a multiprocessor's shared memory, where they
// fit, and 1, global memory, where they do not. CUDA gives a kernel 48 KiB unless it is asked for more, which Kokkos
// does not (its kernels throw at the launch); Kokkos takes 8 bytes a thread and 24 of them.
KOKKOS_INLINE_FUNCTION constexpr int gpu_scratch_level(std::size_t bytes, int threads) {
  return bytes + 8 * (static_cast<std::size_t>(threads) + 3) <= 48 * 1024 ? 0 : 1;
}
// The level to ask for: a core of a CPU takes all its scratch memory from one place.
KOKKOS_INLINE_FUNCTION constexpr int scratch_level(std::size_t bytes, int threads) {
  return device_is_host ? 0 : gpu_scratch_level(bytes, threads);
}

}  // namespace locum
