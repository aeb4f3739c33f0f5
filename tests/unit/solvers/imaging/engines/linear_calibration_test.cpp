#include "solvers/imaging/engines/linear_calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {
namespace {

double normal(std::uint64_t what, std::uint64_t when) {
  return random::normal_pair(11, random::Stream::shuffle, what, when).first;
}

// y = 3 + x0 − 2 x2 + noise, in `groups` groups of `each` samples; x3 is constant and x1 on another scale.
CalibrationSamples samples(int groups, int each, double noise) {
  CalibrationSamples s{4, 1, {}, {}, {}};
  for (int g = 0; g < groups; ++g)
    for (int k = 0; k < each; ++k) {
      const auto what = static_cast<std::uint64_t>(g * each + k);
      const double x0 = normal(what, 0), x1 = 1e6 * normal(what, 1), x2 = 1e-3 * normal(what, 2);
      s.x.insert(s.x.end(), {x0, x1, x2, 5.0});
      s.y.push_back(30.0 + x0 - 2e3 * x2 + noise * normal(what, 3));
      s.group.push_back(g);
    }
  return s;
}

TEST(LinearCalibration, FindsALinearLawWhateverTheScalesOfItsFeatures) {
  const LinearCalibration calibration(samples(4, 30, 0.0));
  const double x[4] = {0.7, -2e5, 4e-4, 5.0};
  double y = 0.0;
  calibration.apply(x, &y);
  EXPECT_NEAR(y, 30.0 + 0.7 - 0.8, 1e-6);  // the weakest ridge, 1e-9 of the features' variance
  EXPECT_LT(calibration.errors()[0].relative, 1e-7);
  EXPECT_EQ(calibration.groups(), 4);
  EXPECT_DOUBLE_EQ(calibration.confidence(), 0.8);
}

TEST(LinearCalibration, TheErrorIsThatOfSamplesItHasNotSeen) {
  const double noise = 0.6;
  const LinearCalibration calibration(samples(8, 40, noise));
  // 320 samples, 4 weights: the left-out error is the noise to some 1/√640 = 4 %; three of those.
  EXPECT_NEAR(calibration.errors()[0].absolute, noise, 0.12 * noise);
  EXPECT_NEAR(calibration.errors()[0].mean, 30.0, 1.0);
  EXPECT_NEAR(calibration.errors()[0].relative, noise / 30.0, 0.12 * noise / 30.0);
  EXPECT_GT(calibration.errors()[0].bound, calibration.errors()[0].relative);
}

// The law changes from group to group by an offset, so that a new group is off by more than the noise within one.
TEST(LinearCalibration, TheBoundHoldsForMostNewGroups) {
  int held = 0;
  const int trials = 200;
  for (int trial = 0; trial < trials; ++trial) {
    CalibrationSamples all = samples(9, 30, 0.3);
    for (std::size_t k = 0; k < all.y.size(); ++k) {
      all.y[k] += 0.5 * normal(static_cast<std::uint64_t>(1000 + trial * 9 + all.group[k]), 9);
      all.y[k] += 0.3 * normal(static_cast<std::uint64_t>(trial) * 1000 + k, 10);
    }
    CalibrationSamples seen = all;
    seen.x.resize(8 * 30 * 4);
    seen.y.resize(8 * 30);
    seen.group.resize(8 * 30);
    const LinearCalibration calibration(seen);
    double square = 0.0, size = 0.0;
    for (std::size_t k = 8 * 30; k < 9 * 30; ++k) {
      double y = 0.0;
      calibration.apply(&all.x[k * 4], &y);
      square += std::pow(y - all.y[k], 2);
      size += std::abs(all.y[k]);
    }
    held += std::sqrt(square * 30) / size <= calibration.errors()[0].bound;
  }
  EXPECT_GE(held, trials * 8 / 9 - 13);  // 8/9 are promised; three standard deviations of 200 trials
}

TEST(LinearCalibration, FarAwaySamplesAreLessCertain) {
  const LinearCalibration calibration(samples(4, 30, 0.1));
  const double near[4] = {0.0, 0.0, 0.0, 5.0}, far[4] = {9.0, 0.0, 0.0, 5.0};
  EXPECT_NEAR(calibration.leverage(near), 1.0, 0.05);
  EXPECT_GT(calibration.leverage(far), 1.3);
}

TEST(LinearCalibration, RefusesTooFewSamplesAndNumbersThatAreNone) {
  EXPECT_THROW(LinearCalibration(samples(1, 100, 0.0)), ConfigError);
  EXPECT_THROW(LinearCalibration(samples(2, 3, 0.0)), ConfigError);
  CalibrationSamples broken = samples(4, 30, 0.0);
  broken.y[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((LinearCalibration(broken)), NumericalError);
}

}  // namespace
}  // namespace locum::imaging
