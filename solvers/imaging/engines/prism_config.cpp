#include "solvers/imaging/engines/prism_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr const char* key = "prism.interpolation";

int next_divisible(int points, int f) {
  int n = fft::good_size(points + 1);
  while (n % f != 0) n = fft::good_size(n + 1);
  return n;
}

// Of the factors 2, 3, 5 and 7 alone; odd numbers too.
int smallest_smooth(int n) {
  for (;; ++n) {
    int rest = n;
    for (const int prime : {2, 3, 5, 7})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return n;
  }
}

// Points of a window that hold the kept frequencies −h … h of the whole cell when f windows fill it.
int cut_points(double limit, double length, int f) {
  const int highest = static_cast<int>(limit * length + 1e-6);
  return smallest_smooth((2 * highest + f) / f);
}

// The window is the cell that the probe sees: what check_probe says of a cell is said here of the interpolation.
void check_window(const Grid& window, const ProbeConfig& probe, int fx, int fy) {
  const double cell = std::min(window.lx, window.ly), k_max = 1e-3 * probe.convergence / wavelength(probe.energy);
  const double radius = geometric_radius(probe), needed = std::max(3.0 / (2.0 * k_max), 2.0 * radius);
  if (cell >= needed * (1.0 - 1e-9)) return;
  throw ConfigError(
      fmt::format("interpolation by {} × {} leaves windows of {:.4g} × {:.4g} Å; the probe, with {:.4g} Å of geometric "
                  "radius, needs {:.4g} Å at least",
                  fx, fy, window.lx, window.ly, radius, needed),
      key,
      fmt::format("at most {} × {} for this cell, or repeat the specimen",
                  std::max(1, static_cast<int>(window.lx * fx / needed)),
                  std::max(1, static_cast<int>(window.ly * fy / needed))));
}

std::vector<PrismBeam> beams_of(const PrismLayout& layout, const ProbeConfig& probe, int fx, int fy) {
  const auto wave = make_probe(layout.window, probe);
  std::vector<PrismBeam> beams;
  for (int ix = 0; ix < layout.window.nx; ++ix)
    for (int iy = 0; iy < layout.window.ny; ++iy)
      if (wave[static_cast<std::size_t>(ix) * static_cast<std::size_t>(layout.window.ny) +
               static_cast<std::size_t>(iy)] != 0.0)
        beams.push_back({ix, iy, ix * fx, iy * fy});  // negative frequencies too: nx is f times the window's
  return beams;
}

}  // namespace

void PrismConfig::visit(ConfigVisitor& v) {
  v.value(
      {"interpolation",
       "",
       "along x and y: every how-many-th plane wave is computed, and the part of the cell that a probe's window is; "
       "1 is exact",
       {1, 64}},
      interpolation);
}

void PrismConfig::validate() const {
  if (interpolation.size() != 2)
    throw ConfigError(fmt::format("the interpolation has {} numbers, 2 were expected", interpolation.size()), key,
                      "interpolation = [x, y]");
  for (const auto f : interpolation)
    if (f < 1 || f > 64) throw ConfigError(fmt::format("the interpolation is {}, 1 … 64 was expected", f), key);
}

PrismLayout make_prism_layout(const Grid& grid, const ProbeConfig& probe, const PrismConfig& config) {
  config.validate();
  const int fx = static_cast<int>(config.interpolation[0]), fy = static_cast<int>(config.interpolation[1]);
  if (grid.nx % fx != 0 || grid.ny % fy != 0)
    throw ConfigError(fmt::format("a grid of {} × {} points cannot be divided by an interpolation of {} × {}", grid.nx,
                                  grid.ny, fx, fy),
                      key,
                      fmt::format("{} × {} points would do", grid.nx % fx ? next_divisible(grid.nx, fx) : grid.nx,
                                  grid.ny % fy ? next_divisible(grid.ny, fy) : grid.ny));
  check_probe(grid, probe);
  PrismLayout layout;
  layout.grid = grid;
  layout.window = {grid.nx / fx, grid.ny / fy, grid.lx / fx, grid.ly / fy};
  check_window(layout.window, probe, fx, fy);
  layout.cut_x = cut_points(grid.band_limit(), grid.lx, fx);
  layout.cut_y = cut_points(grid.band_limit(), grid.ly, fy);
  layout.nx = layout.cut_x * fx;
  layout.ny = layout.cut_y * fy;
  layout.beams = beams_of(layout, probe, fx, fy);
  return layout;
}

}  // namespace locum::imaging
