#include "solvers/imaging/specimen/thermal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {
namespace {

using units::pi;

const std::vector<std::string>& quantities() {
  static const std::vector<std::string> names = {"rms_displacement", "u_iso", "b_iso"};
  return names;
}

double rms_from(const std::string& quantity, double value) {
  if (quantity == "u_iso") return rms_from_u_iso(value);
  if (quantity == "b_iso") return rms_from_b(value);
  return value;
}

double wrapped(double x, double length) {
  const double inside = x - length * std::floor(x / length);
  return inside >= length || inside < 0.0 ? 0.0 : inside;  // −1e-20 rounds to `length`
}

}  // namespace

double rms_from_b(double b) { return std::sqrt(b / (8.0 * pi * pi)); }
double b_from_rms(double rms) { return 8.0 * pi * pi * rms * rms; }
double rms_from_u_iso(double u) { return std::sqrt(u); }
double u_iso_from_rms(double rms) { return rms * rms; }

void ThermalConfig::visit(ConfigVisitor& v) {
  v.value({"quantity",
           "",
           "what the values are, along one axis: rms_displacement (Angstrom), u_iso (Angstrom^2) or "
           "b_iso = 8 pi^2 u_iso (Angstrom^2)",
           {},
           quantities()},
          quantity);
  v.value({"elements", "", "symbols of the elements that swing; empty: the specimen's own displacements"}, elements);
  v.value({"values", "Angstrom or Angstrom^2", "one for each element", {0.0, 100.0}}, values);
}

void ThermalConfig::validate() const {
  if (std::find(quantities().begin(), quantities().end(), quantity) == quantities().end())
    throw ConfigError(fmt::format("there is no thermal quantity '{}'", quantity), "thermal.quantity",
                      "known: rms_displacement, u_iso, b_iso");
  if (elements.size() != values.size())
    throw ConfigError(fmt::format("{} elements have {} values, one each was expected", elements.size(), values.size()),
                      "thermal");
  for (std::size_t k = 0; k < elements.size(); ++k) {
    const double rms = rms_from(quantity, values[k]);
    atomic_number(elements[k]);
    if (!(rms >= 0.0 && rms <= 1.0))
      throw ConfigError(fmt::format("{} of {} is {}, a displacement of {:.3g} Å along each axis; 0 … 1 Å was expected",
                                    quantity, elements[k], values[k], rms),
                        "thermal.values", "is the quantity right? silicon at 300 K: 0.076 Å, u_iso 0.0058, b_iso 0.46");
  }
}

void set_rms_displacement(Specimen& specimen, const ThermalConfig& config) {
  config.validate();
  if (config.elements.empty()) return;
  std::vector<double> of_element(256, -1.0);
  for (std::size_t k = 0; k < config.elements.size(); ++k)
    of_element[static_cast<std::size_t>(atomic_number(config.elements[k]))] =
        rms_from(config.quantity, config.values[k]);
  const bool had = specimen.rms_displacement.size() == specimen.position.size();
  std::vector<double> rms(specimen.position.size());
  for (std::size_t i = 0; i < rms.size(); ++i) {
    const std::string symbol = element_symbol(specimen.atomic_number[i]);
    const double listed = of_element[static_cast<std::size_t>(specimen.atomic_number[i])];
    if (listed < 0.0 && !had)
      throw ConfigError(fmt::format("{}, of atom {}, has no thermal displacement", symbol, i), "thermal.elements",
                        fmt::format("list {} with its value, 0 to keep it still", symbol));
    rms[i] = listed < 0.0 ? specimen.rms_displacement[i] : listed;
  }
  specimen.rms_displacement = std::move(rms);
}

Specimen displaced(const Specimen& specimen, std::uint64_t seed, std::int64_t configuration) {
  const std::size_t n = specimen.position.size();
  if (specimen.rms_displacement.size() != n)
    throw ConfigError(fmt::format("{} atoms have {} thermal displacements, one each was expected", n,
                                  specimen.rms_displacement.size()),
                      "thermal",
                      "give them by element (thermal.elements, thermal.values), or take frames of a trajectory");
  Specimen snapshot = specimen;
  const auto when = static_cast<std::uint64_t>(configuration);
  for (std::size_t i = 0; i < n; ++i) {
    const auto xy = random::normal_pair(seed, random::Stream::displacement, i, when, 0);
    const auto z = random::normal_pair(seed, random::Stream::displacement, i, when, 1);
    snapshot.position[i] = specimen.position[i] + specimen.rms_displacement[i] * Vec3{xy.first, xy.second, z.first};
  }
  wrap_across(snapshot);
  return snapshot;
}

void wrap_across(Specimen& specimen) {
  for (Vec3& r : specimen.position) {
    r.x = wrapped(r.x, specimen.lx);
    r.y = wrapped(r.y, specimen.ly);
  }
}

}  // namespace locum::imaging
