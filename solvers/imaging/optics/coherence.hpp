// Partial coherence of the electron source.
//
// Electrons of different energy see different focus: intensities are summed over a normal distribution of the defocus
// (focal spread) by Gauss–Hermite quadrature. A source of finite size blurs the scan: intensities are convolved with a
// Gaussian along the probe positions, after everything else. Both are sums of intensities, exact for any specimen
// (Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., sections 3.2 and 5.4).
#pragma once

#include <span>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct CoherenceConfig {
  double focal_spread = 0.0;         // Å, standard deviation of the defocus; 0: from the next three
  double Cc = 0.0;                   // mm, chromatic aberration
  double energy_spread = 0.0;        // eV, full width at half maximum
  double current_instability = 0.0;  // ΔI/I of the objective lens, parts per million, standard deviation
  int focal_points = 7;              // of the quadrature, where there is a spread
  double source_size = 0.0;          // Å, full width at half maximum of the source's image on the specimen
  double illumination = 0.0;         // mrad, standard deviation along an axis of the plane wave's direction (HRTEM)

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Standard deviation of the defocus, Å: as given, or Cc √((γ' δE/E)² + (2 ΔI/I)²) with δE the standard deviation of the
// energy and γ' = (1 + E/m0c²) / (1 + E/2m0c²) (Reimer and Kohl, Transmission Electron Microscopy, 5th ed.,
// section 2.4). energy: keV.
double focal_spread(const CoherenceConfig& config, double energy);

// σ = FWHM / √(8 ln 2).
double standard_deviation(double full_width);

struct FocalPoint {
  double focus;   // Å, to be added to the defocus
  double weight;  // all together 1
};

// Points of the Gauss–Hermite rule for the normal distribution of standard deviation `spread` Å, from the lowest focus
// up: exact for polynomials of the focus up to degree 2 points − 1. One point of weight 1 at 0 for a spread of 0.
// Throws ConfigError unless 1 ≤ points ≤ 64.
std::vector<FocalPoint> focal_quadrature(double spread, int points);

// What the blur knows of the scan.
struct ScanShape {
  int nx = 1, ny = 1;                           // probe positions; y fastest
  double step_x = 1.0, step_y = 1.0;            // Å
  bool periodic_x = false, periodic_y = false;  // the scan covers a whole period of the specimen
};

// Convolves `values`, (nx, ny, channels) with the channels fastest, along the scan with a Gaussian of standard
// deviation `sigma` Å, in place. Channels are independent: 4D data may come in any pieces of its detector's pixels.
//
// A periodic direction is convolved with the Gaussian interpolated by the scan's own frequencies: exact for an image
// that the scan samples at Nyquist or finer, however small the source. Another direction takes the Gaussian at the
// probe positions (right to 1 % for σ above 0.6 steps; none at all below some 0.3) and shares it out among the
// positions that exist, so that a constant stays constant up to the rim. A line is blurred along itself alone: what
// lies beside it is not known. Sums are in double. T: float, double. Throws ConfigError for values of another shape,
// and for points.
template <class T>
void blur_source(std::span<T> values, const ScanShape& scan, std::size_t channels, double sigma);

}  // namespace locum::imaging
