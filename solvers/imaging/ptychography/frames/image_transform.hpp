// Transforms of images that lie on the host: for what is done once, where a copy to the device and back does no harm.
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "kokkos_kernels/fft/transform.hpp"

namespace locum::imaging {

using Image = std::vector<std::complex<double>>;  // (nx, ny), y fastest

class ImageTransform {
 public:
  ImageTransform(int nx, int ny);
  // In place, signs and factors as fft::Transform2d has them. Throws ConfigError for an image of another size.
  void forward(std::span<std::complex<double>> image) const { run(image, true); }
  void inverse(std::span<std::complex<double>> image) const { run(image, false); }

 private:
  void run(std::span<std::complex<double>> image, bool forward) const;

  fft::Waves<double> wave_;  // (1, nx, ny)
  fft::Transform2d<double> transform_;
};

// Frequency of row or column i of n, cycles per pixel, and as a signed index.
inline int signed_index(int i, int n) { return 2 * i < n ? i : i - n; }
inline double frequency(int i, int n) { return static_cast<double>(signed_index(i, n)) / n; }

}  // namespace locum::imaging
