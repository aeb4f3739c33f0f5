// A repulsive core for distances where no data is: the universal potential of Ziegler, Biersack and Littmark (The
// Stopping and Range of Ions in Solids, 1985), switched off smoothly between two radii, so that value, slope and
// curvature vanish at the outer one. Zero beyond it, so that the fit hardly sees it.
#pragma once

#include <cmath>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::potential {

struct CoreValue {
  double energy, derivative;  // eV, eV/Å
};

// r > 0, Å; z1, z2: atomic numbers.
KOKKOS_INLINE_FUNCTION CoreValue core(double r, int z1, int z2, double inner, double outer) {
  if (r >= outer) return {0.0, 0.0};
  const double a = 0.46850 / (std::pow(double(z1), 0.23) + std::pow(double(z2), 0.23));  // 0.8854 Bohr radii, Å
  const double strength = 14.3996454 * z1 * z2;                                          // e²/4πε₀, eV Å
  const double coefficient[4] = {0.18175, 0.50986, 0.28022, 0.02817}, rate[4] = {3.19980, 0.94229, 0.40290, 0.20162};
  double phi = 0.0, dphi = 0.0;
  for (int k = 0; k < 4; ++k) {
    const double e = coefficient[k] * std::exp(-rate[k] * r / a);
    phi += e;
    dphi -= rate[k] / a * e;
  }
  const double v = strength * phi / r, dv = strength * (dphi - phi / r) / r;
  if (r <= inner) return {v, dv};
  const double t = (r - inner) / (outer - inner);
  const double s = 1.0 - t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
  const double ds = -30.0 * t * t * (1.0 - t) * (1.0 - t) / (outer - inner);
  return {v * s, dv * s + v * ds};
}

}  // namespace locum::potential
