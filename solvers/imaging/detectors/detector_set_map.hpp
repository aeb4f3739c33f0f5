// Which pixels of the diffraction plane count for which channel of a detector (used by detector_set.cpp).
#pragma once

#include <vector>

#include "solvers/imaging/detectors/detector_set_config.hpp"
#include "solvers/imaging/grid.hpp"

namespace locum::imaging {

// Pixels (index of the grid's row-major array) and weights of one channel.
struct ChannelMap {
  std::vector<int> pixel;
  std::vector<float> weight;
  double scale = 1.0;
};

// Rings × segments of an annulus: channel ring · segments + segment. A ring is inner ≤ angle < outer.
struct Annulus {
  double inner, outer;  // mrad
  int rings, segments;
  double rotation;  // rad
  // The channel of a direction (ax, ay), mrad; −1: none.
  int channel(double ax, double ay) const;
};
Annulus annulus_of(const DetectorConfig& resolved);

// Maps of a resolved detector over the pixels within the band limit; those of a centre of mass are Σ x I, Σ y I, Σ I.
// lambda: Å. Throws ConfigError for a channel without a pixel.
std::vector<ChannelMap> make_channel_maps(const DetectorConfig& resolved, const Grid& grid, double lambda);

}  // namespace locum::imaging
