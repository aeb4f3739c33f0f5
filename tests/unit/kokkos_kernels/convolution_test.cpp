#include "kokkos_kernels/conv/convolution.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/conv/reference.hpp"
#include "kokkos_kernels/linalg/precision.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::conv {
namespace {

using reference::Images;

float widened(float x) { return x; }
float widened(Bf16 x) { return linalg::from_bf16(x.bits); }
float widened(Fp16 x) { return linalg::from_fp16(x.bits); }
void narrow(float x, float& to) { to = x; }
void narrow(float x, Bf16& to) { to.bits = linalg::to_bf16(x); }
void narrow(float x, Fp16& to) { to.bits = linalg::to_fp16(x); }

template <class T>
double unit_roundoff() {
  return std::is_same_v<T, float> ? 6e-8 : std::is_same_v<T, Bf16> ? 4e-3 : 5e-4;
}

template <class T>
void randomise(std::vector<double>& values, std::uint64_t item) {
  for (std::size_t k = 0; k < values.size(); ++k) {
    T number;  // the reference sees what the format holds
    narrow(static_cast<float>(random::normal_pair(3, random::Stream::weights, item, k).first), number);
    values[k] = widened(number);
  }
}

template <class T>
Tensor<T> to_device(const Images& from) {
  const Tensor<T> to("images", from.batch, from.nx, from.ny, from.channels);
  const auto host = Kokkos::create_mirror_view(to);
  for (std::size_t k = 0; k < from.values.size(); ++k) narrow(static_cast<float>(from.values[k]), host.data()[k]);
  Kokkos::deep_copy(to, host);
  return to;
}
View<float*> to_device(const std::vector<double>& from) {
  const View<float*> to("numbers", from.size());
  const auto host = Kokkos::create_mirror_view(to);
  for (std::size_t k = 0; k < from.size(); ++k) host(k) = static_cast<float>(from[k]);
  Kokkos::deep_copy(to, host);
  return to;
}
template <class T>
std::vector<double> to_host(const Tensor<T>& from) {
  const auto host = host_copy(from);
  std::vector<double> to(host.size());
  for (std::size_t k = 0; k < to.size(); ++k) to[k] = widened(host.data()[k]);
  return to;
}
std::vector<double> to_host(const View<float*>& from) {
  const auto host = host_copy(from);
  return std::vector<double>(host.data(), host.data() + host.extent(0));
}

// Largest difference relative to the root mean square of what is expected.
double distance(const std::vector<double>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size()) return 1e300;
  double worst = 0.0, square = 0.0;
  for (std::size_t k = 0; k < found.size(); ++k) {
    worst = std::max(worst, std::abs(found[k] - expected[k]));
    square += expected[k] * expected[k];
  }
  return found.empty() ? 0.0 : worst / std::sqrt(square / static_cast<double>(found.size()) + 1e-30);
}

struct Case {
  Filter filter;
  int batch, nx, ny;
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {{1, 1, 1, 1, 0}, 1, 1, 1},    {{1, 32, 3, 1, 1}, 2, 9, 7}, {{32, 48, 3, 1, 1}, 3, 8, 8},
      {{5, 3, 3, 1, 1}, 2, 6, 11},   {{64, 1, 3, 1, 1}, 2, 8, 8}, {{16, 9, 1, 1, 0}, 2, 5, 6},
      {{17, 33, 5, 1, 2}, 1, 7, 12}, {{8, 16, 3, 2, 1}, 2, 8, 8}, {{6, 4, 2, 2, 0}, 2, 6, 8},
      {{3, 20, 3, 1, 0}, 2, 5, 5},   {{4, 4, 3, 2, 1}, 1, 7, 10}, {{16, 32, 1, 2, 0}, 2, 8, 7},
  };
  return all;
}

template <class T>
class ConvolutionIn : public testing::Test {
 public:
  struct Answers {
    std::vector<double> y, dx, dw, db;
  };
  struct Data {
    explicit Data(const Case& c)
        : x(c.batch, c.nx, c.ny, c.filter.in),
          dy(c.batch, c.filter.output(c.nx), c.filter.output(c.ny), c.filter.out),
          weights(static_cast<std::size_t>(c.filter.weights())),
          bias(static_cast<std::size_t>(c.filter.out)) {
      randomise<T>(x.values, 1);
      randomise<T>(dy.values, 2);
      randomise<T>(weights, 3);
      randomise<float>(bias, 4);
    }
    Images x, dy;
    std::vector<double> weights, bias;
  };
  static Answers expected(const Case& c, const Data& d, Activation activation) {
    return {reference::forward(c.filter, d.x, d.weights, d.bias, activation).values,
            reference::backward_data(c.filter, d.dy, c.nx, c.ny, d.weights).values,
            reference::backward_weights(c.filter, d.x, d.dy), reference::backward_bias(d.dy)};
  }
  static Answers library(const Convolution<T>& convolution, const Case& c, const Data& d, Activation activation) {
    const auto x = to_device<T>(d.x), dy = to_device<T>(d.dy);
    const Tensor<T> y("y", dy.extent(0), dy.extent(1), dy.extent(2), dy.extent(3));
    const Tensor<T> dx("dx", x.extent(0), x.extent(1), x.extent(2), x.extent(3));
    const View<float*> dw("dw", d.weights.size()), db("db", d.bias.size());
    convolution.forward(x, y, activation);
    convolution.backward_data(dy, dx);
    convolution.backward_weights(x, dy, dw, db);
    Kokkos::fence();
    (void)c;
    return {to_host(y), to_host(dx), to_host(dw), to_host(db)};
  }
};

using Formats = testing::Types<float, Bf16, Fp16>;
TYPED_TEST_SUITE(ConvolutionIn, Formats);

TYPED_TEST(ConvolutionIn, EveryDirectionAgreesWithThePlainLoops) {
  using T = TypeParam;
  for (const Case& c : cases()) {
    const typename TestFixture::Data data(c);
    Convolution<T> convolution({}, c.filter);
    convolution.set_weights(to_device(data.weights), to_device(data.bias));
    for (const auto activation : {Activation::none, Activation::relu, Activation::gelu}) {
      const auto found = TestFixture::library(convolution, c, data, activation);
      const auto wanted = TestFixture::expected(c, data, activation);
      // Sums of float products of normal numbers: some 4 roundings of the largest partial sum, and one of the format.
      const double sums = 3e-6, rounding = sums + 6 * unit_roundoff<T>();
      EXPECT_LT(distance(found.y, wanted.y), rounding) << c.filter.in << " → " << c.filter.out;
      EXPECT_LT(distance(found.dx, wanted.dx), rounding) << c.filter.in << " → " << c.filter.out;
      // Where the library gives gradients in the format (cuDNN), they are rounded once.
      EXPECT_LT(distance(found.dw, wanted.dw), device_is_host ? sums : rounding)
          << c.filter.in << " → " << c.filter.out;
      EXPECT_LT(distance(found.db, wanted.db), device_is_host ? sums : rounding)
          << c.filter.in << " → " << c.filter.out;
    }
  }
}

TYPED_TEST(ConvolutionIn, RepeatsBitForBitAndFollowsNewWeights) {
  using T = TypeParam;
  const Case c{{24, 40, 3, 1, 1}, 3, 8, 8};
  typename TestFixture::Data data(c);
  Convolution<T> convolution({}, c.filter);
  const auto weights = to_device(data.weights);
  convolution.set_weights(weights, to_device(data.bias));
  const auto first = TestFixture::library(convolution, c, data, Activation::relu);
  const auto second = TestFixture::library(convolution, c, data, Activation::relu);
  EXPECT_EQ(first.y, second.y);
  EXPECT_EQ(first.dx, second.dx);
  EXPECT_EQ(first.dw, second.dw);
  for (double& w : data.weights) w *= -0.5;
  Kokkos::deep_copy(weights, to_device(data.weights));
  convolution.set_weights(weights, to_device(data.bias));
  const auto third = TestFixture::library(convolution, c, data, Activation::none);
  const auto wanted = TestFixture::expected(c, data, Activation::none);
  EXPECT_LT(distance(third.y, wanted.y), 3e-6 + 6 * unit_roundoff<T>());
  EXPECT_LT(distance(third.dx, wanted.dx), 3e-6 + 6 * unit_roundoff<T>());
}

TYPED_TEST(ConvolutionIn, WithABiasAndThenWithoutItForgetsTheBias) {
  using T = TypeParam;
  const Case c{{5, 4, 3, 1, 1}, 2, 6, 7};
  typename TestFixture::Data data(c);
  Convolution<T> convolution({}, c.filter);
  const auto weights = to_device(data.weights);
  convolution.set_weights(weights, to_device(data.bias));
  TestFixture::library(convolution, c, data, Activation::none);
  convolution.set_weights(weights, {});
  std::fill(data.bias.begin(), data.bias.end(), 0.0);
  const auto found = TestFixture::library(convolution, c, data, Activation::none);
  EXPECT_LT(distance(found.y, TestFixture::expected(c, data, Activation::none).y), 3e-6 + 6 * unit_roundoff<T>());
}

TEST(Convolution, GradientsAreAddedToWhatIsThere) {
  using Fixture = ConvolutionIn<float>;
  const Case c{{3, 2, 3, 1, 1}, 2, 4, 5};
  const Fixture::Data data(c);
  Convolution<float> convolution({}, c.filter);
  convolution.set_weights(to_device(data.weights), {});
  const View<float*> dw("dw", data.weights.size()), none;
  for (int turn = 0; turn < 2; ++turn)
    convolution.backward_weights(to_device<float>(data.x), to_device<float>(data.dy), dw, none);
  auto twice = Fixture::expected(c, data, Activation::none).dw;
  for (double& w : twice) w *= 2.0;
  EXPECT_LT(distance(to_host(dw), twice), 3e-6);
}

TEST(Convolution, AnEmptyBatchIsNoWork) {
  Convolution<float> convolution({}, {2, 3, 3, 1, 1});
  convolution.set_weights(View<float*>("w", 54), View<float*>("b", 3));
  const View<float*> dw("dw", 54), db("db", 3);
  convolution.forward(Tensor<float>("x", 0, 4, 4, 2), Tensor<float>("y", 0, 4, 4, 3));
  convolution.backward_weights(Tensor<float>("x", 0, 4, 4, 2), Tensor<float>("y", 0, 4, 4, 3), dw, db);
  EXPECT_EQ(distance(to_host(dw), std::vector<double>(54, 0.0)), 0.0);
}

TEST(Convolution, WhatDoesNotFitIsRefused) {
  EXPECT_THROW(Convolution<float>({}, {0, 3, 3, 1, 1}), ConfigError);
  EXPECT_THROW(Convolution<float>({}, {1, 3, 3, 1, 3}), ConfigError);
  Convolution<float> convolution({}, {2, 3, 3, 1, 1});
  const Tensor<float> x("x", 1, 4, 4, 2), y("y", 1, 4, 4, 3), other("other", 1, 4, 5, 3);
  EXPECT_THROW(convolution.forward(x, y), ConfigError);  // no weights yet
  EXPECT_THROW(convolution.set_weights(View<float*>("w", 53)), ConfigError);
  convolution.set_weights(View<float*>("w", 54));
  EXPECT_THROW(convolution.forward(x, other), ConfigError);
  EXPECT_THROW(convolution.forward(y, x), ConfigError);
}

TEST(Convolution, TheLibraryNamesItself) { EXPECT_GT(library().size(), 6u); }

}  // namespace
}  // namespace locum::conv
