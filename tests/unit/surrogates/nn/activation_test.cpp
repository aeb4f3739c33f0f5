#include "surrogates/nn/activation.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace locum::nn {
namespace {

TEST(Activation, IsTheHyperbolicTangentToSinglePrecision) {
  for (int k = -400000; k <= 400000; ++k) {
    const float x = 5e-5f * k;
    const double exact = std::tanh(static_cast<double>(x));
    ASSERT_NEAR(activation(x), exact, 2.5e-7 * std::abs(exact)) << x;  // two units in the last place
    ASSERT_EQ(activation(-x), -activation(x)) << x;
  }
  EXPECT_EQ(activation(0.0f), 0.0f);
  EXPECT_NEAR(activation(1e-20f), 1e-20f, 1e-27f);
}

TEST(Activation, SaturatesAndLetsNotANumberThrough) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(activation(1e9f), 1.0f);
  EXPECT_EQ(activation(-infinity), -1.0f);
  EXPECT_TRUE(std::isnan(activation(std::nanf(""))));
  EXPECT_EQ(activation(0.3), std::tanh(0.3));
}

}  // namespace
}  // namespace locum::nn
