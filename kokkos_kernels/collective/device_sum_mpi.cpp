// The twin of device_sum.hpp without NCCL.
#include "kokkos_kernels/collective/device_sum.hpp"

namespace locum::collective {

struct DeviceSum::Link {};

DeviceSum::DeviceSum(Communicator comm) : comm_(std::move(comm)) {}

void DeviceSum::sum(const ExecutionSpace& space, const View<float*>& values) const {
  sum_on_host(comm_, space, values);
}

}  // namespace locum::collective
