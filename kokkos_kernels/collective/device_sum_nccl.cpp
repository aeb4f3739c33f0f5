// The twin of device_sum.hpp with NCCL.
#include "kokkos_kernels/collective/device_sum.hpp"

#include <cuda_runtime_api.h>
#include <nccl.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::collective {
namespace {

void require(ncclResult_t status, const char* routine) {
  if (status != ncclSuccess)
    throw BackendError(std::string(routine) + ": " + ncclGetErrorString(status), "NCCL",
                       "NCCL_DEBUG=INFO tells more; one rank for each GPU is expected");
}

// Host and bus of this rank's GPU: what two ranks must not share.
std::string name_of_device() {
  char host[64] = {}, bus[32] = {};
  gethostname(host, sizeof(host) - 1);
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess || cudaDeviceGetPCIBusId(bus, sizeof(bus), device) != cudaSuccess)
    return "";
  return std::string(host) + " " + bus;
}

// Collective.
bool everyone_has_a_device(const Communicator& comm) {
  constexpr std::size_t width = 128;
  const std::string mine = name_of_device();
  std::string padded = mine;
  padded.resize(width, ' ');
  const std::vector<char> all = comm.all_gather(std::span<const char>(padded.data(), width));
  std::set<std::string> names;
  for (int r = 0; r < comm.size(); ++r) names.insert(std::string(all.data() + r * width, width));
  return !comm.any(mine.empty()) && static_cast<int>(names.size()) == comm.size();
}

}  // namespace

struct DeviceSum::Link {
  ncclComm_t comm = nullptr;
  ~Link() {
    if (comm) ncclCommDestroy(comm);
  }
};

DeviceSum::DeviceSum(Communicator comm) : comm_(std::move(comm)) {
  if (comm_.size() == 1 || !everyone_has_a_device(comm_)) return;
  ncclUniqueId id{};
  if (comm_.is_root()) require(ncclGetUniqueId(&id), "ncclGetUniqueId");
  comm_.broadcast(std::span<char>(id.internal, sizeof(id.internal)));
  auto link = std::make_shared<Link>();
  require(ncclCommInitRank(&link->comm, comm_.size(), id, comm_.rank()), "ncclCommInitRank");
  link_ = link;
}

void DeviceSum::sum(const ExecutionSpace& space, const View<float*>& values) const {
  if (!link_) return sum_on_host(comm_, space, values);
  require(ncclAllReduce(values.data(), values.data(), values.extent(0), ncclFloat, ncclSum, link_->comm,
                        space.cuda_stream()),
          "ncclAllReduce");
}

}  // namespace locum::collective
