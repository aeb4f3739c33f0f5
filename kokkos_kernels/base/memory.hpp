// How much memory there is, and how much a process has used: what a forecast is made from and measured against.
#pragma once

#include <cstdint>
#include <string>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum {

// What processes of this node can still take, bytes: MemAvailable of /proc/meminfo, but not more than the control
// groups of this process (version 1 or 2, each level) leave. `root` is put before every path, for tests. 0: not known.
std::uint64_t available_memory(const std::string& root = "");
// The same of the accelerator that the execution space uses, from its driver; 0: none, or not known.
std::uint64_t available_device_memory();

// Resident memory of this process, bytes: now, and the most it has been.
std::uint64_t resident_memory();
std::uint64_t peak_memory();

// Ranks of the group that share this rank's node. Collective.
int ranks_on_node(const Communicator& comm);
// Of those, the ranks whose kernels run where this rank's do: on the same GPU, or on the processor. What a device has
// free is for all of them. Collective.
int ranks_on_device(const Communicator& comm);
// PCI bus id of the GPU that kernels run on; "" where they run on the processor.
std::string device_bus_id();

// "412 MiB", "1.9 GiB".
std::string bytes_text(double bytes);

}  // namespace locum
