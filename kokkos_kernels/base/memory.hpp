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

// "412 MiB", "1.9 GiB".
std::string bytes_text(double bytes);

}  // namespace locum
