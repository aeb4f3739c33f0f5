#include "surrogates/imaging/frames_objective.hpp"

#include <cmath>
#include <numeric>
#include <vector>

namespace locum::imaging {

std::map<std::string, double> FramesObjective::validate(std::span<const double> parameters) {
  std::map<std::string, double> metrics = windows_.validate(parameters);
  const Communicator& comm = context_.comm;
  const std::vector<CanvasSample>& held_out = windows_.validation();
  double loss = 0.0;
  for (std::size_t k = 0; k < held_out.size(); ++k) {
    const CanvasAnswer answer = network_.predict(comm, held_out[k].canvas).mean;
    if (static_cast<int>(k % static_cast<std::size_t>(comm.size())) != comm.rank()) continue;
    const Ptychogram& data = held_out[k].labelled->data;
    std::vector<int> frames(static_cast<std::size_t>(data.size()));
    std::iota(frames.begin(), frames.end(), 0);
    ObjectFunction slope;
    loss += model_->gradient(data, frames, completed(held_out[k].canvas, answer), slope);
  }
  metrics["validation/loss"] = std::sqrt(comm.sum(loss) / static_cast<double>(held_out.size()));
  return metrics;
}

}  // namespace locum::imaging
