// Sampling of the frames, window on the detector, and positions of the probe: what a DiffractionFile says about
// geometry.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "io/cxi/cxi_places.hpp"

namespace locum::io {

struct FrameSampling {
  double wavelength = 0.0;  // Å; 0: not known
  bool electrons = false;
  std::array<double, 2> reciprocal{0.0, 0.0};  // Å⁻¹ from one detector pixel to the next, along x and y; 0: not known
  std::array<double, 2> zero{0.0, 0.0};        // detector pixel of the zero frequency; may lie beside a pixel's centre
};

// Everything from the file or the keys. IoError for what cannot be, with the unit that would be plausible. What was
// found and where is added to `notes`.
FrameSampling find_sampling(DiffractionPlaces& places, const DiffractionKeys& keys, std::vector<std::string>& notes);

struct FrameWindow {
  std::int64_t x = 0, y = 0;    // first detector pixel
  std::int64_t nx = 0, ny = 0;  // of the frames that are given: bin · nx detector pixels
};
FrameWindow choose_window(std::int64_t nx, std::int64_t ny, const std::array<double, 2>& zero,
                          const DiffractionKeys& keys, const std::string& path);

struct ScanPositions {
  std::vector<double> values;     // (frames, 2), Å: x and y of our axes
  std::string unit = "Angstrom";  // in which the numbers of the file were taken
};
// `scan` is (sx, sy) or (frames).
ScanPositions find_positions(DiffractionPlaces& places, const DiffractionKeys& keys, std::int64_t frames,
                             const Shape& scan, std::vector<std::string>& notes);
// IoError where they cannot be in the unit that was taken: all in a tenth of a pixel, or over 100,000.
void check_positions(const ScanPositions& positions, const std::array<double, 2>& object_pixel, std::int64_t frame_side,
                     const std::string& path);

}  // namespace locum::io
