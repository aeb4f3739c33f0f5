// Group normalisation (Wu and He 2018, arXiv 1803.08494), with the activation that follows it.
//
//   ŷ = (x − μ) / √(σ² + ε),   y = f(γ ŷ + β),   μ and σ² over the pixels and the channels of a group, image by image
//
// One group of all channels is layer normalisation. Batch normalisation is left out on purpose: its answer for an image
// depends on what else is in the batch while it trains, and on how the batch is spread over ranks; training would
// neither be the same on another number of ranks, nor fine-tune on the few frames that a gate hands back.
//
// forward leaves a typed cache that backward takes. Gradients of γ and β accumulate: the caller clears them. Sums run
// in one order, whatever the batch. Parameters: γ (channels), β (channels).
#pragma once

#include <span>

#include "surrogates/nn/pointwise.hpp"

namespace locum::nn {

struct GroupNormConfig {
  int channels = 1;
  int groups = 1;  // must divide the channels
  Pointwise activation = Pointwise::none;
};

template <class T>
class GroupNormLayer {
 public:
  using Table = Kokkos::View<float**, Kokkos::LayoutRight, MemorySpace>;
  struct Cache {
    Images<T> x;
    Table mean, scale;  // μ and 1/√(σ² + ε): (batch, groups)
  };
  // Throws ConfigError when the groups do not divide the channels.
  GroupNormLayer(const ExecutionSpace& space, const GroupNormConfig& config);
  std::size_t parameters() const { return 2 * static_cast<std::size_t>(config_.channels); }
  void initialise(std::span<double> parameters, std::uint64_t seed, std::uint64_t stream) const;  // γ = 1, β = 0
  Extent output(const Extent& x) const { return x; }
  void set_parameters(const View<const float*>& parameters);
  // y may be x without a cache.
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  // dy is overwritten.
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx, const View<float*>& gradient) const;

  void moments(const Images<T>& x, const Table& mean, const Table& scale) const;  // public for nvcc

 private:
  ExecutionSpace space_;
  GroupNormConfig config_;
  View<const float*> parameters_;
  mutable Table mean_, scale_;  // of inference
  mutable Buffer<float> first_, second_;
};

}  // namespace locum::nn
