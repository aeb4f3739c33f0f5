// A form factor taken apart: functions of the frequency across the beam times functions of the depth.
//
// What an atom gives to the slice [z0, z1) is ∫ g(k, z − z_atom) dz over it, where g, the form factor transformed along
// the beam only, has a closed form (scattering.hpp). Its shape in z changes with k: a projection that treats all k
// alike must put the whole atom into one slice. Here
//   ½ f(k) − ∫_z^∞ g(k, z') dz' ≈ Σ_c P_c(k) S_c(z),   Σ_c P_c(k) = f(k),   S_c(±∞) = ±½,
// with S_c the true profile at a few chosen frequencies k_c and P_c the least-squares answer for all others; an atom's
// share of a slice is S_c(z1 − z_atom) − S_c(z0 − z_atom). The k_c are found one after the other, each where the
// expansion is worst (a column-pivoted QR factorisation), until the tolerance holds: four to seven of them. Since the
// shares of one component add up to 1 over all slices, the slices add up to the infinite projection to rounding.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/imaging/potential/scattering.hpp"

namespace locum::imaging {

inline constexpr double on_the_edge = 1e-6;  // Å

// S(z) of one component: odd; T(z) = ½ − S(z) for z ≥ 0 is Σ (alpha + beta z) e^{−rate z} + Σ gamma erfc(slope z).
struct DepthProfile {
  int exponentials = 0, gaussians = 0;
  double alpha[5] = {}, beta[5] = {}, rate[5] = {}, gamma[3] = {}, slope[3] = {};
  double reach = 0.0;  // Å; farther from the atom S is ±½

  KOKKOS_INLINE_FUNCTION double tail(double z) const {
    double t = 0.0;
    for (int k = 0; k < exponentials; ++k) t += (alpha[k] + beta[k] * z) * std::exp(-rate[k] * z);
    for (int k = 0; k < gaussians; ++k) t += gamma[k] * std::erfc(slope[k] * z);
    return t;
  }
  // z: of an edge, seen from the atom. With no reach an atom on the edge, or above it by rounding, is below: planes of
  // atoms on the edges of slices must not part.
  KOKKOS_INLINE_FUNCTION double operator()(double z) const {
    if (z >= reach) return z > on_the_edge ? 0.5 : -0.5;
    if (z <= -reach) return -0.5;
    return z > 0.0 ? 0.5 - tail(z) : tail(-z) - 0.5;
  }
};

class SeparatedFormFactor {
 public:
  // The expansion for frequencies up to `largest` (Å⁻¹). Its error, the largest over z of the root mean square over the
  // plane (∫|…|² k dk) relative to the whole atom's, is at most `tolerance`; NumericalError where that takes more than
  // 16 components.
  SeparatedFormFactor(const ScatteringTerms& atom, double largest, double tolerance);
  // One component without reach: all of an atom lies in the slice of its centre.
  explicit SeparatedFormFactor(const ScatteringTerms& atom);

  const std::vector<DepthProfile>& profiles() const { return profiles_; }
  double error() const { return error_; }    // found on the nodes of the fit
  double reach() const;                      // of the farthest component, Å
  void parts(double k, double* part) const;  // P_c(k), Å, one for each profile

 private:
  ScatteringTerms atom_;
  double spacing_ = 1.0;                   // of the nodes in k, Å⁻¹
  std::vector<std::vector<double>> node_;  // P_c at the nodes, c ≥ 1; P_0 is what is left of f
  std::vector<DepthProfile> profiles_;
  double error_ = 0.0;
};

}  // namespace locum::imaging
