#include "kokkos_kernels/base/pack.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace locum {
namespace {

template <class P>
class Packs : public ::testing::Test {};
using Widths = ::testing::Types<Pack, SinglePack, PackOf<double, 1>, PackOf<float, 1>>;
TYPED_TEST_SUITE(Packs, Widths);

template <class P>
P counted(double first, double step) {
  P p(typename P::Scalar(0));
  for (int k = 0; k < P::lanes; ++k) p.lane(k) = static_cast<typename P::Scalar>(first + k * step);
  return p;
}

TYPED_TEST(Packs, ExponentialAndTanhAreTheLibrarysToRounding) {
  using T = typename TypeParam::Scalar;
  // Relative: two roundings of the result, and what the reduction by ln 2 loses of the argument.
  const double rounding = std::numeric_limits<T>::epsilon();
  for (double x = -60.0; x <= 60.0; x += 0.37) {
    const TypeParam a = counted<TypeParam>(x, 0.01), e = exp(a), t = tanh(a);
    for (int k = 0; k < TypeParam::lanes; ++k) {
      const double exact = std::exp(static_cast<double>(a.lane(k)));
      EXPECT_NEAR(e.lane(k), exact, 3.0 * rounding * exact) << "exp " << a.lane(k);
      EXPECT_NEAR(t.lane(k), std::tanh(static_cast<double>(a.lane(k))), 3.0 * rounding) << "tanh " << a.lane(k);
    }
  }
}

TYPED_TEST(Packs, TanhSaturatesInsteadOfOverflowing) {
  for (const double x : {100.0, 1e4, 1e30}) {
    EXPECT_EQ(tanh(TypeParam(static_cast<typename TypeParam::Scalar>(x))).lane(0), 1.0);
    EXPECT_EQ(tanh(TypeParam(static_cast<typename TypeParam::Scalar>(-x))).lane(TypeParam::lanes - 1), -1.0);
  }
}

TYPED_TEST(Packs, RootIsCorrectlyRounded) {
  const TypeParam a = counted<TypeParam>(0.5, 0.3), r = sqrt(a);
  for (int k = 0; k < TypeParam::lanes; ++k) EXPECT_EQ(r.lane(k), std::sqrt(a.lane(k)));
}

TYPED_TEST(Packs, SumsAddEveryLaneOnce) {
  constexpr int W = TypeParam::lanes;
  TypeParam in[W];
  for (int k = 0; k < W; ++k)
    for (int j = 0; j < W; ++j) in[k].lane(j) = static_cast<typename TypeParam::Scalar>(1000 * k + j * j);
  const TypeParam sums = sum_each(in);
  for (int k = 0; k < W; ++k) {
    const int expected = 1000 * k * W + (W - 1) * W * (2 * W - 1) / 6;  // Σ j²; small integers add exactly
    EXPECT_EQ(sums.lane(k), expected);
    EXPECT_EQ(sum(in[k]), expected);
  }
}

TYPED_TEST(Packs, TransposingExchangesPacksAndLanes) {
  constexpr int W = TypeParam::lanes;
  TypeParam in[W], out[W];
  for (int k = 0; k < W; ++k)
    for (int j = 0; j < W; ++j) in[k].lane(j) = static_cast<typename TypeParam::Scalar>(100 * k + j);
  transpose(in, out);
  for (int k = 0; k < W; ++k)
    for (int j = 0; j < W; ++j) EXPECT_EQ(out[k].lane(j), 100 * j + k);
}

}  // namespace
}  // namespace locum
