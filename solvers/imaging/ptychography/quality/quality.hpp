// How good a reconstruction is, against a truth and against its frames.
//
// Frames determine an object up to a constant factor, and where the probe is refined too up to a linear phase and a
// common shift of both: P(r) e^{−iκ·r}, O(r) e^{iκ·r}; P(r + s), O(r + s). With truth T, answer A and weights w the
// factor c, ramp κ and shift s are those that minimise
//   E = Σ_r w(r) |T(r) − c e^{iκ·(r − s)} A(r − s)|² / Σ_r w |T|²,
// found without unwrapping any phase: over whole pixels of s by correlations (for given κ, c drops out: E = 1 − |Σ w T
// A*|² / (Σ w|T|² Σ w|A|²)), κ as the peak of |F[w T A*]|, and all together by Gauss and Newton. A is moved by
// fractions of a pixel with a windowed sinc of 16 taps, exact to 5e-4 below 0.7 of the Nyquist frequency. With the
// aligned answer B = c e^{iκ·(r − s)} A(r − s):
//   complex error    √E
//   amplitude error  √(Σ w (|B| − |T|)² / Σ w)
//   phase error      √(Σ w δ² / Σ w), rad, δ = arg(B T*) in (−π, π] after the weighted plane was taken off it
#pragma once

#include <array>
#include <complex>
#include <span>
#include <vector>

#include "solvers/api/ptychography.hpp"

namespace locum::imaging {

// The illumination, 0 where it is below `share` of its largest: the scanned region, weighed by what frames say of it.
std::vector<float> scanned_region(const Ptychogram& input, double share = 0.1);

// The smallest box that has all pixels of positive weight.
PixelBox box_of(std::span<const float> weight, int nx, int ny);

// What comparison may remove besides the constant factor.
struct Ambiguity {
  bool ramp = true;
  double shift = 0.0;  // pixels, the largest along each axis; 0: none
};

struct Alignment {
  std::complex<double> factor{1.0, 0.0};  // c
  std::array<double, 2> ramp{};           // κ, rad per pixel
  std::array<double, 2> shift{};          // s, pixels
};

struct ImageComparison {
  double complex_error = 0.0;
  double amplitude_error = 0.0;
  double phase_error = 0.0;  // rad
  Alignment alignment;
};

// truth, answer, weight: (nx, ny). Throws ConfigError for spans of another size, NumericalError where no pixel has
// weight or an image is 0 in all of them.
ImageComparison compare_images(std::span<const Ptychogram::Value> truth, std::span<const Ptychogram::Value> answer,
                               std::span<const float> weight, int nx, int ny, const Ambiguity& remove = {});

// B = c e^{iκ·(r − s)} A(r − s), (nx, ny); what comes from beyond the edge is the edge's.
std::vector<Ptychogram::Value> aligned(std::span<const Ptychogram::Value> answer, int nx, int ny,
                                       const Alignment& alignment);

// Objects of a ptychogram over its scanned region.
ImageComparison compare_objects(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& answer,
                                const Ambiguity& remove = {});

// Probes, (modes, nx, ny) each, periodic in their window: up to what is common to all modes (factor, ramp, shift, found
// on the first ones), and up to any unitary mixture of the modes, which frames do not tell apart. Returns ‖J_T − J_B‖ /
// ‖J_T‖ of the mutual intensities J(r, r') = Σ_m P_m(r) P_m*(r'), Frobenius; twice the relative error of the amplitude
// for one mode that is nearly right. The number of modes may differ.
double probe_error(std::span<const Ptychogram::Value> truth, std::span<const Ptychogram::Value> answer, int nx, int ny,
                   const Ambiguity& remove = {true, 2.0});

// R = Σ|√I − √M| / Σ√I over all that are given.
double r_factor(std::span<const FourierError> errors);

// Positions: root mean square distance, pixels, after the mean difference was removed, which frames cannot tell.
double position_error(std::span<const std::array<double, 2>> truth, std::span<const std::array<double, 2>> answer);

}  // namespace locum::imaging
