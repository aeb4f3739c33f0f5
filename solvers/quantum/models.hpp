// Published parametrisations of orthogonal sp³ tight binding.
//
// Scaling of a two-centre integral and of the pair term (Goodwin, Skinner and Pettifor, Europhys. Lett. 9, 701 (1989)):
//
//   s(r) = (r0/r)^n exp{ n [ −(r/rc)^nc + (r0/rc)^nc ] }
//
// From r1 to the cut-off a cubic takes its place, with value and slope of s at r1, and none of either at the cut-off:
// these four conditions give the coefficients that the authors print (the tests compare), but to all digits, so that
// forces are continuous to rounding.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/registry.hpp"

namespace locum::quantum {

struct ValueAndSlope {
  double value, slope;
};

// The analytic part, s(r): plain numbers, as printed.
struct Scaling {
  double r0, n, rc, nc;  // Å, 1, Å, 1
};

// s(r) with its tail, without the amplitude. The logarithms are kept: a value costs two exponentials.
struct Radial {
  Scaling scaling = {};
  double tail_start = 0.0, cutoff = 0.0;  // Å
  double tail[4] = {0, 0, 0, 0};          // Σ_k tail[k] (r − tail_start)^k
  double log_rc = 0.0, log_norm = 0.0;    // ln rc, ln r0 + (r0/rc)^nc

  KOKKOS_INLINE_FUNCTION ValueAndSlope analytic(double r, double log_r) const {
    const double steep = std::exp(scaling.nc * (log_r - log_rc));
    const double value = std::exp(scaling.n * (log_norm - log_r - steep));
    return {value, -value * scaling.n * (1.0 + scaling.nc * steep) / r};
  }
  // Value and derivative (1/Å) at distance r (Å), given with its logarithm.
  KOKKOS_INLINE_FUNCTION ValueAndSlope operator()(double r, double log_r) const {
    if (r < tail_start) return analytic(r, log_r);
    if (r >= cutoff) return {0.0, 0.0};
    const double x = r - tail_start;
    return {tail[0] + x * (tail[1] + x * (tail[2] + x * tail[3])), tail[1] + x * (2.0 * tail[2] + x * 3.0 * tail[3])};
  }
  KOKKOS_INLINE_FUNCTION ValueAndSlope operator()(double r) const { return (*this)(r, std::log(r)); }
};
Radial with_tail(const Scaling& scaling, double tail_start, double cutoff);

enum Channel { ss_sigma, sp_sigma, pp_sigma, pp_pi, channel_count };

// What kernels need: plain data.
struct ModelParameters {
  double energy_s = 0.0, energy_p = 0.0;         // on-site energies, eV
  double hopping[channel_count] = {0, 0, 0, 0};  // amplitudes V(r0), eV
  Radial shape[channel_count];                   // of which the first `shapes` are used
  int shape_of[channel_count] = {0, 1, 2, 3};    // channels of equal shape share its evaluation
  int shapes = channel_count;
  double repulsion = 1.0;  // amplitude of φ
  Radial repulsion_shape;
  double embedding[5] = {0, 0, 0, 0, 0};  // F(x) = Σ_k embedding[k] x^k, eV
  double cutoff = 0.0;                    // Å

  KOKKOS_INLINE_FUNCTION ValueAndSlope integral(int channel, double r) const {
    const ValueAndSlope f = shape[shape_of[channel]](r);
    return {hopping[channel] * f.value, hopping[channel] * f.slope};
  }
  KOKKOS_INLINE_FUNCTION ValueAndSlope phi(double r) const {
    const ValueAndSlope f = repulsion_shape(r);
    return {repulsion * f.value, repulsion * f.slope};
  }
  KOKKOS_INLINE_FUNCTION ValueAndSlope embed(double x) const {
    const double* f = embedding;
    return {f[0] + x * (f[1] + x * (f[2] + x * (f[3] + x * f[4]))),
            f[1] + x * (2.0 * f[2] + x * (3.0 * f[3] + x * 4.0 * f[4]))};
  }
};

struct TightBindingModel {
  std::string name, citation;
  int atomic_number = 0;  // one element
  ModelParameters parameters;
};

TightBindingModel kwon_1994_silicon();
TightBindingModel xu_1992_carbon();

// Every model there is, by name.
Registry<TightBindingModel (*)()> tight_binding_models();

}  // namespace locum::quantum
