#include "surrogates/nn/committee.hpp"

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::nn {
namespace {

using linalg::Matrix;
using linalg::Op;

template <class T>
void fit(Matrix<T>& a, const char* label, int rows, int columns) {
  if (a.extent_int(0) < rows || a.extent_int(1) != columns) a = Matrix<T>(uninitialized(label), rows, columns);
}

// gradient(member · size + at + k) += Σ_rows a(row of that member, k)
template <class T>
void column_sums(const ExecutionSpace& space, const CommitteeShape& shape, const Matrix<T>& a, int rows, int at,
                 const View<T*>& gradient) {
  const int h = shape.hidden, P = shape.size();
  Kokkos::parallel_for(
      "column_sums", RangePolicy(space, 0, shape.members), KOKKOS_LAMBDA(int m) {
        for (int r = m * rows; r < (m + 1) * rows; ++r)
          for (int k = 0; k < h; ++k) gradient(m * P + at + k) += a(r, k);
      });
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
  if (parameters_.extent(0) != expected) parameters_ = View<T*>(uninitialized("committee_parameters"), expected);
  const auto host = Kokkos::create_mirror_view(parameters_);
  for (std::size_t k = 0; k < expected; ++k) host(k) = static_cast<T>(parameters[k]);
  Kokkos::deep_copy(parameters_, host);
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
  const auto parameters = parameters_;
  const auto h1 = c.h1, h2 = c.h2, y = c.y, g1 = c.g1, g2 = c.g2;
  const RangePolicy all(space_, 0, C * rows);
  const long stretch = static_cast<long>(rows) * h;

  linalg::gemm_batched<T>(space_, Op::none, Op::none, rows, h, d, T(1), x.data(), d, 0, p + at.w1, h, P, T(0),
                          h1.data(), h, stretch, C);
  Kokkos::parallel_for(
      "first_layer", all, KOKKOS_LAMBDA(int r) {
        const int b = (r / rows) * P + at.b1;
        for (int k = 0; k < h; ++k) h1(r, k) = std::tanh(h1(r, k) + parameters(b + k));
      });
  linalg::gemm_batched<T>(space_, Op::none, Op::none, rows, h, h, T(1), h1.data(), h, stretch, p + at.w2, h, P, T(0),
                          h2.data(), h, stretch, C);
  Kokkos::parallel_for(
      "second_layer", all, KOKKOS_LAMBDA(int r) {
        const int b = (r / rows) * P;
        T sum = parameters(b + at.b3);
        for (int k = 0; k < h; ++k) {
          const T w = parameters(b + at.w3 + k), a = std::tanh(h2(r, k) + parameters(b + at.b2 + k));
          h2(r, k) = a;
          g2(r, k) = w * (T(1) - a * a);
          sum += w * a;
        }
        y(r, 0) = sum;
      });
  linalg::gemm_batched<T>(space_, Op::none, Op::transpose, rows, h, h, T(1), g2.data(), h, stretch, p + at.w2, h, P,
                          T(0), g1.data(), h, stretch, C);
  Kokkos::parallel_for(
      "first_slope", all, KOKKOS_LAMBDA(int r) {
        for (int k = 0; k < h; ++k) g1(r, k) *= T(1) - h1(r, k) * h1(r, k);
      });
  linalg::gemm_batched<T>(space_, Op::none, Op::transpose, rows, d, h, T(1), g1.data(), h, stretch, p + at.w1, h, P,
                          T(0), c.slope.data(), d, static_cast<long>(rows) * d, C);
}

template <class T>
void Committee<T>::backward(const Cache& c, const Matrix<T>& v, const Matrix<T>& y_bar, View<T*> gradient) const {
  const int C = shape_.members, d = shape_.inputs, h = shape_.hidden, P = shape_.size(), rows = c.rows;
  const Offsets at = offsets(shape_);
  for (auto* a : {&a1_, &t1_, &a2_, &ba2_, &bz2_, &ba1_, &bz1_}) fit(*a, "committee_work", C * rows, h);
  const T* p = parameters_.data();
  T* g = gradient.data();
  const long sh = static_cast<long>(rows) * h, sd = static_cast<long>(rows) * d;
  const auto parameters = parameters_;
  const auto h1 = c.h1, h2 = c.h2, a1 = a1_, t1 = t1_, a2 = a2_, ba2 = ba2_, bz2 = bz2_, ba1 = ba1_, bz1 = bz1_;
  const RangePolicy all(space_, 0, C * rows);

  // Forward mode: tangents a of the layers' inputs, t of their outputs.
  linalg::gemm_batched<T>(space_, Op::none, Op::none, rows, h, d, T(1), v.data(), d, sd, p + at.w1, h, P, T(0),
                          a1.data(), h, sh, C);
  Kokkos::parallel_for(
      "first_tangent", all, KOKKOS_LAMBDA(int r) {
        for (int k = 0; k < h; ++k) t1(r, k) = (T(1) - h1(r, k) * h1(r, k)) * a1(r, k);
      });
  linalg::gemm_batched<T>(space_, Op::none, Op::none, rows, h, h, T(1), t1.data(), h, sh, p + at.w2, h, P, T(0),
                          a2.data(), h, sh, C);
  // Reverse mode over it. The tangent of the second layer is only read through w₃: a2 takes it over.
  Kokkos::parallel_for(
      "second_adjoint", all, KOKKOS_LAMBDA(int r) {
        const int b = (r / rows) * P;
        for (int k = 0; k < h; ++k) {
          const T w = parameters(b + at.w3 + k), a = h2(r, k), s = T(1) - a * a;
          ba2(r, k) = w * s;
          bz2(r, k) = (y_bar(r, 0) * w - T(2) * a * w * a2(r, k)) * s;
          a2(r, k) = s * a2(r, k) + y_bar(r, 0) * a;  // ∂S/∂w₃ of this row
        }
      });
  column_sums<T>(space_, shape_, a2, rows, at.w3, gradient);
  column_sums<T>(space_, shape_, bz2, rows, at.b2, gradient);
  Kokkos::parallel_for(
      "output_bias", RangePolicy(space_, 0, C), KOKKOS_LAMBDA(int m) {
        for (int r = m * rows; r < (m + 1) * rows; ++r) gradient(m * P + at.b3) += y_bar(r, 0);
      });
  linalg::gemm_batched<T>(space_, Op::transpose, Op::none, h, h, rows, T(1), t1.data(), h, sh, ba2.data(), h, sh, T(1),
                          g + at.w2, h, P, C);
  linalg::gemm_batched<T>(space_, Op::transpose, Op::none, h, h, rows, T(1), h1.data(), h, sh, bz2.data(), h, sh, T(1),
                          g + at.w2, h, P, C);
  linalg::gemm_batched<T>(space_, Op::none, Op::transpose, rows, h, h, T(1), ba2.data(), h, sh, p + at.w2, h, P, T(0),
                          ba1.data(), h, sh, C);
  linalg::gemm_batched<T>(space_, Op::none, Op::transpose, rows, h, h, T(1), bz2.data(), h, sh, p + at.w2, h, P, T(0),
                          bz1.data(), h, sh, C);
  Kokkos::parallel_for(
      "first_adjoint", all, KOKKOS_LAMBDA(int r) {
        for (int k = 0; k < h; ++k) {
          const T a = h1(r, k), s = T(1) - a * a;
          bz1(r, k) = (bz1(r, k) - T(2) * a * ba1(r, k) * a1(r, k)) * s;
          ba1(r, k) *= s;
        }
      });
  column_sums<T>(space_, shape_, bz1, rows, at.b1, gradient);
  linalg::gemm_batched<T>(space_, Op::transpose, Op::none, d, h, rows, T(1), v.data(), d, sd, ba1.data(), h, sh, T(1),
                          g + at.w1, h, P, C);
  linalg::gemm_batched<T>(space_, Op::transpose, Op::none, d, h, rows, T(1), c.x.data(), d, 0, bz1.data(), h, sh, T(1),
                          g + at.w1, h, P, C);
}

template class Committee<float>;
template class Committee<double>;

}  // namespace locum::nn
