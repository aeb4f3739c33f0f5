// What is known of a probe, imposed after every sweep that refines it.
#pragma once

#include <complex>
#include <vector>

#include "solvers/imaging/ptychography/ptychography_fields.hpp"

namespace locum::imaging {

// Support, power and orthogonal modes as the configuration asks; does nothing while the probe is not refined.
void constrain_probe(PtychographyFields& fields, int sweep);

// Radius about the window's middle beyond which the probe is kept dark, pixels; 0: none.
double support_radius(const PtychographyFields& fields);
KOKKOS_INLINE_FUNCTION bool within_support(int x, int y, int nx, int ny, double radius) {
  const double dx = x - 0.5 * nx, dy = y - 0.5 * ny;
  return dx * dx + dy * dy <= radius * radius;
}

// Modes (modes, pixels) that are orthogonal, the strongest first, with the same Σ_m P_m(r) P_m*(r'): eigenvectors of
// their Gram matrix (Thibault and Menzel, Nature 494 (2013) 68).
void orthogonalise(std::vector<std::complex<float>>& probe, int modes);

}  // namespace locum::imaging
