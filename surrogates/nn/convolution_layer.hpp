// Convolution, bias and activation as one layer; and the transposed convolution, which makes images larger.
//
// forward leaves a typed cache that backward takes. Gradients of parameters accumulate: the caller clears them.
// Parameters: weights (out, k, k, in), then biases (out).
#pragma once

#include <span>

#include "surrogates/nn/pointwise.hpp"

namespace locum::nn {

struct ConvolutionConfig {
  int in = 1, out = 1;  // channels
  int kernel = 3;       // odd for convolutions, which pad by (kernel − 1) / 2
  int stride = 1;       // of a transposed convolution: the factor by which it enlarges; its kernel is the stride
  bool bias = true;
  Pointwise activation = Pointwise::none;
};

// Normal with variance 2 / fan-in before a rectifier (He et al. 2015, eq. 10), 1 / fan-in otherwise. stream: the
// layer's own.
void initialise_weights(std::span<double> weights, int fan_in, Pointwise activation, std::uint64_t seed,
                        std::uint64_t stream);

// What forward leaves for backward: views of the caller's images, and the layer's own.
template <class T>
struct ConvolutionCache {
  Images<T> x, y;
  Buffer<T> own;
  Images<T> z;  // before an activation that backward wants to be told
};

template <class T>
class ConvolutionLayer {
 public:
  using Cache = ConvolutionCache<T>;
  // Throws ConfigError for an even kernel.
  ConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& config, bool tf32 = false);
  std::size_t parameters() const;
  void initialise(std::span<double> parameters, std::uint64_t seed, std::uint64_t stream) const;
  Extent output(const Extent& x) const;
  // Shared, not copied: call again whenever the numbers have changed.
  void set_parameters(const View<const float*>& parameters);

  // cache: null for inference.
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  // dy is overwritten. dx may be without storage where nobody wants it. gradient: this layer's part, added to.
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx, const View<float*>& gradient) const;

 private:
  ExecutionSpace space_;
  ConvolutionConfig config_;
  conv::Convolution<T> convolution_;
};

// The derivative by data of a convolution of stride s and kernel s, so that every point of x becomes s² of y.
template <class T>
class TransposedConvolutionLayer {
 public:
  using Cache = ConvolutionCache<T>;
  TransposedConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& config, bool tf32 = false);
  // Weights are (in, k, k, out) here: those of the convolution that this one transposes.
  std::size_t parameters() const;
  void initialise(std::span<double> parameters, std::uint64_t seed, std::uint64_t stream) const;
  Extent output(const Extent& x) const;
  void set_parameters(const View<const float*>& parameters);
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx, const View<float*>& gradient) const;

 private:
  ExecutionSpace space_;
  ConvolutionConfig config_;
  conv::Convolution<T> convolution_;
  View<const float*> bias_;
  mutable Buffer<float> sums_;
};

// db += the sum of dy over all pixels, channel by channel, in one order. work: the caller's, kept from call to call.
template <class T>
void add_channel_sums(const ExecutionSpace& space, const Images<const T>& dy, const View<float*>& db,
                      Buffer<float>& work);

}  // namespace locum::nn
