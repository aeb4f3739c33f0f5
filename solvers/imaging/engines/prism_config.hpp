// What PRISM asks of its user, and the grids that follow from it.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {

struct PrismConfig {
  // Along x and y: of the plane waves within the aperture every f-th is computed, and a probe is cut out in a window of
  // the cell's side divided by f. 1 is exact.
  std::vector<std::int64_t> interpolation = {2, 2};

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// A plane wave of the S-matrix: its row and column in the reciprocal arrays of the window and of the whole grid.
struct PrismBeam {
  int window_x, window_y, grid_x, grid_y;
};

// Waves behind the specimen hold nothing beyond the band limit, so they are sampled just finely enough for it: exact,
// and 4/9 of the grid's points.
struct PrismLayout {
  Grid grid;
  Grid window;               // the cell divided by f at the grid's sampling: where probe and detectors live
  int nx = 0, ny = 0;        // points of an S-matrix's wave over the whole cell, multiples of the next two
  int cut_x = 0, cut_y = 0;  // points of the window among them
  std::vector<PrismBeam> beams;
  double sampling_x() const { return grid.lx / nx; }  // Å
  double sampling_y() const { return grid.ly / ny; }
};

// Throws ConfigError for a grid that f does not divide, a window that cannot hold the probe (both with what would do),
// and as check_probe does.
PrismLayout make_prism_layout(const Grid& grid, const ProbeConfig& probe, const PrismConfig& config);

}  // namespace locum::imaging
