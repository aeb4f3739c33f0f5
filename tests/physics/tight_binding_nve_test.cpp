// Without a thermostat the energy stays: velocity Verlet with forces that are exact gradients drifts only by rounding.
#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "solvers/md/simulation.hpp"
#include "solvers/quantum/tight_binding.hpp"

namespace locum {
namespace {

// Slope of the straight line through (x, y) by least squares.
double slope_of(const std::vector<double>& x, const std::vector<double>& y) {
  double mean_x = 0.0, mean_y = 0.0, covariance = 0.0, variance = 0.0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    mean_x += x[k] / static_cast<double>(x.size());
    mean_y += y[k] / static_cast<double>(x.size());
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    covariance += (x[k] - mean_x) * (y[k] - mean_y);
    variance += (x[k] - mean_x) * (x[k] - mean_x);
  }
  return covariance / variance;
}

TEST(TightBindingDynamics, EnergyDriftsByLessThanTenMicroelectronvoltsPerAtomAndPicosecond) {
  const Context context;
  quantum::TightBinding step(context, quantum::TightBindingConfig{});
  md::StructureConfig structure;
  structure.lattice_constant = 5.4455;
  structure.replicate = {2, 2, 2};
  md::MdConfig config;
  config.timestep = 1.0;
  config.initial_temperature = 600.0;  // of the perfect lattice: half of it goes into displacements, 300 K stay
  md::Simulation simulation(context, config, md::make_structure(structure, 1), step.cutoff(), step);
  simulation.initialize();
  // 1.5 ps after 0.5 ps in which the motions mix. The total energy oscillates by some 1e-5 eV/atom (the integrator's
  // shadow energy is what is constant); over 1.5 ps, dozens of oscillations, that leaves the slope known to 1e-6.
  std::vector<double> time, energy;
  double temperature = 0.0;
  for (int n = 0; n < 2000; ++n) {
    simulation.advance();
    if (n < 500) continue;
    time.push_back(1e-3 * simulation.time());
    energy.push_back((simulation.potential_energy() + simulation.kinetic_energy()) / 64.0);
    temperature += simulation.temperature() / 1500.0;
  }
  const double drift = slope_of(time, energy);
  double spread = 0.0;
  for (const double e : energy) spread = std::max(spread, std::abs(e - energy.front()));
  std::printf("drift %.2e eV/atom/ps at %.0f K, largest departure %.2e eV/atom\n", drift, temperature, spread);
  EXPECT_NEAR(temperature, 300.0, 60.0);  // one trajectory of 64 atoms
  EXPECT_LT(std::abs(drift), 1e-5);
}

}  // namespace
}  // namespace locum
