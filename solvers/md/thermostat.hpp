// Heat baths: none, Langevin, and stochastic velocity rescaling, with a temperature that may be ramped.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/registry.hpp"
#include "solvers/md/integrator.hpp"

namespace locum::md {

struct ThermostatConfig {
  std::string kind = "none";
  std::vector<double> temperature = {300.0};  // K: one, or several for a ramp
  std::vector<double> time = {};              // fs, of each temperature; empty: spread evenly over the run
  double friction = 0.01;                     // 1/fs, Langevin
  double time_constant = 100.0;               // fs, Bussi

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Piecewise linear in time, constant before the first and after the last point.
class TemperatureRamp {
 public:
  // duration: of the run, fs, for temperatures that come without times.
  TemperatureRamp(const ThermostatConfig& config, double duration);
  double at(double time) const;  // fs → K

 private:
  std::vector<double> time_, temperature_;
};

// A thermostat acts at one or both of two places of a timestep; by default at neither.
class Thermostat {
 public:
  virtual ~Thermostat() = default;
  virtual bool conserves_momentum() const = 0;
  // Between the half drifts of a timestep that ends at `time`, fs, with number `timestep`.
  virtual OrnsteinUhlenbeck middle(double, std::int64_t) const { return {}; }
  // Factor of all velocities at the end of that timestep; kinetic: eV, of all ranks.
  virtual double end(double /*time*/, std::int64_t /*timestep*/, double /*kinetic*/,
                     std::int64_t /*degrees_of_freedom*/) const {
    return 1.0;
  }
};

struct ThermostatSetup {
  ThermostatConfig config;
  TemperatureRamp ramp;
  double timestep;  // fs
  std::uint64_t seed;
};
using ThermostatFactory = std::unique_ptr<Thermostat> (*)(const ThermostatSetup&);
const Registry<ThermostatFactory>& thermostats();

// The new kinetic energy over the old, after one timestep of stochastic velocity rescaling: α² of Bussi, Donadio and
// Parrinello, J. Chem. Phys. 126, 014101 (2007), eq. (A7), signed like α, eq. (A8). kinetic, target: eV; keep:
// exp(−Δt/τ).
double bussi_factor(double kinetic, double target, std::int64_t degrees_of_freedom, double keep, std::uint64_t seed,
                    std::int64_t timestep);

// Sum of the squares of `count` independent normal numbers, in the same distribution: 2 Γ(count / 2).
double sum_of_squares(std::int64_t count, std::uint64_t seed, std::int64_t timestep);

}  // namespace locum::md
