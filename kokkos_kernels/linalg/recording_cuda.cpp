// The GPU twin of recording.hpp: stream capture into a CUDA graph.
#include "kokkos_kernels/linalg/recording.hpp"

#include <cuda_runtime_api.h>

#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::linalg {
namespace {

void require(cudaError_t status, const char* routine) {
  if (status != cudaSuccess)
    throw BackendError(std::string(routine) + ": " + cudaGetErrorString(status), "CUDA graph",
                       "what is recorded must neither allocate nor wait");
}

}  // namespace

struct Recording::Graph {
  cudaGraphExec_t exec = nullptr;
  ~Graph() {
    if (exec) cudaGraphExecDestroy(exec);
  }
};

Recording::Recording() = default;
Recording::~Recording() = default;

void Recording::run(const ExecutionSpace& space, const std::function<void()>& work) {
  // The first run lets libraries make what they keep, which a capture must not.
  if (runs_++ == 0) return work();
  const cudaStream_t stream = space.cuda_stream();
  if (!graph_) {
    cudaGraph_t recorded = nullptr;
    require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    try {
      work();
    } catch (...) {
      cudaStreamEndCapture(stream, &recorded);  // the stream is usable again
      if (recorded) cudaGraphDestroy(recorded);
      throw;
    }
    require(cudaStreamEndCapture(stream, &recorded), "cudaStreamEndCapture");
    auto graph = std::make_unique<Graph>();
    const cudaError_t status = cudaGraphInstantiate(&graph->exec, recorded, 0);
    cudaGraphDestroy(recorded);
    require(status, "cudaGraphInstantiate");
    graph_ = std::move(graph);
  }
  require(cudaGraphLaunch(graph_->exec, stream), "cudaGraphLaunch");
  ++replays_;
}

void Recording::reset() {
  graph_.reset();
  runs_ = 0;
}

}  // namespace locum::linalg
