#include "surrogates/nn/committee.hpp"

#include <cmath>
#include <type_traits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/activation.hpp"

namespace locum::nn {
namespace {

using linalg::Matrix;
using linalg::Op;

template <class T>
void fit(Matrix<T>& a, const char* label, int rows, int columns) {
  if (a.extent_int(0) < rows || a.extent_int(1) != columns) a = Matrix<T>(uninitialized(label), rows, columns);
}

// Neurons that a kernel's item takes: all of a row on the CPU, where they are lanes; one on a GPU, where items are
// threads.
constexpr int neurons_of_item(int hidden) { return device_is_host ? hidden : 1; }

template <class Body>
void for_each_neuron(const char* label, const ExecutionSpace& space, int rows, int hidden, const Body& body) {
  const int width = neurons_of_item(hidden), items = hidden / width;
  Kokkos::parallel_for(
      label, RangePolicy(space, 0, rows * items),
      KOKKOS_LAMBDA(int item) { body(item / items, item % items * width, (item % items + 1) * width); });
}

}  // namespace

std::vector<double> initial_parameters(const CommitteeShape& s, std::uint64_t seed, std::uint64_t stream) {
  std::vector<double> parameters;
  std::uint64_t item = stream << 32;
  auto layer = [&](int count, double deviation) {
    for (int k = 0; k < count; ++k)
      parameters.push_back(deviation * random::normal_pair(seed, random::Stream::weights, item++, 0).first);
  };
  for (int m = 0; m < s.members; ++m) {
    layer(s.inputs * s.hidden, 1.0 / std::sqrt(s.inputs));
    parameters.insert(parameters.end(), s.hidden, 0.0);
    layer(s.hidden * s.hidden, 1.0 / std::sqrt(s.hidden));
    parameters.insert(parameters.end(), s.hidden, 0.0);
    layer(s.hidden, 0.01 / std::sqrt(s.hidden));
    parameters.push_back(0.0);
  }
  return parameters;
}

template <class T>
void Committee<T>::set_parameters(const std::vector<double>& parameters) {
  const auto expected = static_cast<std::size_t>(shape_.members) * shape_.size();
  if (parameters.size() != expected)
    throw ConfigError("a committee was given " + std::to_string(parameters.size()) + " parameters, it has " +
                      std::to_string(expected));
  const View<T*> own(uninitialized("committee_parameters"), expected);
  const auto host = Kokkos::create_mirror_view(own);
  for (std::size_t k = 0; k < expected; ++k) host(k) = static_cast<T>(parameters[k]);
  Kokkos::deep_copy(own, host);
  parameters_ = own;
}

template <class T>
void Committee<T>::share_parameters(View<const T*> parameters) {
  const auto expected = static_cast<std::size_t>(shape_.members) * shape_.size();
  if (parameters.extent(0) != expected)
    throw ConfigError("a committee was given " + std::to_string(parameters.extent(0)) + " parameters, it has " +
                      std::to_string(expected));
  parameters_ = parameters;
}

// c ← op(a) op(b) + keep c for every member.
template <class T>
void Committee<T>::product(Op a, Op b, int rows, int columns, int inner, const T* left, int left_row, long left_stride,
                           const T* right, int right_row, long right_stride, T keep, T* out, int out_row,
                           long out_stride) const {
  if constexpr (std::is_same_v<T, float>)
    linalg::gemm_batched(space_, precision_, a, b, rows, columns, inner, 1.0f, left, left_row, left_stride, right,
                         right_row, right_stride, keep, out, out_row, out_stride, shape_.members);
  else
    linalg::gemm_batched<T>(space_, a, b, rows, columns, inner, T(1), left, left_row, left_stride, right, right_row,
                            right_stride, keep, out, out_row, out_stride, shape_.members);
}

// out (member · size + k) += Σ_rows a(row of that member, k): a product with ones, in full precision.
template <class T>
void Committee<T>::column_sums(const T* a, int columns, int rows, T* out) const {
  linalg::gemm_batched<T>(space_, Op::none, Op::none, 1, columns, rows, T(1), ones_.data(), std::max(rows, 1), 0, a,
                          columns, static_cast<long>(rows) * columns, T(1), out, columns, shape_.size(),
                          shape_.members);
}

template <class T>
void Committee<T>::forward(const Matrix<T>& x, int rows, Cache& c) const {
  const int C = shape_.members, d = shape_.inputs, h = shape_.hidden, P = shape_.size();
  const Offsets at = offsets(shape_);
  c.rows = rows;
  c.x = x;
  fit(c.h1, "h1", C * rows, h);
  fit(c.h2, "h2", C * rows, h);
  fit(c.y, "y", C * rows, 1);
  fit(c.g1, "g1", C * rows, h);
  fit(c.g2, "g2", C * rows, h);
  fit(c.slope, "slope", C * rows, d);
  const T* p = parameters_.data();
  T *h1 = c.h1.data(), *h2 = c.h2.data(), *y = c.y.data(), *g1 = c.g1.data(), *g2 = c.g2.data();
  const long stretch = static_cast<long>(rows) * h;

  product(Op::none, Op::none, rows, h, d, x.data(), d, 0, p + at.w1, h, P, T(0), h1, h, stretch);
  for_each_neuron(
      "first_layer", space_, C * rows, h, KOKKOS_LAMBDA(int r, int from, int to) {
        const T* bias = p + (r / rows) * P + at.b1;
        T* out = h1 + static_cast<long>(r) * h;
        for (int k = from; k < to; ++k) out[k] = activation(out[k] + bias[k]);
      });
  product(Op::none, Op::none, rows, h, h, h1, h, stretch, p + at.w2, h, P, T(0), h2, h, stretch);
  for_each_neuron(
      "second_layer", space_, C * rows, h, KOKKOS_LAMBDA(int r, int from, int to) {
        const T *bias = p + (r / rows) * P + at.b2, *w = p + (r / rows) * P + at.w3;
        T *out = h2 + static_cast<long>(r) * h, *slope = g2 + static_cast<long>(r) * h;
        for (int k = from; k < to; ++k) {
          const T a = activation(out[k] + bias[k]);
          out[k] = a;
          slope[k] = w[k] * (T(1) - a * a);
        }
      });
  Kokkos::parallel_for(
      "output_layer", RangePolicy(space_, 0, C * rows), KOKKOS_LAMBDA(int r) {
        const T *w = p + (r / rows) * P + at.w3, *in = h2 + static_cast<long>(r) * h;
        T sum = p[(r / rows) * P + at.b3];
        for (int k = 0; k < h; ++k) sum += w[k] * in[k];
        y[r] = sum;
      });
  product(Op::none, Op::transpose, rows, h, h, g2, h, stretch, p + at.w2, h, P, T(0), g1, h, stretch);
  for_each_neuron(
      "first_slope", space_, C * rows, h, KOKKOS_LAMBDA(int r, int from, int to) {
        T* g = g1 + static_cast<long>(r) * h;
        const T* a = h1 + static_cast<long>(r) * h;
        for (int k = from; k < to; ++k) g[k] *= T(1) - a[k] * a[k];
      });
  product(Op::none, Op::transpose, rows, d, h, g1, h, stretch, p + at.w1, h, P, T(0), c.slope.data(), d,
          static_cast<long>(rows) * d);
}

template <class T>
void Committee<T>::backward(const Cache& c, const Matrix<T>& tangent, const Matrix<T>& y_bar, View<T*> gradient) const {
  const int C = shape_.members, d = shape_.inputs, h = shape_.hidden, P = shape_.size(), rows = c.rows;
  const Offsets at = offsets(shape_);
  for (auto* a : {&a1_, &t1_, &a2_, &ba2_, &bz2_, &ba1_, &bz1_}) fit(*a, "committee_work", C * rows, h);
  if (ones_.extent_int(0) < rows) {
    ones_ = View<T*>(uninitialized("ones"), rows);
    Kokkos::deep_copy(ones_, T(1));
  }
  const T *p = parameters_.data(), *h1 = c.h1.data(), *h2 = c.h2.data(), *v = tangent.data(), *yb = y_bar.data();
  T *g = gradient.data(), *a1 = a1_.data(), *t1 = t1_.data(), *a2 = a2_.data(), *ba2 = ba2_.data();
  T *bz2 = bz2_.data(), *ba1 = ba1_.data(), *bz1 = bz1_.data();
  const long sh = static_cast<long>(rows) * h, sd = static_cast<long>(rows) * d;

  // Forward mode: tangents a of the layers' inputs, t of their outputs.
  product(Op::none, Op::none, rows, h, d, v, d, sd, p + at.w1, h, P, T(0), a1, h, sh);
  for_each_neuron(
      "first_tangent", space_, C * rows, h, KOKKOS_LAMBDA(int r, int from, int to) {
        for (long k = r * static_cast<long>(h) + from; k < r * static_cast<long>(h) + to; ++k)
          t1[k] = (T(1) - h1[k] * h1[k]) * a1[k];
      });
  product(Op::none, Op::none, rows, h, h, t1, h, sh, p + at.w2, h, P, T(0), a2, h, sh);
  // Reverse mode over it. The tangent of the second layer is only read through w₃: a2 takes it over.
  for_each_neuron(
      "second_adjoint", space_, C * rows, h, KOKKOS_LAMBDA(int r, int from, int to) {
        const T *weight = p + (r / rows) * P + at.w3, bar = yb[r];
        for (int k = from; k < to; ++k) {
          const long e = r * static_cast<long>(h) + k;
          const T w = weight[k], a = h2[e], s = T(1) - a * a;
          ba2[e] = w * s;
          bz2[e] = (bar * w - T(2) * a * w * a2[e]) * s;
          a2[e] = s * a2[e] + bar * a;  // ∂S/∂w₃ of this row
        }
      });
  column_sums(a2, h, rows, g + at.w3);
  column_sums(bz2, h, rows, g + at.b2);
  column_sums(yb, 1, rows, g + at.b3);
  product(Op::transpose, Op::none, h, h, rows, t1, h, sh, ba2, h, sh, T(1), g + at.w2, h, P);
  product(Op::transpose, Op::none, h, h, rows, h1, h, sh, bz2, h, sh, T(1), g + at.w2, h, P);
  product(Op::none, Op::transpose, rows, h, h, ba2, h, sh, p + at.w2, h, P, T(0), ba1, h, sh);
  product(Op::none, Op::transpose, rows, h, h, bz2, h, sh, p + at.w2, h, P, T(0), bz1, h, sh);
  for_each_neuron(
      "first_adjoint", space_, C * rows, h, KOKKOS_LAMBDA(int r, int from, int to) {
        for (long k = r * static_cast<long>(h) + from; k < r * static_cast<long>(h) + to; ++k) {
          const T a = h1[k], s = T(1) - a * a;
          bz1[k] = (bz1[k] - T(2) * a * ba1[k] * a1[k]) * s;
          ba1[k] *= s;
        }
      });
  column_sums(bz1, h, rows, g + at.b1);
  product(Op::transpose, Op::none, d, h, rows, v, d, sd, ba1, h, sh, T(1), g + at.w1, h, P);
  product(Op::transpose, Op::none, d, h, rows, c.x.data(), d, 0, bz1, h, sh, T(1), g + at.w1, h, P);
}

template class Committee<float>;
template class Committee<double>;

}  // namespace locum::nn
