#include "solvers/imaging/ptychography/frames/poisson_deviance.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace locum::imaging {
namespace {

float of(float ratio) { return quarter_deviance(FramePack(ratio)).lane(0); }

// ½ (M − I − I ln(M / I)) of M = 1; from r = 2 + √3 on the parabola that has its value and slope there.
double exact(double r) {
  const double held = 2.0 + std::sqrt(3.0), c = std::log(held) + 2.0 / held;
  if (r > held) return 1.0 - 4.0 * r + c * r * r;
  return r > 0.0 ? 0.5 * (1.0 - r * r) + r * r * std::log(r) : 0.5;
}

TEST(PoissonDeviance, IsTheLogarithmsToATenThousandth) {
  for (double r = 0.0; r < 100.0; r += 0.001 + 0.01 * r) {
    if (std::abs(r - 1.0) < 0.01) continue;  // there the difference of the formula's terms is rounding
    EXPECT_NEAR(of(static_cast<float>(r)), exact(r), 1.1e-4 * exact(r)) << r;  // as stated in the header, and rounding
  }
}

TEST(PoissonDeviance, IsTheAmplitudesErrorWhereModelAndCountsAreNear) {
  EXPECT_EQ(of(1.0f), 0.0f);
  // h = (r − 1)² (1 + (r − 1)/3 + …)
  for (const float r : {0.999f, 1.001f}) EXPECT_NEAR(of(r) / std::pow(r - 1.0f, 2), 1.0, 1e-3);
}

TEST(PoissonDeviance, JoinsItsTwoBranches) {
  const auto below = static_cast<float>((2.0 + std::sqrt(3.0)) * (1.0 - 1e-6));
  const auto above = static_cast<float>((2.0 + std::sqrt(3.0)) * (1.0 + 1e-6));
  EXPECT_NEAR(of(below), of(above), 1e-4 * of(above));
}

}  // namespace
}  // namespace locum::imaging
