#include "solvers/imaging/electron.hpp"

#include <cmath>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

// CODATA 2018; the first three are exact.
constexpr double planck = 6.62607015e-34;       // J s
constexpr double charge = 1.602176634e-19;      // C
constexpr double light = 299792458.0;           // m/s
constexpr double rest_mass = 9.1093837015e-31;  // kg
constexpr double pi = 3.14159265358979323846;
constexpr double angstrom = 1e-10;  // m

double checked(double energy) {
  if (!(energy > 0.0 && energy < 1e5))
    throw ConfigError("the beam's energy is " + std::to_string(energy) + " keV, a positive number was expected",
                      "energy", "microscopes have 30 to 300 keV");
  return 1e3 * energy * charge;  // J
}

}  // namespace

double potential_constant() { return planck * planck / (2.0 * pi * rest_mass * charge) / (angstrom * angstrom); }

double wavelength(double energy) {
  const double kinetic = checked(energy), rest = rest_mass * light * light;
  return planck * light / std::sqrt(kinetic * (2.0 * rest + kinetic)) / angstrom;
}

double interaction_parameter(double energy) {
  const double gamma = 1.0 + checked(energy) / (rest_mass * light * light);
  return 2.0 * pi * gamma * rest_mass * charge * wavelength(energy) * angstrom / (planck * planck) * angstrom;
}

}  // namespace locum::imaging
