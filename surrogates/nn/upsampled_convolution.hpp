// Upsampling and the convolution that follows it, as one layer, for few channels out of many.
//
// Both are linear, so that the sum over channels may come first: a 1 × 1 convolution of the small image gives one plane
// for each output channel and each point of the kernel; planes are then enlarged, shifted and added, first along x,
// then along y. The answer is the two layers' to rounding (zeros beyond the border of the *enlarged* image), but the
// enlarged image of all channels is never made: for 64 → 1 channels and a factor of 2 that is a quarter of the products
// and none of the memory traffic, which is what bounds that layer.
//
// forward leaves a typed cache that backward takes. Gradients of parameters accumulate: the caller clears them.
// Parameters: weights (out, k, k, in), then biases (out), as for a convolution.
#pragma once

#include "surrogates/nn/convolution_layer.hpp"
#include "surrogates/nn/resampling.hpp"

namespace locum::nn {

struct UpsampledConvolutionConfig {
  int in = 1, out = 1, kernel = 3;  // the kernel is odd
  int factor = 2;
  Interpolation interpolation = Interpolation::bilinear;
  Pointwise activation = Pointwise::none;
  float scale = 1.0f;  // of what the activation gives
};

template <class T>
class UpsampledConvolutionLayer : public ConvolutionBase<T> {
 public:
  struct Cache {
    Images<T> x;
    Buffer<float> own;
    Images<float> told;  // before the activation where that needs it, else after, without the scale
  };
  // Throws ConfigError for an even kernel.
  UpsampledConvolutionLayer(const ExecutionSpace& space, const UpsampledConvolutionConfig& config, bool tf32 = false);
  Extent output(const Extent& x) const;
  void forward(const Images<T>& x, const Images<T>& y, Cache* cache = nullptr) const;
  // dy is overwritten.
  void backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx, const View<float*>& gradient) const;

 private:
  using Base = ConvolutionBase<T>;
  using Base::space_, Base::convolution_, Base::bias_, Base::of_weights, Base::of_biases;
  Extent planes_of(const Extent& x) const;
  Extent halves_of(const Extent& x) const;
  UpsampledConvolutionConfig config_;
  mutable Buffer<T> planes_;
  mutable Buffer<float> halves_, sums_;
};

}  // namespace locum::nn
