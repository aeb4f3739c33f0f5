// A committee of U-nets that answers for a canvas, window by window.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "surrogates/imaging/canvas.hpp"
#include "surrogates/imaging/object_network_config.hpp"
#include "surrogates/imaging/windows.hpp"
#include "surrogates/nn/image_network.hpp"

namespace locum::imaging {

class ObjectNetwork {
 public:
  // Throws ConfigError for a configuration that is not valid.
  ObjectNetwork(const ExecutionSpace& space, const ObjectNetworkConfig& config);

  const ObjectNetworkConfig& config() const { return config_; }
  nn::NetworkDescription description() const;
  std::size_t member_parameters() const;
  // (members × member_parameters()), as training starts.
  std::vector<double> initial_parameters(std::uint64_t seed) const;
  void set_parameters(std::vector<double> parameters);
  const std::vector<double>& parameters() const { return parameters_; }
  // The engine of one member, for those who train it.
  const nn::ImageNetwork<float>& member(int m) const { return members_[static_cast<std::size_t>(m)]; }

  struct Answer {
    CanvasAnswer mean;          // (nx, ny, answer_channels), of the members
    std::vector<float> spread;  // (nx, ny): variance among them, of both channels together; 0 of a single one
  };
  // Ranks share the windows. The same on every rank, and from any number of them. Collective over `comm`.
  Answer predict(const Communicator& comm, const Canvas& canvas) const;

 private:
  WindowGrid grid_of(const Canvas& canvas) const;
  std::vector<float> answers_of(int member, const Communicator& comm, const Canvas& canvas,
                                const WindowGrid& grid) const;

  ExecutionSpace space_;
  ObjectNetworkConfig config_;
  std::vector<nn::ImageNetwork<float>> members_;
  std::vector<double> parameters_;
};

}  // namespace locum::imaging
