// The layers that a description names, made and driven alike. Internal to the engine.
#pragma once

#include <variant>
#include <vector>

#include "surrogates/nn/convolution_layer.hpp"
#include "surrogates/nn/group_norm.hpp"
#include "surrogates/nn/image_network.hpp"
#include "surrogates/nn/resampling.hpp"
#include "surrogates/nn/upsampled_convolution.hpp"

namespace locum::nn {

// A function of each number alone.
template <class T>
class PointwiseLayer {
 public:
  struct Cache {
    Images<T> told;
  };
  PointwiseLayer(const ExecutionSpace& space, Pointwise kind) : space_(space), kind_(kind) {}
  Extent output(const Extent& x) const { return x; }
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const {
    if (cache) cache->told = needs_input(kind_) ? x : y;
    apply(space_, kind_, x, y);
  }
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx) const {
    apply_slope(space_, kind_, cache.told, dy);
    convert<T, T>(space_, dy, dx);
  }

 private:
  ExecutionSpace space_;
  Pointwise kind_;
};

// std::monostate: input, addition and concatenation, which the engine does itself.
template <class T>
using AnyLayer =
    std::variant<std::monostate, ConvolutionLayer<T>, TransposedConvolutionLayer<T>, UpsampledConvolutionLayer<T>,
                 PoolingLayer<T>, UpsamplingLayer<T>, GroupNormLayer<T>, PointwiseLayer<T>>;
template <class T>
using AnyCache = std::variant<std::monostate, ConvolutionCache<T>, typename UpsampledConvolutionLayer<T>::Cache,
                              typename PoolingLayer<T>::Cache, typename UpsamplingLayer<T>::Cache,
                              typename GroupNormLayer<T>::Cache, typename PointwiseLayer<T>::Cache>;

// The cache of this layer's type, made when it is first wanted.
template <class Layer, class T>
typename Layer::Cache& cache_of(AnyCache<T>& any) {
  if (!std::holds_alternative<typename Layer::Cache>(any)) any.template emplace<typename Layer::Cache>();
  return std::get<typename Layer::Cache>(any);
}

template <class Layer>
constexpr bool has_parameters = requires(const Layer& layer) {
  layer.parameters();
};

template <class T>
AnyLayer<T> make_layer(const LayerDescription& l, int in, const ExecutionSpace& space, bool tf32) {
  switch (l.kind) {
    case LayerKind::convolution:
      return ConvolutionLayer<T>(space, {in, l.channels, l.kernel, l.stride, l.bias, l.activation}, tf32);
    case LayerKind::transposed_convolution:
      return TransposedConvolutionLayer<T>(space, {in, l.channels, l.factor, l.factor, l.bias, l.activation}, tf32);
    case LayerKind::upsampled_convolution:
      return UpsampledConvolutionLayer<T>(
          space, {in, l.channels, l.kernel, l.factor, l.interpolation, l.activation, static_cast<float>(l.scale)},
          tf32);
    case LayerKind::upsampling:
      return UpsamplingLayer<T>(space, l.interpolation, l.factor);
    case LayerKind::max_pooling:
      return PoolingLayer<T>(space, Pooling::maximum, l.factor);
    case LayerKind::average_pooling:
      return PoolingLayer<T>(space, Pooling::average, l.factor);
    case LayerKind::group_norm:
      return GroupNormLayer<T>(space, {l.channels, l.groups, l.activation});
    case LayerKind::pointwise:
      return PointwiseLayer<T>(space, l.activation);
    default:
      return {};
  }
}

// The blocks of one layer's parameters, from `offset` on.
inline std::vector<ParameterBlock> blocks_of(const LayerDescription& l, int in, std::size_t offset) {
  std::vector<ParameterBlock> blocks;
  const auto add = [&](const char* what, std::vector<int> shape) {
    blocks.push_back({l.name + what, offset, std::move(shape)});
    offset += blocks.back().size();
  };
  if (l.kind == LayerKind::convolution || l.kind == LayerKind::upsampled_convolution)
    add("/weights", {l.channels, l.kernel, l.kernel, in});
  if (l.kind == LayerKind::transposed_convolution) add("/weights", {in, l.factor, l.factor, l.channels});
  if (!blocks.empty() && (l.bias || l.kind == LayerKind::upsampled_convolution)) add("/biases", {l.channels});
  if (l.kind == LayerKind::group_norm) {
    add("/scales", {l.channels});
    add("/shifts", {l.channels});
  }
  return blocks;
}

// Storage for images of the engine, handed out and taken back; asked for in the same order it neither grows nor moves.
template <class T>
class Pool {
 public:
  int acquire(const Extent& e) {
    int best = -1;
    for (const int slot : free_)
      if (best < 0 || closer(sizes_[index(slot)], sizes_[index(best)], e.size())) best = slot;
    if (best < 0 || sizes_[index(best)] < e.size()) {
      best = static_cast<int>(sizes_.size());
      buffers_.emplace_back();
      sizes_.push_back(e.size());
    } else {
      std::erase(free_, best);
    }
    return best;
  }
  void release(int slot) { free_.push_back(slot); }
  Images<T> images(int slot, const Extent& e) { return buffers_[index(slot)].images("network_images", e); }

 private:
  static std::size_t index(int slot) { return static_cast<std::size_t>(slot); }
  // Is `a` the better size for `wanted`: the smallest that is enough.
  static bool closer(std::size_t a, std::size_t b, std::size_t wanted) {
    return (a >= wanted) != (b >= wanted) ? a >= wanted : (a >= wanted ? a < b : a > b);
  }
  std::vector<Buffer<T>> buffers_;
  std::vector<std::size_t> sizes_;
  std::vector<int> free_;
};

}  // namespace locum::nn
