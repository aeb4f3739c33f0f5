// A sequence of kernels and library calls that is launched as one: a CUDA graph on the GPU, where launches of small
// kernels cost more than their work; on the CPU the sequence itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::linalg {

class Recording {
 public:
  Recording();
  ~Recording();
  // Does what `work` does on the stream of `space`. The first call after reset() calls it, the second records it, later
  // ones replay that record: `work` must then be the same launches on the same arrays, which read what changes from
  // device memory, and must neither allocate nor wait. Throws BackendError where it does.
  void run(const ExecutionSpace& space, const std::function<void()>& work);
  // Forgets the record: sizes or arrays have changed.
  void reset();
  // How often `run` has replayed; 0 on the CPU.
  std::int64_t replays() const { return replays_; }

 private:
  struct Graph;
  std::unique_ptr<Graph> graph_;
  int runs_ = 0;
  std::int64_t replays_ = 0;
};

}  // namespace locum::linalg
