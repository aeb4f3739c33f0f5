#include "solvers/md/thermostat.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::md {
namespace {

// The bath as a whole draws under an id that no atom has.
constexpr std::uint64_t bath = 0xFFFFFFFFFFFFull;

class NoThermostat final : public Thermostat {
 public:
  bool conserves_momentum() const override { return true; }
};

class Langevin final : public Thermostat {
 public:
  explicit Langevin(const ThermostatSetup& setup) : setup_(setup) {}
  bool conserves_momentum() const override { return false; }
  OrnsteinUhlenbeck middle(double time, std::int64_t timestep) const override {
    return {true, std::exp(-setup_.config.friction * setup_.timestep), units::boltzmann * setup_.ramp.at(time),
            setup_.seed, timestep};
  }

 private:
  ThermostatSetup setup_;
};

class Bussi final : public Thermostat {
 public:
  explicit Bussi(const ThermostatSetup& setup) : setup_(setup) {}
  bool conserves_momentum() const override { return true; }
  double end(double time, std::int64_t timestep, double kinetic, std::int64_t degrees_of_freedom) const override {
    const double target = 0.5 * double(degrees_of_freedom) * units::boltzmann * setup_.ramp.at(time);
    const double keep = std::exp(-setup_.timestep / setup_.config.time_constant);
    return bussi_factor(kinetic, target, degrees_of_freedom, keep, setup_.seed, timestep);
  }

 private:
  ThermostatSetup setup_;
};

template <class T>
std::unique_ptr<Thermostat> make(const ThermostatSetup& setup) {
  if constexpr (std::is_same_v<T, NoThermostat>)
    return std::make_unique<T>();
  else
    return std::make_unique<T>(setup);
}

}  // namespace

const Registry<ThermostatFactory>& thermostats() {
  static const auto known = [] {
    Registry<ThermostatFactory> registry("thermostat");
    registry.add("none", &make<NoThermostat>);
    registry.add("langevin", &make<Langevin>);
    registry.add("bussi", &make<Bussi>);
    return registry;
  }();
  return known;
}

void ThermostatConfig::visit(ConfigVisitor& v) {
  v.value(
      {"kind", "", "none (NVE), langevin (BAOAB) or bussi (stochastic velocity rescaling)", {}, thermostats().names()},
      kind);
  v.value({"temperature", "K", "one temperature, or several for a piecewise linear ramp", {0.0, 1e5}}, temperature);
  v.value({"time", "fs", "time of each temperature; empty: spread evenly over the run", {0.0, 1e12}}, time);
  v.value({"friction", "1/fs", "friction coefficient of langevin", {1e-7, 10.0}}, friction);
  v.value({"time_constant", "fs", "relaxation time of bussi", {1e-3, 1e7}}, time_constant);
}

void ThermostatConfig::validate() const {
  thermostats().at(kind);
  if (temperature.empty()) throw ConfigError("thermostat.temperature is empty, at least one number was expected");
  for (const double t : temperature)
    if (!(t >= 0.0 && t <= 1e5))
      throw ConfigError("thermostat.temperature holds " + std::to_string(t) + " K, 0 … 100000 K was expected");
  if (!time.empty() && time.size() != temperature.size())
    throw ConfigError("thermostat.time has " + std::to_string(time.size()) + " numbers, thermostat.temperature has " +
                          std::to_string(temperature.size()),
                      "", "give one time (fs) for each temperature, or none");
  for (std::size_t k = 1; k < time.size(); ++k)
    if (!(time[k] > time[k - 1]))
      throw ConfigError("thermostat.time goes from " + std::to_string(time[k - 1]) + " to " + std::to_string(time[k]) +
                        " fs, rising times were expected");
  if (!(friction > 0.0))
    throw ConfigError("thermostat.friction is " + std::to_string(friction) + ", above 0 was expected");
  if (!(time_constant > 0.0))
    throw ConfigError("thermostat.time_constant is " + std::to_string(time_constant) + " fs, above 0 was expected");
}

TemperatureRamp::TemperatureRamp(const ThermostatConfig& config, double duration)
    : time_(config.time), temperature_(config.temperature) {
  const std::size_t n = temperature_.size();
  if (!time_.empty() || n == 1) return;
  if (!(duration > 0.0))
    throw ConfigError("a ramp of " + std::to_string(n) + " temperatures was asked for over a run of no length", "",
                      "set md.timesteps, or give thermostat.time");
  for (std::size_t k = 0; k < n; ++k) time_.push_back(duration * double(k) / double(n - 1));
}

double TemperatureRamp::at(double time) const {
  if (time_.size() < 2 || time <= time_.front()) return temperature_.front();
  if (time >= time_.back()) return temperature_.back();
  const auto k = std::upper_bound(time_.begin(), time_.end(), time) - time_.begin();
  const double share = (time - time_[k - 1]) / (time_[k] - time_[k - 1]);
  return temperature_[k - 1] + share * (temperature_[k] - temperature_[k - 1]);
}

double sum_of_squares(std::int64_t count, std::uint64_t seed, std::int64_t timestep) {
  if (count <= 0) return 0.0;
  // Gamma numbers of shape a ≥ 1 by Marsaglia and Tsang, ACM Trans. Math. Softw. 26, 363 (2000); a = ½ is one square.
  std::uint32_t draw = 1;  // draw 0 is the caller's
  const auto normal = [&] {
    return random::normal_pair(seed, random::Stream::thermostat, bath, timestep, draw++).first;
  };
  if (count == 1) return std::pow(normal(), 2);
  const double d = 0.5 * double(count) - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = normal(), v = std::pow(1.0 + c * x, 3);
    if (v <= 0.0) continue;
    const double u = random::uniform(seed, random::Stream::thermostat, bath, timestep, draw++);
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return 2.0 * d * v;
  }
}

double bussi_factor(double kinetic, double target, std::int64_t degrees_of_freedom, double keep, std::uint64_t seed,
                    std::int64_t timestep) {
  if (!(kinetic > 0.0) || degrees_of_freedom < 1) return 1.0;  // nothing moves: there is nothing to scale
  const double r1 = random::normal_pair(seed, random::Stream::thermostat, bath, timestep, 0).first;
  const double others = sum_of_squares(degrees_of_freedom - 1, seed, timestep);
  const double share = (1.0 - keep) * target / (double(degrees_of_freedom) * kinetic);
  const double squared = keep + share * (r1 * r1 + others) + 2.0 * r1 * std::sqrt(share * keep);
  // (√keep + r1 √share)² + share · others: never negative but for rounding.
  const double factor = std::sqrt(std::max(squared, 0.0));
  return share > 0.0 && r1 + std::sqrt(keep / share) < 0.0 ? -factor : factor;
}

}  // namespace locum::md
