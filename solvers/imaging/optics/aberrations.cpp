#include "solvers/imaging/optics/aberrations.hpp"

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double angstrom_per_mm = 1e7;
constexpr double rad_per_degree = units::pi / 180.0;

using Config = AberrationsConfig;
using Member = double Config::*;

// One list for reading, checking and using: the pairs of magnitude and azimuth.
struct Entry {
  int n, m;
  const char* name;
  const char* angle_name;
  const char* help;
  Member magnitude, angle;
};
constexpr Entry entries[] = {
    {1, 2, "C12", "phi12", "twofold astigmatism", &Config::C12, &Config::phi12},
    {2, 1, "C21", "phi21", "axial coma", &Config::C21, &Config::phi21},
    {2, 3, "C23", "phi23", "threefold astigmatism", &Config::C23, &Config::phi23},
    {3, 2, "C32", "phi32", "axial star aberration", &Config::C32, &Config::phi32},
    {3, 4, "C34", "phi34", "fourfold astigmatism", &Config::C34, &Config::phi34},
    {4, 1, "C41", "phi41", "axial coma of fourth order", &Config::C41, &Config::phi41},
    {4, 3, "C43", "phi43", "three-lobe aberration", &Config::C43, &Config::phi43},
    {4, 5, "C45", "phi45", "fivefold astigmatism", &Config::C45, &Config::phi45},
    {5, 0, "C50", nullptr, "spherical aberration of fifth order", &Config::C50, nullptr},
    {5, 2, "C52", "phi52", "axial star aberration of fifth order", &Config::C52, &Config::phi52},
    {5, 4, "C54", "phi54", "rosette aberration", &Config::C54, &Config::phi54},
    {5, 6, "C56", "phi56", "sixfold astigmatism", &Config::C56, &Config::phi56},
};
constexpr double largest_defocus = 1e7, largest_Cs = 1e3, largest = 1e12;  // Å, mm, Å

}  // namespace

void AberrationsConfig::visit(ConfigVisitor& v) {
  v.value({"defocus",
           "Angstrom",
           "positive: underfocus, crossover behind the entrance surface (C10 = -defocus)",
           {-largest_defocus, largest_defocus}},
          defocus);
  v.value({"scherzer", "", "take the defocus sqrt(1.5 Cs lambda); leave defocus at 0 then"}, scherzer);
  v.value({"Cs", "mm", "spherical aberration of third order, C30", {-largest_Cs, largest_Cs}}, Cs);
  for (const auto& e : entries) {
    v.value({e.name, "Angstrom", e.help, {-largest, largest}}, this->*e.magnitude);
    if (e.angle)
      v.value({e.angle_name, "degree", std::string("azimuth of ") + e.name, {-360.0, 360.0}}, this->*e.angle);
  }
}

void AberrationsConfig::validate() const {
  if (!(std::abs(defocus) <= largest_defocus))
    throw ConfigError("the defocus is " + std::to_string(defocus) + " Å, −1e7 … 1e7 Å was expected",
                      "aberrations.defocus");
  if (!(std::abs(Cs) <= largest_Cs))
    throw ConfigError("Cs is " + std::to_string(Cs) + " mm, −1000 … 1000 mm was expected", "aberrations.Cs",
                      "Cs is in mm: 1 Å is 1e-7 mm");
  if (scherzer && (defocus != 0.0 || Cs == 0.0))
    throw ConfigError("the Scherzer defocus was asked for with a defocus of " + std::to_string(defocus) +
                          " Å and a Cs of " + std::to_string(Cs) + " mm, 0 Å and another Cs than 0 were expected",
                      "aberrations.scherzer", "give defocus, or scherzer with Cs");
  for (const auto& e : entries) {
    if (!(std::abs(this->*e.magnitude) <= largest))
      throw ConfigError(std::string(e.name) + " is " + std::to_string(this->*e.magnitude) + " Å, a number was expected",
                        std::string("aberrations.") + e.name);
    if (e.angle && !(std::abs(this->*e.angle) <= 360.0))
      throw ConfigError(
          std::string(e.angle_name) + " is " + std::to_string(this->*e.angle) + " degrees, −360 … 360 was expected",
          std::string("aberrations.") + e.angle_name);
  }
}

double scherzer_defocus(double Cs, double energy) {
  return std::copysign(std::sqrt(1.5 * std::abs(Cs) * wavelength(energy)), Cs);
}

Aberrations::Aberrations(const AberrationsConfig& config, double energy, double focus) : lambda_(wavelength(energy)) {
  config.validate();
  const double C30 = config.Cs * angstrom_per_mm;
  const double defocus = focus + (config.scherzer ? scherzer_defocus(C30, energy) : config.defocus);
  if (defocus != 0.0) terms_.push_back({1, 0, -defocus, 0.0});
  if (C30 != 0.0) terms_.push_back({3, 0, C30, 0.0});
  for (const auto& e : entries)
    if (config.*e.magnitude != 0.0)
      terms_.push_back({e.n, e.m, config.*e.magnitude, e.angle ? config.*e.angle * rad_per_degree : 0.0});
}

double Aberrations::defocus() const {
  for (const auto& t : terms_)
    if (t.n == 1 && t.m == 0) return -t.magnitude;
  return 0.0;
}

double Aberrations::phase(double kx, double ky) const {
  const double alpha = lambda_ * std::hypot(kx, ky), phi = std::atan2(ky, kx);
  double sum = 0.0;
  for (const auto& t : terms_)
    sum += t.magnitude * std::pow(alpha, t.n + 1) / (t.n + 1) * std::cos(t.m * (phi - t.angle));
  return 2.0 * units::pi / lambda_ * sum;
}

// With k = α/λ, ∇_k χ / 2π is the gradient of Σ C α^(n+1)/(n+1) cos m(φ − φ_nm) by the angle: radial part C α^n cos,
// azimuthal part −C α^n m/(n+1) sin.
Aberrations::Vector Aberrations::ray(double kx, double ky) const {
  const double alpha = lambda_ * std::hypot(kx, ky), phi = std::atan2(ky, kx);
  double radial = 0.0, azimuthal = 0.0;
  for (const auto& t : terms_) {
    const double strength = t.magnitude * std::pow(alpha, t.n), angle = t.m * (phi - t.angle);
    radial += strength * std::cos(angle);
    azimuthal -= strength * t.m / (t.n + 1.0) * std::sin(angle);
  }
  return {radial * std::cos(phi) - azimuthal * std::sin(phi), radial * std::sin(phi) + azimuthal * std::cos(phi)};
}

}  // namespace locum::imaging
