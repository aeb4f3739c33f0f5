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

// What layers around one convolution of the library have in common: their parameters.
template <class T>
class ConvolutionBase {
 public:
  std::size_t parameters() const { return weights() + biases_; }
  // Weights: normal with variance 2 / fan-in before a rectifier (He et al. 2015, eq. 10), 1 / fan-in otherwise; biases
  // 0. stream: the layer's own.
  void initialise(std::span<double> parameters, std::uint64_t seed, std::uint64_t stream) const;
  // Shared, not copied: call again whenever the numbers have changed. Throws ConfigError unless there are parameters().
  void set_parameters(const View<const float*>& parameters);

 protected:
  // fan_in: numbers of x that one of y hears. biases: whom the library adds on the way, or bias_ for the layer to add.
  enum class Biases { none, by_library, by_layer };
  ConvolutionBase(const ExecutionSpace& space, const conv::Filter& filter, bool tf32, int fan_in, int channels_out,
                  Biases biases, Pointwise activation);
  std::size_t weights() const { return static_cast<std::size_t>(convolution_.filter().weights()); }
  // The parts of a gradient. Both throw ConfigError unless it has parameters() numbers.
  View<float*> of_weights(const View<float*>& gradient) const;
  View<float*> of_biases(const View<float*>& gradient) const;

  ExecutionSpace space_;
  conv::Convolution<T> convolution_;
  Pointwise activation_;
  View<const float*> bias_;

 private:
  int fan_in_;
  std::size_t biases_;
  Biases adds_;
};

// What forward leaves for backward: views of the caller's images, and the layer's own.
template <class T>
struct ConvolutionCache {
  Images<T> x, y;
  Buffer<T> own;
  Images<T> z;  // before an activation that backward wants to be told

  // Notes them; returns where the numbers before the activation belong: z, or y itself.
  const Images<T>& keep(const Images<T>& of_x, const Images<T>& of_y, Pointwise activation) {
    x = of_x;
    y = of_y;
    if (!needs_input(activation)) return y;
    return z = own.images("before_activation", extent_of(y));
  }
  const Images<T>& told(Pointwise activation) const { return needs_input(activation) ? z : y; }
};

template <class T>
class ConvolutionLayer : public ConvolutionBase<T> {
 public:
  using Cache = ConvolutionCache<T>;
  // Throws ConfigError for an even kernel.
  ConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& config, bool tf32 = false);
  Extent output(const Extent& x) const;
  // cache: null for inference.
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  // dy is overwritten. dx may be without storage where nobody wants it. gradient: this layer's part, added to.
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx, const View<float*>& gradient) const;

 private:
  using Base = ConvolutionBase<T>;
  using Base::space_, Base::convolution_, Base::activation_, Base::of_weights, Base::of_biases;
};

// The derivative by data of a convolution of stride s and kernel s, so that every point of x becomes s² of y. Weights
// are (in, k, k, out) here: those of the convolution that this one transposes.
template <class T>
class TransposedConvolutionLayer : public ConvolutionBase<T> {
 public:
  using Cache = ConvolutionCache<T>;
  TransposedConvolutionLayer(const ExecutionSpace& space, const ConvolutionConfig& config, bool tf32 = false);
  Extent output(const Extent& x) const;
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx, const View<float*>& gradient) const;

 private:
  using Base = ConvolutionBase<T>;
  using Base::space_, Base::convolution_, Base::activation_, Base::bias_, Base::of_weights, Base::of_biases;
  mutable Buffer<float> sums_;
};

// db += the sum of dy over all pixels, channel by channel, in one order. work: the caller's, kept from call to call.
template <class T>
void add_channel_sums(const ExecutionSpace& space, const Images<const T>& dy, const View<float*>& db,
                      Buffer<float>& work);

}  // namespace locum::nn
