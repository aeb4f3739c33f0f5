// Where the frames of a ptychographic scan lie: a raster, a raster with jitter, or a Fermat spiral.
//
// Overlap is linear: 1 − step / diameter of the probe, the diameter being that of the disc around the probe's centre
// which holds 90 % of its intensity (window_probe.hpp). A strictly periodic raster leaves the object's periodic
// components of its own pitch undetermined (Thibault et al., Ultramicroscopy 109 (2009) 338); jitter or a spiral lifts
// that. The spiral is r = c √n, φ = n · 137.508° (Huang et al., Opt. Express 22 (2014) 12634); its "step" is the side
// of the square that each position has to itself, √π c.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct ScanPatternConfig {
  std::string kind = "raster";  // raster or fermat
  double overlap = 0.7;         // linear, of neighbouring probes
  double step = 0.0;            // Å, instead of the overlap
  // One of the two: sides of the scanned field, Å (a raster takes as many steps as fit), or the numbers of positions
  // along x and y (a spiral: of the square of as many).
  std::vector<double> extent;
  std::vector<std::int64_t> points = {12, 12};
  double jitter = 0.0;        // largest displacement along each axis, of a step: uniform in −jitter … jitter
  bool whole_pixels = false;  // positions are rounded to pixels of the object
  int margin = 4;             // pixels of the object around the outermost windows: room for corrections of positions
  std::int64_t seed = 1;      // of the jitter

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct ScanPattern {
  std::vector<std::array<double, 2>> position;  // pixels of the object, of the window's first; as Ptychogram has them
  int object_nx = 0, object_ny = 0;             // that hold all windows and the margin
  double step = 0.0;                            // Å
};

// Step of neighbouring positions, Å: as given, or (1 − overlap) diameter. diameter: Å.
double scan_step(const ScanPatternConfig& config, double diameter);

// Positions of windows of nx × ny pixels of dx × dy Å, row by row (x slow) or from the spiral's centre outwards. Throws
// ConfigError as validate() does, and for a field or a number of positions beyond 1e7.
ScanPattern make_scan_pattern(const ScanPatternConfig& config, int nx, int ny, double dx, double dy, double diameter);

// Where the stage really went: each position displaced by normal numbers of standard deviation `sigma` pixels along
// each axis, cut at three of them; a pure function of (seed, frame). 3 sigma pixels of margin hold them.
std::vector<std::array<double, 2>> displaced_positions(const std::vector<std::array<double, 2>>& position, double sigma,
                                                       std::int64_t seed);

}  // namespace locum::imaging
