// Pictures of images: grey or coloured PNG with a scale bar for the eye, TIFF with the numbers and the scale for Fiji.
//
// An image is (nx, ny), row-major, element (ix, iy) at x = ix · dx, y = iy · dy, as everywhere in Locum. In a picture x
// goes to the right and y upwards, as in a plot; a TIFF is stored so too: its first row is the largest y.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::io {

struct Picture {
  int nx = 0, ny = 0;
  double dx = 1.0, dy = 1.0;       // a pixel's edges, Å
  std::vector<double> values;      // (nx, ny)
  std::string unit;                // of the values; "1" or "" for a pure number
  std::vector<double> brightness;  // empty, or (nx, ny), 0 … 1: darkens a phase where the wave is weak
};

struct PictureConfig {
  std::string colors = "grey";  // grey, viridis, inferno, phase (cyclic, −π … π)
  // The range of the colours in units of the values; low = high: from the data.
  double low = 0.0, high = 0.0;
  double clip = 0.0;       // of the data's own range: so many percent of the pixels at either end are saturated
  int bits = 8;            // of a channel of a PNG: 8 or 16
  int least_pixels = 512;  // a smaller image is enlarged (bilinear) until its longer edge has so many; PNG only
  bool scale_bar = true;   // PNG only
  void visit(ConfigVisitor& v);
  void validate() const;
};

// All of these work on the calling process alone and write atomically. ConfigError for a picture of no pixels, for
// sizes that do not fit each other, or for an unknown ending; NumericalError with the place of a value that is not
// finite; IoError where the file cannot be written.

// Square pixels: where dx ≠ dy the image is resampled bilinearly.
void write_png(const std::string& path, const Picture& picture, const PictureConfig& config = {});
// Pixels as they are, each with its own resolution; 32-bit floats that are the values.
void write_tiff(const std::string& path, const Picture& picture);
// 16-bit integers over the range of colours; ImageJ's calibration gives the values back.
void write_tiff16(const std::string& path, const Picture& picture, const PictureConfig& config = {});
// By the ending: .png, .tif or .tiff (32-bit).
void write_picture(const std::string& path, const Picture& picture, const PictureConfig& config = {});

// --- parts, for tests and other writers ---

struct ColorRange {
  double low = 0.0, high = 0.0;
};
ColorRange color_range(const Picture& picture, const PictureConfig& config);
// The checks above.
void check_picture(const Picture& picture, const std::string& path);

// Rows from the top, channels (1 or 3) innermost, each 0 … 65535.
struct Raster {
  int width = 0, height = 0, channels = 1;
  double pixel = 1.0;  // Å
  std::vector<std::uint16_t> values;
  std::uint16_t* at(int column, int row) {
    return values.data() +
           (static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)) *
               static_cast<std::size_t>(channels);
  }
};
Raster draw(const Picture& picture, const PictureConfig& config);

}  // namespace locum::io
