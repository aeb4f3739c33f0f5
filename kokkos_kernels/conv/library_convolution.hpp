// What each twin brings to convolution.hpp: one filter's convolutions by its library. Internal to conv.
#pragma once

#include <memory>

#include "kokkos_kernels/conv/checks.hpp"

namespace locum::conv {

// Shapes have been checked, images are not empty, and weights are there. What is what: Convolution.
template <class T>
class LibraryConvolution {
 public:
  virtual ~LibraryConvolution() = default;
  virtual void set_weights(const View<const float*>& weights, const View<const float*>& bias) = 0;
  virtual void forward(const Shape& shape, const T* x, T* y) = 0;
  virtual void backward_data(const Shape& shape, const T* dy, T* dx) = 0;
  virtual void backward_weights(const Shape& shape, const T* x, const T* dy, const View<float*>& dw,
                                const View<float*>& db) = 0;
};

// For float, Bf16 and Fp16. Throws NotCompiled where there is no library.
template <class T>
std::unique_ptr<LibraryConvolution<T>> make_library_convolution(const ExecutionSpace& space, const Filter& filter,
                                                                bool tf32);

}  // namespace locum::conv
