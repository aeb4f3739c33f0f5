// The image that an objective lens makes of an exit wave (HRTEM).
//
//   I(r) = |F⁻¹[ψ(k) B(k) exp(−iχ(k)) E_t(k) E_s(k)]|²,
//   E_t = exp(−½ (π λ Δ k²)²),   E_s = exp(−½ (θ/λ)² |∇_k χ|²)
//
// with B the aperture, Δ the focal spread and θ the illumination's standard deviation along an axis (Reimer and Kohl,
// Transmission Electron Microscopy, 5th ed., section 6.4.2, where a Gaussian source is measured by its 1/e half-angle
// √2 θ): the quasi-coherent approximation, right where the scattered waves are weak beside the direct one. Without the
// envelopes, summed over focal_quadrature(), the focal spread is exact for any specimen.
#pragma once

#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {

struct ObjectiveConfig {
  double aperture = 0.0;  // mrad, semi-angle; 0: none but the band limit
  AberrationsConfig aberrations;
  std::string coherence = "envelope";  // of the focal spread: envelope, or sum over the quadrature's points

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// How coherent: Å and mrad, standard deviations; focus is added to the defocus, Å.
struct Damping {
  double focal_spread = 0.0, illumination = 0.0, focus = 0.0;
};

// B exp(−iχ) E_t E_s over the grid's frequencies within the band limit, row-major (nx, ny), 0 beyond. Throws
// ConfigError for an aperture beyond the band limit.
std::vector<std::complex<double>> make_transfer(const Grid& grid, double energy, const ObjectiveConfig& config,
                                                const Damping& damping);

// Images of exit waves: shape (batch, nx, ny), sums in double.
using Images = Kokkos::View<double***, Kokkos::LayoutRight, MemorySpace>;

// waves(b) ← waves(b) · transfer, for b < count. Both in reciprocal space.
template <class T>
void apply_transfer(const ExecutionSpace& space, const Wave<T>& transfer, int count, const fft::Waves<T>& waves);

// image(b) += weight · |nx ny ψ_b(r)|² for waves of real space, transformed by fft::Transform2d::inverse() from
// Σ|ψ0(k)|² = 1: without a specimen a plane wave's image is 1.
template <class T>
void add_images(const ExecutionSpace& space, const fft::Waves<T>& waves, int count, double weight, const Images& image);

}  // namespace locum::imaging
