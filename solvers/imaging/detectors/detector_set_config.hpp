// What detectors there are and what they are called.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct DetectorConfig {
  // annular; bf, abf, adf, maadf, haadf: annular with angles of their own; segmented: rings × segments; com: centre of
  // mass of the pattern; radial: rings of equal width; pixelated: the pattern itself.
  std::string kind = "haadf";
  std::string name;           // of the dataset; empty: the kind
  double inner = -1.0;        // mrad; −1: the kind's own
  double outer = -1.0;        // mrad; −1: the kind's own; of pixelated: half the side of the square that is kept
  int rings = 1;              // of segmented, equally wide
  int segments = 4;           // of segmented, equal
  double rotation = 0.0;      // degrees from x towards y, where the first segment begins
  double width = 1.0;         // mrad, of a ring of radial
  int bin = 1;                // of pixelated: grid points along each side that make one pixel
  std::string unit = "mrad";  // of com: mrad or 1/Angstrom
  // hard: a pixel belongs where its centre lies; partial: shared by the area, to 1/64; auto: partial for segmented,
  // whose boundaries would else run through rows of pixels that one side gets, and hard for the rest. com and
  // pixelated take whole pixels always.
  std::string coverage = "auto";

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// The same with name, inner and outer filled in. With α the convergence, mrad: bf 0 … α/2, abf α/2 … α, adf 1.25α …
// 2.5α, maadf 2α … 3.5α, haadf 3α … band limit or 10α, whichever is less; annular has no angles of its own; the others
// reach from 0 to the band limit. Throws ConfigError where angles are missing, or for a detector beyond the band limit.
// band_limit: mrad; spacing: Å, of the grid, named in the message.
DetectorConfig resolve(const DetectorConfig& config, double convergence, double band_limit, double spacing);

}  // namespace locum::imaging
