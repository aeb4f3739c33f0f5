// What Kokkos allocates on the device, as its own tools are told of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::test {

// Labels of the views that are allocated while it lives. One at a time: Kokkos calls back without saying for whom.
// Arrays of a GPU's host do not count: they cost the GPU nothing.
class Allocations {
 public:
  Allocations() {
    labels_.clear();
    Kokkos::Tools::Experimental::set_allocate_data_callback(note);
  }
  ~Allocations() { Kokkos::Tools::Experimental::set_allocate_data_callback(nullptr); }
  Allocations(const Allocations&) = delete;
  Allocations& operator=(const Allocations&) = delete;

  const std::vector<std::string>& labels() const { return labels_; }

 private:
  static void note(const Kokkos_Profiling_SpaceHandle space, const char* label, const void*, const std::uint64_t) {
    if (device_is_host || std::string_view(space.name) != "Host") labels_.emplace_back(label);
  }
  static inline std::vector<std::string> labels_;
};

}  // namespace locum::test
