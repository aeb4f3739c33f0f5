// Thermostats sample the canonical ensemble: mean and variance of the kinetic energy, and of what follows from it.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kokkos_kernels/base/units.hpp"
#include "tests/support/argon.hpp"

namespace locum::md {
namespace {

using test::argon;
using test::LennardJonesStep;

constexpr double temperature = 80.0;  // K

MdConfig bath(const std::string& kind) {
  MdConfig config;
  config.timestep = 3.0;
  config.skin = 1.0;
  config.thermostat.kind = kind;
  config.thermostat.temperature = {temperature};
  config.thermostat.friction = 0.01;
  config.thermostat.time_constant = 50.0;
  return config;
}

// Mean of a correlated series and its standard error, from blocks much longer than the correlation.
struct Estimate {
  double mean, error;
};
Estimate estimate(const std::vector<double>& series, int blocks) {
  const std::size_t length = series.size() / blocks;
  double sum = 0.0, square = 0.0;
  for (int b = 0; b < blocks; ++b) {
    double block = 0.0;
    for (std::size_t k = 0; k < length; ++k) block += series[b * length + k] / double(length);
    sum += block;
    square += block * block;
  }
  const double mean = sum / blocks;
  return {mean, std::sqrt((square / blocks - mean * mean) / (blocks - 1))};
}

class CanonicalEnsemble : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Thermostat, CanonicalEnsemble, ::testing::Values("langevin", "bussi"));

TEST_P(CanonicalEnsemble, KineticEnergyHasItsMeanAndVariance) {
  LennardJonesStep step;
  Context context;
  context.seed = 21;
  Simulation s(context, bath(GetParam()), argon(2), 7.5, step);  // 32 atoms: large fluctuations
  s.initialize();
  for (int k = 0; k < 1000; ++k) s.advance();
  const double n = double(s.degrees_of_freedom()), kt = units::boltzmann * temperature;
  const double mean = 0.5 * n * kt, variance = 0.5 * n * kt * kt;
  std::vector<double> kinetic, square;
  for (int k = 0; k < 30000; ++k) {
    s.advance();
    kinetic.push_back(s.kinetic_energy() / mean);
    square.push_back(std::pow(s.kinetic_energy() - mean, 2) / variance);
  }
  // 30 blocks of 3 ps, 60 relaxation times each; four standard errors, plus the integrator's own (ω Δt)² / 12 ≈ 5e-4.
  const Estimate k = estimate(kinetic, 30), k2 = estimate(square, 30);
  EXPECT_NEAR(k.mean, 1.0, 4.0 * k.error + 5e-4);
  EXPECT_NEAR(k2.mean, 1.0, 4.0 * k2.error + 2e-3);
  // The test can fail: it tells 5 % in temperature, and a variance off by a half.
  EXPECT_LT(k.error, 0.0125);
  EXPECT_LT(k2.error, 0.125);
}

TEST_P(CanonicalEnsemble, ConservedQuantityTakesTheHeatIntoAccount) {
  LennardJonesStep step;
  Context context;
  MdConfig config = bath(GetParam());
  config.thermostat.temperature = {20.0, 80.0};  // heated on the way
  config.timesteps = 2000;
  Simulation s(context, config, argon(3), 7.5, step);
  s.initialize();
  const double energy = s.potential_energy() + s.kinetic_energy(), conserved = s.conserved_quantity();
  EXPECT_EQ(energy, conserved);
  for (int k = 0; k < 2000; ++k) s.advance();
  const double gained = s.potential_energy() + s.kinetic_energy() - energy;
  EXPECT_GT(gained / 108.0, 0.01);                                        // 60 K into 6 quadratic terms: 0.0155 eV
  EXPECT_LT(std::abs(s.conserved_quantity() - conserved) / 108.0, 1e-5);  // 6 ps at 1e-6 eV/atom/ps, and fluctuation
}

TEST(Ramp, TemperatureFollowsItsTarget) {
  for (const char* kind : {"langevin", "bussi"}) {
    LennardJonesStep step;
    MdConfig config = bath(kind);
    config.thermostat.temperature = {20.0, 70.0};
    config.timesteps = 4000;
    Simulation s({}, config, argon(3), 7.5, step);
    s.initialize();
    double late = 0.0;
    for (int k = 0; k < 4000; ++k) {
      s.advance();
      if (k >= 3500) late += s.temperature() / 500.0;
    }
    EXPECT_EQ(s.target_temperature(), 70.0);
    // Target over the last eighth: 66.9 K on average. The temperature of 108 atoms fluctuates by √(2 / 324) ≈ 8 %, of
    // which 1.5 ps average some 15 independent values: 2 % or 1.4 K; it lags by at most 50 K / 12 ps · 0.1 ps = 0.4 K.
    EXPECT_NEAR(late, 66.9, 4.0 * 1.4 + 0.4) << kind;
  }
}

}  // namespace
}  // namespace locum::md
