#include "solvers/imaging/detectors/scan.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double rounding = 1e-6;  // of the cell: what counts as its edge
constexpr double most_positions = 1e9;

Position in_cell(double x, double y, const ScanConfig& config, double lx, double ly, const char* key) {
  const bool fraction = config.unit == "fraction";
  const Position p = {fraction ? x * lx : x, fraction ? y * ly : y};
  if (p.x < -rounding * lx || p.x > (1.0 + rounding) * lx || p.y < -rounding * ly || p.y > (1.0 + rounding) * ly)
    throw ConfigError(fmt::format("the probe is to go to ({:.6g}, {:.6g}) Å, outside of the cell of {:.6g} × {:.6g} Å",
                                  p.x, p.y, lx, ly),
                      std::string("scan.") + key,
                      fraction ? "fractions of the cell go from 0 to 1; unit = \"Angstrom\" takes lengths"
                               : "lengths are in Å; unit = \"fraction\" takes parts of the cell");
  return p;
}

// Number of positions over `length` Å with steps of the sampling or less.
int count_for(double length, double sampling) {
  const double count = std::max(1.0, std::ceil(length / sampling - rounding));
  if (!(count < most_positions))
    throw ConfigError(fmt::format("a sampling of {} Å over {} Å makes {:.3g} positions", sampling, length, count),
                      "scan.sampling");
  return static_cast<int>(count);
}

Scan make_raster(const ScanConfig& config, double lx, double ly, double sampling) {
  const Position start = in_cell(config.start[0], config.start[1], config, lx, ly, "start");
  const Position end = in_cell(config.end[0], config.end[1], config, lx, ly, "end");
  const double width = end.x - start.x, height = end.y - start.y;
  if (!(width > 0.0 && height > 0.0))
    throw ConfigError(fmt::format("the raster goes from ({:.6g}, {:.6g}) to ({:.6g}, {:.6g}) Å, an end beyond the "
                                  "start along both sides was expected",
                                  start.x, start.y, end.x, end.y),
                      "scan.end", "one row of positions is a scan of kind = \"line\"");
  Scan scan;
  scan.kind = "raster";
  auto& shape = scan.shape;
  shape.nx = config.points.empty() ? count_for(width, sampling) : static_cast<int>(config.points[0]);
  shape.ny = config.points.empty() ? count_for(height, sampling) : static_cast<int>(config.points[1]);
  if (!(double(shape.nx) * shape.ny < most_positions))
    throw ConfigError(fmt::format("the raster has {} × {} positions, fewer than {:.0g} were expected", shape.nx,
                                  shape.ny, most_positions),
                      "scan");
  shape.step_x = width / shape.nx;
  shape.step_y = height / shape.ny;
  shape.periodic_x = std::abs(width - lx) < rounding * lx;
  shape.periodic_y = std::abs(height - ly) < rounding * ly;
  for (int ix = 0; ix < shape.nx; ++ix) scan.axis_x.push_back(start.x + ix * shape.step_x);
  for (int iy = 0; iy < shape.ny; ++iy) scan.axis_y.push_back(start.y + iy * shape.step_y);
  for (const double x : scan.axis_x)
    for (const double y : scan.axis_y) scan.position.push_back({x, y});
  return scan;
}

Scan make_line(const ScanConfig& config, double lx, double ly, double sampling) {
  const Position start = in_cell(config.start[0], config.start[1], config, lx, ly, "start");
  const Position end = in_cell(config.end[0], config.end[1], config, lx, ly, "end");
  const double length = std::hypot(end.x - start.x, end.y - start.y);
  if (!(length > 0.0)) throw ConfigError("the line's start and end are one point", "scan.end");
  Scan scan;
  scan.kind = "line";
  const int n = config.points.empty() ? count_for(length, sampling) + 1 : static_cast<int>(config.points[0]);
  if (n < 2) throw ConfigError(fmt::format("the line has {} positions, 2 or more were expected", n), "scan.points");
  scan.shape = {n, 1, length / (n - 1), 0.0, false, false};
  for (int i = 0; i < n; ++i) {
    const double share = double(i) / (n - 1);
    scan.axis_x.push_back(share * length);
    scan.position.push_back({start.x + share * (end.x - start.x), start.y + share * (end.y - start.y)});
  }
  scan.axis_y = {0.0};
  return scan;
}

Scan make_points(const ScanConfig& config, double lx, double ly) {
  Scan scan;
  scan.kind = "points";
  for (std::size_t k = 0; k + 1 < config.positions.size(); k += 2) {
    scan.axis_x.push_back(double(k / 2));
    scan.position.push_back(in_cell(config.positions[k], config.positions[k + 1], config, lx, ly, "positions"));
  }
  scan.axis_y = {0.0};
  scan.shape = {static_cast<int>(scan.position.size()), 1, 0.0, 0.0, false, false};
  return scan;
}

}  // namespace

void ScanConfig::visit(ConfigVisitor& v) {
  v.value({"kind", "", "raster, line (from start to end, both included) or points", {}, {"raster", "line", "points"}},
          kind);
  v.value({"unit",
           "",
           "of start, end and positions: fraction of the cell's sides, or Angstrom",
           {},
           {"fraction", "Angstrom"}},
          unit);
  v.value({"start", "", "x, y of the first position"}, start);
  v.value({"end", "", "x, y where the scan ends; a raster's last position is one step before it"}, end);
  v.value({"points", "", "number of positions along x and y, or along the line; empty: from the sampling", {1, 1e9}},
          points);
  v.value({"sampling", "Angstrom", "largest step; 0: lambda / (4 convergence), Nyquist's", {0.0, 1e6}}, sampling);
  v.value({"positions", "", "x1, y1, x2, y2, ... of kind points"}, positions);
}

void ScanConfig::validate() const {
  if (kind != "raster" && kind != "line" && kind != "points")
    throw ConfigError("the scan's kind is '" + kind + "', raster, line or points was expected", "scan.kind");
  if (unit != "fraction" && unit != "Angstrom")
    throw ConfigError("the scan's unit is '" + unit + "', fraction or Angstrom was expected", "scan.unit");
  if (start.size() != 2 || end.size() != 2)
    throw ConfigError(fmt::format("start has {} and end {} numbers, x and y were expected", start.size(), end.size()),
                      "scan.start");
  if (!(sampling >= 0.0)) throw ConfigError(fmt::format("the sampling is {} Å", sampling), "scan.sampling");
  if (kind == "points" && (positions.empty() || positions.size() % 2 != 0))
    throw ConfigError(fmt::format("positions has {} numbers, pairs of x and y were expected", positions.size()),
                      "scan.positions");
  if (kind != "points" && !positions.empty())
    throw ConfigError("positions were given to a scan of kind " + kind, "scan.positions", "kind = \"points\"");
  const std::size_t directions = kind == "line" ? 1 : 2;
  if (!points.empty() && (kind == "points" || points.size() != directions))
    throw ConfigError(fmt::format("points has {} numbers, a {} has {}", points.size(), kind,
                                  kind == "points" ? "none" : std::to_string(directions)),
                      "scan.points");
  for (const auto n : points)
    if (n < 1 || n > 1000000000)
      throw ConfigError(fmt::format("points has {}, 1 … 1e9 was expected", n), "scan.points");
}

double nyquist_sampling(double energy, double convergence) {
  if (!(convergence > 0.0))
    throw ConfigError(fmt::format("a convergence of {} mrad has no Nyquist sampling", convergence), "scan.sampling",
                      "give the scan's sampling or points");
  return 0.25 * wavelength(energy) / (1e-3 * convergence);
}

Scan make_scan(const ScanConfig& config, double lx, double ly, double energy, double convergence) {
  config.validate();
  if (!(lx > 0.0 && ly > 0.0))
    throw ConfigError(fmt::format("the cell is {} × {} Å, positive sides were expected", lx, ly), "scan");
  if (config.kind == "points") return make_points(config, lx, ly);
  const bool counted = !config.points.empty();
  const double sampling = counted                 ? 1.0
                          : config.sampling > 0.0 ? config.sampling
                                                  : nyquist_sampling(energy, convergence);
  return config.kind == "line" ? make_line(config, lx, ly, sampling) : make_raster(config, lx, ly, sampling);
}

}  // namespace locum::imaging
