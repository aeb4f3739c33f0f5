// A committee of small networks y = w₃·tanh(W₂ᵀ tanh(W₁ᵀ x + b₁) + b₂) + b₃ that share their input, with the mixed
// second derivatives that training on forces needs, all as matrix products over the members at once.
//
// For a tangent v of the input, S = Σ_rows ∂y/∂x·v + ȳ y is differentiated by the parameters: forward mode through the
// network, reverse mode over it (docs/theory/potential.md). Gradients accumulate: the caller clears them.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::nn {

struct CommitteeShape {
  int members = 1, inputs = 1, hidden = 1;
  // Parameters of one member: W₁ (inputs, hidden), b₁, W₂ (hidden, hidden), b₂, w₃, b₃, row-major.
  int size() const { return inputs * hidden + hidden + hidden * hidden + hidden + hidden + 1; }
};

// Where each layer's parameters begin within a member's.
struct Offsets {
  int w1, b1, w2, b2, w3, b3;
};
inline Offsets offsets(const CommitteeShape& s) {
  const int d = s.inputs, h = s.hidden;
  return {0, d * h, d * h + h, d * h + h + h * h, d * h + 2 * h + h * h, d * h + 3 * h + h * h};
}

// Weights normal with variance 1 / inputs of the layer (w₃ a hundredth of that: training starts
// near zero), biases zero; each member's own.
std::vector<double> initial_parameters(const CommitteeShape& shape, std::uint64_t seed, std::uint64_t stream);

// T is float or double.
template <class T>
class Committee {
 public:
  Committee(CommitteeShape shape, ExecutionSpace space = {}) : shape_(shape), space_(space) {}
  const CommitteeShape& shape() const { return shape_; }
  // Of the matrix products of forward and backward; only a Committee<float> can have another than fp32.
  void set_precision(linalg::Precision precision) { precision_ = precision; }
  // (members × size)
  void set_parameters(const std::vector<double>& parameters);
  // The same, on the device already and kept by the caller, who may change the numbers between calls.
  void share_parameters(View<const T*> parameters);

  // What forward leaves for backward. All but x: (members × rows, …).
  struct Cache {
    int rows = 0;
    linalg::Matrix<T> x;              // (rows, inputs)
    linalg::Matrix<T> h1, h2, y;      // (…, hidden), (…, hidden), (…, 1)
    linalg::Matrix<T> g1, g2, slope;  // ∂y/∂z₁ and ∂y/∂z₂ (…, hidden), ∂y/∂x (…, inputs)
  };
  // x: (rows, inputs). The cache's views are reused when they are large enough: calls with as many rows as before
  // neither allocate nor wait, in backward too.
  void forward(const linalg::Matrix<T>& x, int rows, Cache& cache) const;
  // tangent: (members × rows, inputs); y_bar: (members × rows, 1). gradient: (members × size), added to.
  void backward(const Cache& cache, const linalg::Matrix<T>& tangent, const linalg::Matrix<T>& y_bar,
                View<T*> gradient) const;

 private:
  CommitteeShape shape_;
  void product(linalg::Op a, linalg::Op b, int rows, int columns, int inner, const T* left, int left_row,
               long left_stride, const T* right, int right_row, long right_stride, T keep, T* out, int out_row,
               long out_stride) const;
  void column_sums(const T* a, int columns, int rows, T* out) const;

  ExecutionSpace space_;
  linalg::Precision precision_ = linalg::Precision::fp32;
  View<const T*> parameters_;
  mutable View<T*> ones_;
  mutable linalg::Matrix<T> a1_, t1_, a2_, ba2_, bz2_, ba1_, bz1_;  // workspace of backward
};

}  // namespace locum::nn
