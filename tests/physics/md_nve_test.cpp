// Laws of motion of the integrator, under Lennard-Jones: energy, time reversal, order of the error.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/argon.hpp"

namespace locum::md {
namespace {

using test::argon;
using test::LennardJonesStep;
using test::world_context;

MdConfig nve(double timestep) {
  MdConfig config;
  config.timestep = timestep;
  config.skin = 0.4;
  config.initial_temperature = 120.0;  // half of it goes into the lattice
  return config;
}

TEST(Nve, EnergyDoesNotDrift) {
  LennardJonesStep step;
  Simulation s(world_context(), nve(4.0), argon(4), 7.5, step);
  s.initialize();
  for (int k = 0; k < 250; ++k) s.advance();  // out of the start
  // Slope of a straight line through the energy of 10 ps.
  const int n = 2500;
  double sum_t = 0, sum_tt = 0, sum_e = 0, sum_te = 0;
  for (int k = 0; k < n; ++k) {
    s.advance();
    const double t = s.time() * 1e-3, e = s.conserved_quantity() / 256.0;
    sum_t += t, sum_tt += t * t, sum_e += e, sum_te += t * e;
  }
  const double slope = (n * sum_te - sum_t * sum_e) / (n * sum_tt - sum_t * sum_t);
  // A tenth of the bar for every step (1e-5 eV/atom/ps): what is left for the integrator.
  EXPECT_LT(std::abs(slope), 1e-6) << "eV/atom/ps";
  EXPECT_GT(s.rebuilds(), 10);  // the lists were rebuilt, without a jump in energy
}

double fluctuation(double timestep, int timesteps) {
  LennardJonesStep step;
  Simulation s(world_context(), nve(timestep), argon(4), 7.5, step);
  s.initialize();
  double sum = 0.0, square = 0.0;
  const double start = s.conserved_quantity();
  for (int k = 0; k < timesteps; ++k) {
    s.advance();
    const double e = s.conserved_quantity() - start;
    sum += e;
    square += e * e;
  }
  return std::sqrt(square / timesteps - std::pow(sum / timesteps, 2));
}

TEST(Nve, EnergyFluctuatesWithTheSquareOfTheTimestep) {
  // Both cover the same 600 fs.
  const double ratio = fluctuation(6.0, 100) / fluctuation(3.0, 200);
  EXPECT_NEAR(ratio, 4.0, 0.4);  // the next order is (ω Δt)² ≈ 1e-2 smaller; the sampling differs by half a timestep
}

TEST(Nve, TimeRunsBackwards) {
  LennardJonesStep step;
  const Structure start = argon(4);
  Simulation there(world_context(), nve(4.0), start, 7.5, step);
  there.initialize();
  const auto initial = test::velocities_by_id(there);
  for (int k = 0; k < 100; ++k) there.advance();
  Structure turned = start;
  const auto r = test::positions_by_id(there), v = test::velocities_by_id(there);
  turned.velocity.resize(turned.position.size());
  for (std::size_t i = 0; i < turned.position.size(); ++i) {
    turned.position[i] = {r[3 * i], r[3 * i + 1], r[3 * i + 2]};
    turned.velocity[i] = {-v[3 * i], -v[3 * i + 1], -v[3 * i + 2]};
  }
  Simulation back(world_context(), nve(4.0), turned, 7.5, step);
  back.initialize();
  for (int k = 0; k < 100; ++k) back.advance();
  const auto last = test::positions_by_id(back), velocity = test::velocities_by_id(back);
  const double edge = start.cell.vectors()[0][0];
  // Rounding of 200 timesteps, multiplied by chaos over 400 fs.
  for (std::size_t i = 0; i < start.position.size(); ++i)
    for (int d = 0; d < 3; ++d) {
      EXPECT_NEAR(std::remainder(last[3 * i + d] - start.position[i][d], edge), 0.0, 1e-9);
      EXPECT_NEAR(velocity[3 * i + d], -initial[3 * i + d], 1e-11);
    }
}

TEST(Nve, TemperatureStartsWhereItWasAskedFor) {
  LennardJonesStep step;
  Simulation s(world_context(), nve(4.0), argon(4), 7.5, step);
  s.initialize();
  EXPECT_NEAR(s.temperature(), 120.0, 1e-9);
  EXPECT_EQ(s.degrees_of_freedom(), 3 * 256 - 3);
}

}  // namespace
}  // namespace locum::md
