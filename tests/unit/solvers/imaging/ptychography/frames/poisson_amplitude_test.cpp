#include "solvers/imaging/ptychography/frames/poisson_amplitude.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace locum::imaging {
namespace {

// Σ_n P(n) (√n − √λ)².
double exact(double mean) {
  double sum = 0.0;
  const int last = static_cast<int>(mean + 40.0 * std::sqrt(mean) + 80.0);
  for (int n = 0; n <= last; ++n) {
    const double p = std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0));
    sum += p * std::pow(std::sqrt(n) - std::sqrt(mean), 2);
  }
  return sum;
}

TEST(PoissonAmplitude, NoiseIsTheSumOverCountsToFourTenThousandths) {
  for (double mean = 1e-6; mean < 3e3; mean *= 1.07) {
    const double expected = exact(mean);
    EXPECT_NEAR(poisson_amplitude_noise(mean), expected, 4e-4 * expected) << mean;  // as stated in the header
    EXPECT_NEAR(poisson_amplitude_noise(static_cast<float>(mean)), expected, 5e-4 * expected) << mean;  // and rounding
  }
}

TEST(PoissonAmplitude, NoiseJoinsItsTwoBranchesAndEndsAtAQuarter) {
  const double below = poisson_amplitude_noise(16.0 * (1.0 - 1e-12)), above = poisson_amplitude_noise(16.0);
  EXPECT_NEAR(below, above, 8e-4 * above);  // either may be off by 4e-4
  EXPECT_NEAR(poisson_amplitude_noise(1e8), 0.25, 1e-8);
  EXPECT_EQ(poisson_amplitude_noise(0.0), 0.0);
  EXPECT_EQ(poisson_amplitude_noise(-1.0f), 0.0f);
}

}  // namespace
}  // namespace locum::imaging
