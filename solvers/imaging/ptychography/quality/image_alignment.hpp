// Finds factor, ramp and shift between two images (quality.hpp has the equations). Internal to quality.
#pragma once

#include <span>

#include "solvers/imaging/ptychography/frames/image_transform.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"

namespace locum::imaging {

// Two images (nx, ny) and the pixels that count.
struct ImagePair {
  int nx = 0, ny = 0;
  Image truth, answer;
  std::vector<double> weight;  // sums to 1
  bool periodic = false;       // beyond the edge; else what comes from there is the edge's
  std::size_t index(int ix, int iy) const { return static_cast<std::size_t>(ix) * ny + iy; }
};

// A(r − s) by a Kaiser-windowed sinc of 16 taps along each axis, or its derivative by s along an axis (0 or 1; −1:
// the image itself).
Image moved(const Image& image, int nx, int ny, std::array<double, 2> shift, int derivative = -1,
            bool periodic = false);

// c e^{iκ·(r − s)} A(r − s).
Image apply(const Image& answer, int nx, int ny, const Alignment& alignment, bool periodic = false);

Alignment find_alignment(const ImagePair& pair, const Ambiguity& remove);

}  // namespace locum::imaging
