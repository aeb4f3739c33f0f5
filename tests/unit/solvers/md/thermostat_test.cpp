#include "solvers/md/thermostat.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::md {
namespace {

TEST(TemperatureRamp, IsPiecewiseLinearAndFlatOutside) {
  ThermostatConfig config;
  config.temperature = {300.0, 300.0, 900.0};
  config.time = {100.0, 200.0, 500.0};
  const TemperatureRamp ramp(config, 0.0);
  EXPECT_EQ(ramp.at(0.0), 300.0);
  EXPECT_EQ(ramp.at(150.0), 300.0);
  EXPECT_DOUBLE_EQ(ramp.at(350.0), 600.0);
  EXPECT_EQ(ramp.at(500.0), 900.0);
  EXPECT_EQ(ramp.at(1e9), 900.0);
}

TEST(TemperatureRamp, WithoutTimesIsSpreadOverTheRun) {
  ThermostatConfig config;
  config.temperature = {300.0, 500.0, 100.0};
  const TemperatureRamp ramp(config, 1000.0);
  EXPECT_DOUBLE_EQ(ramp.at(250.0), 400.0);
  EXPECT_DOUBLE_EQ(ramp.at(750.0), 300.0);
  EXPECT_EQ(ramp.at(1000.0), 100.0);
  EXPECT_THROW(TemperatureRamp(config, 0.0), ConfigError);
}

TEST(SumOfSquares, HasTheMomentsOfChiSquare) {
  const int draws = 20000;
  for (const std::int64_t count : {1, 2, 3, 50, 645}) {
    double sum = 0.0, square = 0.0;
    for (int k = 0; k < draws; ++k) {
      const double x = sum_of_squares(count, 4, k) - double(count);
      sum += x;
      square += x * x;
    }
    const double variance = 2.0 * double(count);
    EXPECT_NEAR(sum / draws, 0.0, 4.0 * std::sqrt(variance / draws));
    // Fourth central moment of χ²: 12 n (n + 4).
    const double fourth = 12.0 * double(count) * (double(count) + 4.0);
    EXPECT_NEAR(square / draws, variance, 4.0 * std::sqrt((fourth - variance * variance) / draws));
  }
  EXPECT_EQ(sum_of_squares(0, 4, 1), 0.0);
}

// Without memory (keep = 0) the new kinetic energy is a canonical one at once, whatever it was before.
TEST(BussiFactor, WithoutMemoryDrawsACanonicalEnergy) {
  const int draws = 20000;
  const std::int64_t freedom = 30;
  const double target = 2.5;
  double sum = 0.0, square = 0.0;
  for (int k = 0; k < draws; ++k) {
    const double factor = bussi_factor(17.0, target, freedom, 0.0, 8, k);
    const double x = factor * factor * 17.0 - target;
    sum += x;
    square += x * x;
  }
  const double variance = 2.0 * target * target / double(freedom);
  EXPECT_NEAR(sum / draws, 0.0, 4.0 * std::sqrt(variance / draws));
  // Fourth central moment of χ² of n degrees: 12 n (n + 4), scaled.
  const double n = double(freedom), fourth = 12.0 * n * (n + 4.0) * std::pow(target / n, 4);
  EXPECT_NEAR(square / draws, variance, 4.0 * std::sqrt((fourth - variance * variance) / draws));
}

// Eq. (A7) averaged over the noise: K → keep K + (1 − keep) K̄.
TEST(BussiFactor, RelaxesTheMeanEnergyExponentially) {
  const int draws = 40000;
  double sum = 0.0, square = 0.0;
  for (int k = 0; k < draws; ++k) {
    const double ratio = std::pow(bussi_factor(4.0, 1.0, 9, 0.7, 3, k), 2);
    sum += ratio;
    square += ratio * ratio;
  }
  const double mean = sum / draws, error = std::sqrt((square / draws - mean * mean) / draws);
  EXPECT_NEAR(4.0 * mean, 0.7 * 4.0 + 0.3 * 1.0, 4.0 * 4.0 * error);
}

TEST(BussiFactor, LeavesAtomsAtRestAndAFullMemoryAlone) {
  EXPECT_EQ(bussi_factor(0.0, 1.0, 30, 0.5, 1, 1), 1.0);
  EXPECT_DOUBLE_EQ(bussi_factor(2.0, 1.0, 30, 1.0, 1, 1), 1.0);
}

TEST(Thermostats, AnUnknownNameListsTheKnownOnes) {
  try {
    thermostats().at("langevn");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'langevin'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace locum::md
