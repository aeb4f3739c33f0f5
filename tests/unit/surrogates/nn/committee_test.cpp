#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/committee.hpp"

namespace locum::nn {
namespace {

linalg::Matrix<double> random_matrix(int rows, int columns, std::uint64_t item) {
  linalg::Matrix<double> a("random", rows, columns);
  const auto host = Kokkos::create_mirror_view(a);
  for (int r = 0; r < rows; ++r)
    for (int k = 0; k < columns; ++k)
      host(r, k) = 2.0 * random::uniform(5, random::Stream::bootstrap, item, r * columns + k) - 1.0;
  Kokkos::deep_copy(a, host);
  return a;
}

struct Bench {
  CommitteeShape shape{3, 5, 7};
  int rows = 11;
  std::vector<double> parameters = initial_parameters(shape, 1, 0);
  linalg::Matrix<double> x = random_matrix(rows, 5, 1), v = random_matrix(33, 5, 2), y_bar = random_matrix(33, 1, 3);
  Bench() {
    for (std::size_t k = 0; k < parameters.size(); ++k)  // biases that are not zero
      parameters[k] += 0.2 * (random::uniform(6, random::Stream::weights, k, 0) - 0.5);
  }
  // S = Σ slope·v + y_bar y
  double value(const std::vector<double>& p) const {
    Committee<double> net(shape);
    net.set_parameters(p);
    Committee<double>::Cache cache;
    net.forward(x, rows, cache);
    const auto slope = host_copy(cache.slope), y = host_copy(cache.y), vh = host_copy(v), yb = host_copy(y_bar);
    double sum = 0.0;
    for (int r = 0; r < 33; ++r) {
      sum += yb(r, 0) * y(r, 0);
      for (int k = 0; k < 5; ++k) sum += slope(r, k) * vh(r, k);
    }
    return sum;
  }
  std::vector<double> gradient() const {
    Committee<double> net(shape);
    net.set_parameters(parameters);
    Committee<double>::Cache cache;
    net.forward(x, rows, cache);
    View<double*> g("gradient", parameters.size());
    net.backward(cache, v, y_bar, g);
    const auto host = host_copy(g);
    return std::vector<double>(host.data(), host.data() + parameters.size());
  }
};

TEST(Committee, SlopeIsTheDerivativeOfTheOutput) {
  Bench s;
  Committee<double> net(s.shape);
  net.set_parameters(s.parameters);
  Committee<double>::Cache cache, shifted;
  net.forward(s.x, s.rows, cache);
  const auto slope = host_copy(cache.slope);
  const double h = 1e-6;
  for (int k = 0; k < 5; ++k) {
    std::vector<double> y[2];
    for (int side = 0; side < 2; ++side) {
      auto x = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), s.x);
      linalg::Matrix<double> moved("moved", s.rows, 5);
      auto moved_host = Kokkos::create_mirror_view(moved);
      for (int r = 0; r < s.rows; ++r)
        for (int j = 0; j < 5; ++j) moved_host(r, j) = x(r, j) + (j == k ? (side ? h : -h) : 0.0);
      Kokkos::deep_copy(moved, moved_host);
      net.forward(moved, s.rows, shifted);
      const auto host = host_copy(shifted.y);
      for (int r = 0; r < 33; ++r) y[side].push_back(host(r, 0));
    }
    for (int r = 0; r < 33; ++r) EXPECT_NEAR(slope(r, k), (y[1][r] - y[0][r]) / (2 * h), 1e-9);  // rounding 1e-16 / h
  }
}

TEST(Committee, GradientOfTheDirectionalDerivativeAgreesWithDifferences) {
  const Bench s;
  const auto gradient = s.gradient();
  const double h = 1e-6;
  for (std::size_t k = 0; k < s.parameters.size(); ++k) {
    auto p = s.parameters;
    p[k] += h;
    const double up = s.value(p);
    p[k] -= 2 * h;
    EXPECT_NEAR(gradient[k], (up - s.value(p)) / (2 * h), 1e-7) << "parameter " << k;  // values ~10, rounding / h ~1e-9
  }
}

TEST(Committee, RepeatsBitForBitAndInSinglePrecisionAgrees) {
  const Bench s;
  EXPECT_EQ(s.gradient(), s.gradient());
  Committee<float> single(s.shape);
  single.set_parameters(s.parameters);
  linalg::Matrix<float> x("x", s.rows, 5);
  const auto from = host_copy(s.x);
  const auto to = Kokkos::create_mirror_view(x);
  for (int r = 0; r < s.rows; ++r)
    for (int k = 0; k < 5; ++k) to(r, k) = static_cast<float>(from(r, k));
  Kokkos::deep_copy(x, to);
  Committee<float>::Cache cache;
  single.forward(x, s.rows, cache);
  Committee<double> twice(s.shape);
  twice.set_parameters(s.parameters);
  Committee<double>::Cache exact;
  twice.forward(s.x, s.rows, exact);
  const auto a = host_copy(cache.y);
  const auto b = host_copy(exact.y);
  for (int r = 0; r < 33; ++r) EXPECT_NEAR(a(r, 0), b(r, 0), 1e-5);  // float's 6e-8 through three layers
}

TEST(Committee, WrongNumberOfParametersIsRefused) {
  Committee<double> net({1, 2, 3});
  EXPECT_THROW(net.set_parameters(std::vector<double>(4)), ConfigError);
}

}  // namespace
}  // namespace locum::nn
