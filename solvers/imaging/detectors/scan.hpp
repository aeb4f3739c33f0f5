// Where the probe goes: a raster, a line, or points.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/imaging/optics/coherence.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {

struct ScanConfig {
  std::string kind = "raster";    // raster, line, points
  std::string unit = "fraction";  // of start, end and positions: of the cell's sides, or Angstrom
  std::vector<double> start = {0.0, 0.0};
  std::vector<double> end = {1.0, 1.0};   // itself not a position, but for a line
  std::vector<std::int64_t> points = {};  // along x and y, or along the line; empty: from the sampling
  double sampling = 0.0;                  // Å, at most; 0: Nyquist's
  std::vector<double> positions = {};     // x1, y1, x2, y2, … of points

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct Scan {
  ScanShape shape;                 // of the raster; a line is (n, 1) with its step along itself, points
                                   // are (n, 1) without step
  std::vector<Position> position;  // Å, shape.nx × shape.ny of them, y fastest
  std::string kind;
  std::vector<double> axis_x, axis_y;  // Å: of a raster's rows and columns, along a line, or the number of a point

  double area_of_position() const { return shape.step_x * shape.step_y; }  // Å²; 0 unless a raster
};

// λ / 4α, Å: images of a probe of semi-angle `convergence` mrad hold no frequency above 2α/λ. energy: keV.
double nyquist_sampling(double energy, double convergence);

// The positions of `config` over a cell of lx × ly Å. A raster that spans the whole cell is periodic there. Points from
// the sampling are spread evenly: the step is the sampling or less. Throws ConfigError for a scan outside of the cell.
Scan make_scan(const ScanConfig& config, double lx, double ly, double energy, double convergence);

}  // namespace locum::imaging
