#include "kokkos_kernels/base/memory.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {
namespace {

// A first line that is a number; what has no limit says "max".
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

// "Key:  123 kB" of meminfo, or "key 123" of memory.stat (bytes).
std::optional<std::uint64_t> keyed(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string line, word;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::uint64_t value = 0;
    if (words >> word >> value && word == key) return value;
  }
  return std::nullopt;
}

// What a group and those above it leave. A group's cached files count as used but can be dropped.
std::uint64_t left_in_groups(const std::string& base, std::string group, const char* limit, const char* used,
                             const char* cache) {
  std::uint64_t left = UINT64_MAX;
  for (;;) {
    const std::string folder = base + (group == "/" ? "" : group) + "/";
    const auto most = number_in(folder + limit), now = number_in(folder + used);
    if (most && now) {
      const std::uint64_t held = *now - std::min(*now, keyed(folder + "memory.stat", cache).value_or(0));
      left = std::min(left, *most - std::min(*most, held));
    }
    if (group.empty() || group == "/") return left;
    group = group.substr(0, group.rfind('/'));
  }
}

}  // namespace

std::uint64_t available_memory(const std::string& root) {
  const auto free = keyed(root + "/proc/meminfo", "MemAvailable:");
  std::uint64_t left = free ? *free * 1024 : UINT64_MAX;
  std::ifstream groups(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {  // "4:memory:/path" (version 1) or "0::/path" (version 2)
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string kinds = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    if (kinds.empty())
      left = std::min(left,
                      left_in_groups(root + "/sys/fs/cgroup", group, "memory.max", "memory.current", "inactive_file"));
    else if (kinds == "memory")
      left = std::min(left, left_in_groups(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes",
                                           "memory.usage_in_bytes", "total_inactive_file"));
  }
  return left == UINT64_MAX ? 0 : left;
}

std::uint64_t available_device_memory() {
  // The driver is asked, not the runtime: its library has one name on every machine, and no header is needed.
  void* library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return 0;
  using Query = int (*)(std::size_t*, std::size_t*);
  const auto query = reinterpret_cast<Query>(dlsym(library, "cuMemGetInfo_v2"));
  std::size_t free = 0, total = 0;
  if (!query || query(&free, &total) != 0) free = 0;  // an error where this process has no context: no device in use
  dlclose(library);
  return free;
}

std::uint64_t resident_memory() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// Not getrusage(): its maximum outlives exec(), so that a small program started by a large one seems to be large.
std::uint64_t peak_memory() {
  const auto most = keyed("/proc/self/status", "VmHWM:");
  return most ? *most * 1024 : resident_memory();
}

int ranks_on_node(const Communicator& comm) {
  MPI_Comm node;
  MPI_Comm_split_type(comm.get(), MPI_COMM_TYPE_SHARED, comm.rank(), MPI_INFO_NULL, &node);
  int size = 1;
  MPI_Comm_size(node, &size);
  MPI_Comm_free(&node);
  return size;
}

std::string device_bus_id() {
#ifdef KOKKOS_ENABLE_CUDA
  char id[32] = "";
  int device = 0;
  if (cudaGetDevice(&device) == cudaSuccess && cudaDeviceGetPCIBusId(id, sizeof id, device) == cudaSuccess) return id;
#endif
  return "";
}

int ranks_on_device(const Communicator& comm) {
  constexpr int length = 32;
  std::string own = device_bus_id();
  own.resize(length);
  MPI_Comm node;
  MPI_Comm_split_type(comm.get(), MPI_COMM_TYPE_SHARED, comm.rank(), MPI_INFO_NULL, &node);
  int size = 1;
  MPI_Comm_size(node, &size);
  std::string all(static_cast<std::size_t>(size) * length, '\0');
  MPI_Allgather(own.data(), length, MPI_CHAR, all.data(), length, MPI_CHAR, node);
  MPI_Comm_free(&node);
  int same = 0;
  for (std::size_t k = 0; k < all.size(); k += length) same += std::string_view(all).substr(k, length) == own;
  return same;
}

std::string bytes_text(double bytes) {
  constexpr double kib = 1024.0, mib = 1024.0 * kib, gib = 1024.0 * mib;
  if (bytes >= 10.0 * gib) return fmt::format("{:.0f} GiB", bytes / gib);
  if (bytes >= gib) return fmt::format("{:.1f} GiB", bytes / gib);
  if (bytes >= 10.0 * mib) return fmt::format("{:.0f} MiB", bytes / mib);
  if (bytes >= mib) return fmt::format("{:.1f} MiB", bytes / mib);
  return fmt::format("{:.0f} KiB", bytes / kib);
}

}  // namespace locum
