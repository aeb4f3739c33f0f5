// An object that is displaced by a smooth field.
#pragma once

#include <array>

#include "solvers/api/ptychography.hpp"
#include "solvers/imaging/ptychography/frames/frame_layout.hpp"

namespace locum::imaging {

// u(r), pixels: along each axis Σ_m c_m times 1, X, Y, X², XY, Y², with (X, Y) = (r − centre) / scale.
struct SmoothField {
  static constexpr int terms = 6;
  double centre[2] = {0.0, 0.0}, scale = 1.0;
  double c[2][terms] = {};

  KOKKOS_INLINE_FUNCTION void monomials(double x, double y, double* m) const {
    const double X = (x - centre[0]) / scale, Y = (y - centre[1]) / scale;
    m[0] = 1.0;
    m[1] = X;
    m[2] = Y;
    m[3] = X * X;
    m[4] = X * Y;
    m[5] = Y * Y;
  }
  // Derivatives of every term along x and y at a place.
  using Slopes = std::array<std::array<double, 2>, terms>;
  Slopes slopes(double x, double y) const {
    const double X = (x - centre[0]) / scale, Y = (y - centre[1]) / scale, d = 1.0 / scale;
    return {{{0.0, 0.0}, {d, 0.0}, {0.0, d}, {2.0 * X * d, 0.0}, {Y * d, X * d}, {0.0, 2.0 * Y * d}}};
  }
  // Along one axis.
  KOKKOS_INLINE_FUNCTION double at(double x, double y, int axis) const {
    double m[terms], u = 0.0;
    monomials(x, y, m);
    for (int k = 0; k < terms; ++k) u += c[axis][k] * m[k];
    return u;
  }
};

// to(r) ← from(r − u(r)) in the box, by a sinc of 12 taps along each axis in Kaiser's window; beyond the edge is the
// edge. Relative error below 2e-3 up to 0.7 of the Nyquist frequency. Objects (nx, ny); box within.
void displace(const ExecutionSpace& space, const PixelBox& box, int nx, int ny, const SmoothField& field,
              const Planes& from, const Planes& to);

}  // namespace locum::imaging
