// How an image network is computed: forward layer by layer, backward in the opposite order. Internal to
// image_network.cpp, which keeps the books.
#pragma once

#include "surrogates/nn/network_layers.hpp"

namespace locum::nn {

inline std::size_t index(int k) { return static_cast<std::size_t>(k); }

// What training leaves between forward and backward.
template <class T>
struct TrainingCache {
  std::vector<Buffer<T>> buffers;
  std::vector<Images<T>> answers;
  std::vector<AnyCache<T>> layers;
  Pool<T> slopes;
};

template <class T>
struct NetworkEngine {
  NetworkDescription description;
  ExecutionSpace space;
  std::vector<AnyLayer<T>> layers;
  std::vector<ParameterBlock> layout;
  std::vector<std::pair<std::size_t, std::size_t>> ranges;  // of each layer's parameters
  std::vector<int> last_use;                                // the last layer that reads each one's answer
  View<const float*> parameters;
  int chunk = 0;
  Pool<T> pool;

  NetworkEngine(const NetworkDescription& d, const ExecutionSpace& execution_space, bool tf32);
  std::vector<Extent> extents(const Extent& x) const;
  Extent extent(std::size_t layer, const std::vector<Extent>& known) const;
  void check(const Extent& x, const std::vector<Images<float>>& y) const;
  int images_at_a_time(const std::vector<Extent>& extents) const;
  void join(const LayerDescription& l, const std::vector<Images<T>>& answers, const Images<T>& to) const;
  void infer(const Images<const float>& x, const std::vector<Images<float>>& y);
  void train(const Images<const float>& x, const std::vector<Images<float>>& y, TrainingCache<T>& cache);
  void backward(TrainingCache<T>& cache, const std::vector<Images<float>>& dy, const View<float*>& gradient,
                const Images<float>& dx);
};

}  // namespace locum::nn
