// Electrons scattered by one atom: the form factor f(k), and what follows from it in closed form.
//
// Both parametrisations are sums of
//   p / (k² + b),   q / (k² + b)²   and   c exp(−d k²),
// Lobato & Van Dyck, Acta Cryst. A70, 636 (2014), equation 16: five terms A (2 + B k²) / (1 + B k²)², that is
// b = 1/B, p = A/B, q = A/B²; Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., appendix C: three
// Lorentzians and three Gaussians. k is in cycles per Å (no 2π), f in Å.
#pragma once

#include <string>
#include <vector>

namespace locum::imaging {

enum class Parametrization { lobato, kirkland };

// The names an input may use.
const std::vector<std::string>& parametrization_names();
Parametrization parametrization(const std::string& name);  // throws ConfigError with the nearest known name

struct ScatteringTerms {
  int lorentzians = 0, gaussians = 0;
  double p[5] = {}, q[5] = {}, b[5] = {};  // Å⁻¹, Å⁻³, Å⁻²
  double c[3] = {}, d[3] = {};             // Å, Å²
};

// Throws ConfigError for an element without coefficients (1 … 103, hydrogen to lawrencium, have them).
ScatteringTerms scattering_terms(Parametrization kind, int atomic_number);

// f(k), Å, at spatial frequency k, Å⁻¹.
double scattering_factor(const ScatteringTerms& atom, double k);

// The atom's potential, V, at distance r > 0, Å: 47.878 V·Å² times the three-dimensional transform of f,
//   p π exp(−2π√b r) / r + q π² exp(−2π√b r) / √b + c (π/d)^{3/2} exp(−π² r² / d).
double atomic_potential(const ScatteringTerms& atom, double r);

// What of the form factor lies deeper than z ≥ 0 below the atom: ∫_z^∞ g(k, z') dz', where g is the transform of f
// along the beam only, k the frequency across it. Å; f(k) / 2 at z = 0. With κ = √(k² + b), a = 2πκ:
//   p e^{−az} / 2κ² + q (2 + az) e^{−az} / 4κ⁴ + c e^{−dk²} erfc(πz/√d) / 2.
double depth_tail(const ScatteringTerms& atom, double k, double z);

}  // namespace locum::imaging
