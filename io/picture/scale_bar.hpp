// A scale bar with its length, drawn into the picture: the corner at the lower left.
#pragma once

#include <string>

#include "io/picture/picture.hpp"

namespace locum::io {

struct ScaleBar {
  double length = 0.0;  // Å
  std::string label;    // "5 Å", from 10 Å on "2 nm"
};
// The longest of 1, 2, 5 · 10ⁿ Å that takes no more than three tenths of `width` (Å).
ScaleBar nice_scale_bar(double width);
// Nothing where the picture is too small to carry one (40 × 24 pixels).
void draw_scale_bar(Raster& raster);

}  // namespace locum::io
