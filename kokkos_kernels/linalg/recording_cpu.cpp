// The CPU twin of recording.hpp: there is nothing to save.
#include "kokkos_kernels/linalg/recording.hpp"

namespace locum::linalg {

struct Recording::Graph {};

Recording::Recording() = default;
Recording::~Recording() = default;

void Recording::run(const ExecutionSpace&, const std::function<void()>& work) {
  ++runs_;
  work();
}

void Recording::reset() { runs_ = 0; }

}  // namespace locum::linalg
