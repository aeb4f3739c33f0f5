#include "solvers/imaging/potential/scattering.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/potential/scattering_tables.hpp"

namespace locum::imaging {

using units::pi;

const std::vector<std::string>& parametrization_names() {
  static const std::vector<std::string> names = {"lobato", "kirkland"};
  return names;
}

Parametrization parametrization(const std::string& name) {
  const auto& names = parametrization_names();
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] == name) return static_cast<Parametrization>(k);
  const std::string nearest = nearest_word(name, names);
  throw ConfigError(fmt::format("there is no parametrization '{}' of scattering factors", name), "parametrization",
                    nearest.empty() ? "known: lobato, kirkland" : fmt::format("did you mean '{}'?", nearest));
}

ScatteringTerms scattering_terms(Parametrization kind, int atomic_number) {
  if (atomic_number < 1 || atomic_number > elements_with_coefficients)
    throw ConfigError(fmt::format("there are no scattering factors for atomic number {}, 1 (H) … {} (Lr) was expected",
                                  atomic_number, elements_with_coefficients),
                      "scattering factors", "every atom of the specimen needs its element");
  ScatteringTerms atom;
  if (kind == Parametrization::lobato) {
    const auto& row = lobato_table[atomic_number - 1];
    atom.lorentzians = 5;
    for (int t = 0; t < 5; ++t) {
      atom.b[t] = 1.0 / row.b[t];
      atom.p[t] = row.a[t] / row.b[t];
      atom.q[t] = row.a[t] / (row.b[t] * row.b[t]);
    }
    return atom;
  }
  const auto& row = kirkland_table[atomic_number - 1];
  atom.lorentzians = atom.gaussians = 3;
  for (int t = 0; t < 3; ++t) {
    atom.p[t] = row.a[t];
    atom.b[t] = row.b[t];
    atom.c[t] = row.c[t];
    atom.d[t] = row.d[t];
  }
  return atom;
}

double scattering_factor(const ScatteringTerms& atom, double k) {
  double f = 0.0;
  for (int t = 0; t < atom.lorentzians; ++t) {
    const double lorentzian = 1.0 / (k * k + atom.b[t]);
    f += (atom.p[t] + atom.q[t] * lorentzian) * lorentzian;
  }
  for (int t = 0; t < atom.gaussians; ++t) f += atom.c[t] * std::exp(-atom.d[t] * k * k);
  return f;
}

double atomic_potential(const ScatteringTerms& atom, double r) {
  double v = 0.0;
  for (int t = 0; t < atom.lorentzians; ++t) {
    const double root = std::sqrt(atom.b[t]);
    v += pi * std::exp(-2.0 * pi * root * r) * (atom.p[t] / r + atom.q[t] * pi / root);
  }
  for (int t = 0; t < atom.gaussians; ++t)
    v += atom.c[t] * std::pow(pi / atom.d[t], 1.5) * std::exp(-pi * pi * r * r / atom.d[t]);
  return potential_constant() * v;
}

double depth_tail(const ScatteringTerms& atom, double k, double z) {
  double tail = 0.0;
  for (int t = 0; t < atom.lorentzians; ++t) {
    const double kappa2 = k * k + atom.b[t], az = 2.0 * pi * std::sqrt(kappa2) * z;
    tail += std::exp(-az) * (atom.p[t] / (2.0 * kappa2) + atom.q[t] * (2.0 + az) / (4.0 * kappa2 * kappa2));
  }
  for (int t = 0; t < atom.gaussians; ++t)
    tail += 0.5 * atom.c[t] * std::exp(-atom.d[t] * k * k) * std::erfc(pi * z / std::sqrt(atom.d[t]));
  return tail;
}

}  // namespace locum::imaging
