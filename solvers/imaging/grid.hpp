// The grid across the beam: a periodic cell, sampled.
//
// Arrays over it have shape (nx, ny), y fastest; element (ix, iy) lies at x = ix lx / nx, y = iy ly / ny. Reciprocal
// arrays are in the order of the fast Fourier transform.
#pragma once

#include <cmath>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::imaging {

struct Grid {
  int nx = 0, ny = 0;         // points
  double lx = 0.0, ly = 0.0;  // Å

  double dx() const { return lx / nx; }
  double dy() const { return ly / ny; }
  // Spatial frequencies, Å⁻¹ (cycles), of the reciprocal array's rows and columns.
  KOKKOS_INLINE_FUNCTION double kx(int ix) const { return (2 * ix < nx ? ix : ix - nx) / lx; }
  KOKKOS_INLINE_FUNCTION double ky(int iy) const { return (2 * iy < ny ? iy : iy - ny) / ly; }
  // The circle that waves and transmission functions keep to, Å⁻¹: two thirds of the smaller Nyquist frequency, so that
  // a product of both, which reaches twice as far, folds back outside of it only (Kirkland, Advanced Computing in
  // Electron Microscopy, 2nd ed., section 6.8).
  double band_limit() const { return std::fmin(nx / lx, ny / ly) / 3.0; }
  // Projected potentials have every frequency of the grid but Nyquist's own, Å⁻¹: this many of each sign along x and y,
  // to this length at most. What lies beyond the band limit still matters inside it, for exp(iσv) is not linear in v: a
  // potential cut at the band limit scatters 10 % too little to high angles from heavy columns.
  int frequencies_x() const { return (nx + 1) / 2; }
  int frequencies_y() const { return (ny + 1) / 2; }
  double largest_frequency() const { return std::hypot((frequencies_x() - 1) / lx, (frequencies_y() - 1) / ly); }
};

}  // namespace locum::imaging
