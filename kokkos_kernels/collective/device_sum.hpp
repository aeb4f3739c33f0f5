// Sums over ranks of arrays in device memory: gradients. NCCL where every rank has a GPU of its own, chosen when the
// program runs; else MPI, through the host's memory.
#pragma once

#include <memory>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::collective {

class DeviceSum {
 public:
  // Collective. Throws BackendError when NCCL cannot be started although each rank has a GPU.
  explicit DeviceSum(Communicator comm);
  // values ← their sum over the ranks, on every rank, in stream order. Collective; all ranks' arrays are of one length.
  void sum(const ExecutionSpace& space, const View<float*>& values) const;
  // True where nothing passes through the host.
  bool on_device() const { return static_cast<bool>(link_); }

 private:
  struct Link;
  Communicator comm_;
  std::shared_ptr<const Link> link_;
};

// The way through the host, which both twins have. Internal.
inline void sum_on_host(const Communicator& comm, const ExecutionSpace& space, const View<float*>& values) {
  if (comm.size() == 1) return;
  const auto host = Kokkos::create_mirror_view(values);
  Kokkos::deep_copy(space, host, values);
  space.fence();
  comm.sum(std::span<float>(host.data(), host.extent(0)));
  Kokkos::deep_copy(space, values, host);
  space.fence();  // `host` must outlive the copy
}

}  // namespace locum::collective
