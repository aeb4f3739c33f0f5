// Fourier ring correlation of two images: at which spatial frequency do two independent reconstructions cease to agree.
//
//   FRC(k) = Re Σ_ring X Y* / √(Σ_ring |X|² Σ_ring |Y|²)
//
// (Saxton and Baumeister, J. Microsc. 127 (1982) 127), of complex images that were aligned before (quality.hpp), after
// their mean was taken off and a soft edge applied. Thresholds, with n the number of independent Fourier pixels of a
// ring (the edge correlates neighbours a little):
//   1/2 bit  (0.2071 + 1.9102/√n) / (1.2071 + 0.9102/√n)
//   1/7      0.143
// (van Heel and Schatz, J. Struct. Biol. 151 (2005) 250; Rosenthal and Henderson, J. Mol. Biol. 333 (2003) 721). Halves
// of the data make the two reconstructions; the 1/2 bit is that of the halves.
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::imaging {

struct RingCorrelationConfig {
  double edge = 0.25;  // share of each side over which the window falls from 1 to 0, both ends together

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct RingCorrelation {
  std::vector<double> frequency;    // Å⁻¹, middle of each ring, up to the Nyquist frequency
  std::vector<double> correlation;  // 0 where an image has no power
  std::vector<double> half_bit;     // threshold
  double seventh = 1.0 / 7.0;       // threshold
  // Å, 1 / (frequency where the correlation first falls below the threshold and stays there for another ring, linear
  // between rings). Where it never does: the finest that the pixel shows, and `limited` is true.
  double resolution_half_bit = 0.0, resolution_seventh = 0.0;
  bool limited_half_bit = false, limited_seventh = false;
};

// a, b: (nx, ny) of pixels dx × dy Å. Rings are a pixel of reciprocal space wide (the larger one). Throws ConfigError
// for images of another size and below 8 × 8.
RingCorrelation ring_correlation(std::span<const Ptychogram::Value> a, std::span<const Ptychogram::Value> b, int nx,
                                 int ny, double dx, double dy, const RingCorrelationConfig& config = {});

// The box of an image (nx, ny), row-major.
std::vector<Ptychogram::Value> cropped(std::span<const Ptychogram::Value> image, int nx, int ny, const PixelBox& box);

}  // namespace locum::imaging
