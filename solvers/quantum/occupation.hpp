// Fermi–Dirac occupation of one-electron levels, two electrons in each, and the free energy of Mermin:
// N. D. Mermin, Phys. Rev. 137, A1441 (1965).
//
//   f = 1 / (1 + exp((ε − μ) / kT))     2 Σ w f = N     A = 2 Σ w f ε + 2 kT Σ w [f ln f + (1 − f) ln(1 − f)]
//
// A is stationary in f, so that its gradient needs no derivative of f or μ.
#pragma once

#include <vector>

namespace locum::quantum {

struct Occupation {
  double chemical_potential = 0.0;     // μ, eV
  std::vector<double> filling;         // f of each level, 0 … 1
  std::vector<double> entropy_energy;  // −T s of each level, both spins, without its weight; ≤ 0, eV
  double band_energy = 0.0;            // 2 Σ w f ε, eV
  double free_energy = 0.0;            // A, eV
};

// energies: eV, in any order; weights: of the k-point of each level, summing to the number of levels at one k-point.
// electrons: N. thermal_energy: kT, eV; zero fills from below and shares the last electrons among levels that are
// equal within 1e-8 eV. Throws NumericalError when there is no room for the electrons, or an energy is not finite.
Occupation occupy(const std::vector<double>& energies, const std::vector<double>& weights, double electrons,
                  double thermal_energy);

}  // namespace locum::quantum
