// Convolution of images and its three derivatives by the vendor's library: oneDNN on the CPU, cuDNN on the GPU.
//
//   y(b, X, Y, o) = act( β(o) + Σ_{i,u,v} w(o, u, v, i) x(b, X s + u − p, Y s + v − p, i) ),   x = 0 outside
//
// (cross-correlation, as every network library means it). Weights and their gradients are float, (out, k, k, in) with
// `in` fastest, whatever the images are kept in; sums are in float. Gradients of parameters accumulate: the caller
// clears them. The plain loops that both twins are tested against are in reference.hpp.
//
// What the library prepares for a shape (its kernel, the weights in the order that this kernel reads) is kept with the
// object: the second call of one shape neither plans nor takes memory of the device, and weights are packed once until
// set_weights is called again.
#pragma once

#include <memory>
#include <string>

#include "kokkos_kernels/conv/tensor.hpp"

namespace locum::conv {

enum class Activation { none, relu, gelu };  // gelu: x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2

struct Filter {
  int in = 1, out = 1;  // channels
  int kernel = 3;       // points along each side
  int stride = 1;
  int pad = 1;  // zeros around the image
  int weights() const { return out * kernel * kernel * in; }
  int output(int points) const { return (points + 2 * pad - kernel) / stride + 1; }
};

// T: what images are kept in. float computes in float, or with tf32 on a GPU whose tensor cores may round the factors
// to tf32 (a CPU ignores that). Where a CPU has no arithmetic for a format of 16 bits (none has for fp16 in oneDNN 2),
// images are widened to float and the result is rounded: the accuracy is the format's, the speed is not.
template <class T>
class Convolution {
 public:
  // Throws ConfigError for sizes below 1 or a padding that is not below the kernel.
  Convolution(const ExecutionSpace& space, const Filter& filter, bool tf32 = false);
  ~Convolution();
  Convolution(Convolution&&) noexcept;
  Convolution& operator=(Convolution&&) noexcept;
  const Filter& filter() const;

  // weights: (out · k · k · in), bias: (out) or empty for none. The views are shared, not copied: call again whenever
  // their numbers have changed.
  void set_weights(const View<const float*>& weights, const View<const float*>& bias = {});

  // All throw ConfigError when shapes do not fit, BackendError when the library refuses.
  // x: (b, nx, ny, in), y: (b, output(nx), output(ny), out).
  void forward(const Tensor<const T>& x, const Tensor<T>& y, Activation activation = Activation::none) const;
  // dx ← derivative by x, from dy, the derivative by the convolution's result before its activation.
  void backward_data(const Tensor<const T>& dy, const Tensor<T>& dx) const;
  // dw, db += derivatives by weights and bias; db may be empty.
  void backward_weights(const Tensor<const T>& x, const Tensor<const T>& dy, const View<float*>& dw,
                        const View<float*>& db) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Threads that the CPU library may use when this thread calls it: OMP_NUM_THREADS, else one, until set. Gradients of
// weights depend on them in the last digits.
void set_threads(int count);
int threads();

// Name and version of the library that is linked.
std::string library();

}  // namespace locum::conv
