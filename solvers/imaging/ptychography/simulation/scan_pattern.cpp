#include "solvers/imaging/ptychography/simulation/scan_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {
namespace {

using Points = std::vector<std::array<double, 2>>;

constexpr double most_positions = 1e7;
constexpr double rounding = 1e-9;
constexpr double golden_angle = 2.39996322972865332;  // π (3 − √5)

void check_count(double count) {
  if (!(count < most_positions))
    throw ConfigError(
        fmt::format("the scan would have {:.3g} positions, fewer than {:.0g} were expected", count, most_positions),
        "scan", "scan a smaller field or with a larger step");
}

// Of the raster, Å.
Points raster(const ScanPatternConfig& config, double step) {
  std::array<std::int64_t, 2> n{};
  for (int axis = 0; axis < 2; ++axis) {
    if (!config.extent.empty()) check_count(config.extent[axis] / step);
    n[axis] = config.extent.empty() ? config.points[axis]
                                    : static_cast<std::int64_t>(config.extent[axis] / step + rounding) + 1;
  }
  check_count(static_cast<double>(n[0]) * static_cast<double>(n[1]));
  Points points;
  for (std::int64_t ix = 0; ix < n[0]; ++ix)
    for (std::int64_t iy = 0; iy < n[1]; ++iy)
      points.push_back({static_cast<double>(ix) * step, static_cast<double>(iy) * step});
  return points;
}

// Of the spiral, Å, around 0.
Points spiral(const ScanPatternConfig& config, double step) {
  std::array<double, 2> half{};
  for (int axis = 0; axis < 2; ++axis)
    half[axis] = 0.5 * (config.extent.empty() ? static_cast<double>(config.points[axis]) * step : config.extent[axis]);
  check_count(4.0 * half[0] * half[1] / (step * step));
  const double c = step / std::sqrt(units::pi), reach = std::hypot(half[0], half[1]);
  Points points;
  for (int n = 0; c * std::sqrt(static_cast<double>(n)) <= reach; ++n) {
    const double r = c * std::sqrt(static_cast<double>(n)), angle = n * golden_angle;
    const double x = r * std::cos(angle), y = r * std::sin(angle);
    if (std::abs(x) <= half[0] && std::abs(y) <= half[1]) points.push_back({x, y});
  }
  return points;
}

}  // namespace

void ScanPatternConfig::visit(ConfigVisitor& v) {
  v.value({"kind", "", "pattern of the positions", {}, {"raster", "fermat"}}, kind);
  v.value({"overlap", "", "linear, 1 - step / diameter of 90 % of the probe", {0.0, 0.999}}, overlap);
  v.value({"step", "Angstrom", "between neighbours, instead of the overlap; 0: from the overlap", {0.0, 1e6}}, step);
  v.value({"extent", "Angstrom", "sides of the scanned field, instead of points", {0.0, 1e7}}, extent);
  v.value({"points", "", "positions along x and y", {1, 1e6}}, points);
  v.value({"jitter", "", "largest displacement along each axis, of a step", {0.0, 1.0}}, jitter);
  v.value({"whole_pixels", "", "round positions to pixels of the object"}, whole_pixels);
  v.value({"margin", "pixels", "of the object around the outermost windows", {0, 10000}}, margin);
  v.value({"seed", "", "of the jitter", {0, 9e15}}, seed);
}

void ScanPatternConfig::validate() const {
  if (kind != "raster" && kind != "fermat")
    throw ConfigError("the scan's kind is '" + kind + "', raster or fermat was expected", "scan.kind");
  if (!(overlap >= 0.0 && overlap < 1.0))
    throw ConfigError(fmt::format("the overlap is {}, 0 or more and below 1 was expected", overlap), "scan.overlap",
                      "0.6 to 0.8 suits most data");
  if (!(step >= 0.0 && std::isfinite(step)))
    throw ConfigError(fmt::format("the step is {} Å, 0 or more was expected", step), "scan.step");
  if (!(jitter >= 0.0 && jitter <= 1.0))
    throw ConfigError(fmt::format("the jitter is {} steps, 0 … 1 was expected", jitter), "scan.jitter");
  if (margin < 0)
    throw ConfigError(fmt::format("the margin is {} pixels, 0 or more was expected", margin), "scan.margin");
  if (seed < 0) throw ConfigError(fmt::format("the seed is {}, 0 or more was expected", seed), "scan.seed");
  if (!extent.empty() && (extent.size() != 2 || !(extent[0] >= 0.0 && extent[1] >= 0.0)))
    throw ConfigError("the extent is not two lengths of 0 Å or more", "scan.extent", "extent = [x, y] in Å");
  if (extent.empty() && (points.size() != 2 || points[0] < 1 || points[1] < 1))
    throw ConfigError("the points are not two numbers of 1 or more", "scan.points", "points = [nx, ny]");
}

double scan_step(const ScanPatternConfig& config, double diameter) {
  config.validate();
  if (config.step > 0.0) return config.step;
  if (!(diameter > 0.0))
    throw ConfigError(fmt::format("an overlap was asked for of a probe of {} Å diameter", diameter), "scan.overlap");
  return (1.0 - config.overlap) * diameter;
}

ScanPattern make_scan_pattern(const ScanPatternConfig& config, int nx, int ny, double dx, double dy, double diameter) {
  if (nx < 1 || ny < 1 || !(dx > 0.0 && dy > 0.0))
    throw ConfigError(fmt::format("a scan with windows of {} × {} pixels of {} × {} Å", nx, ny, dx, dy), "scan");
  ScanPattern scan;
  scan.step = scan_step(config, diameter);
  Points points = config.kind == "fermat" ? spiral(config, scan.step) : raster(config, scan.step);
  const auto seed = static_cast<std::uint64_t>(config.seed);
  std::array<double, 2> low = {1e300, 1e300}, high = {-1e300, -1e300};
  const std::array<double, 2> pixel = {dx, dy};
  for (std::size_t j = 0; j < points.size(); ++j)
    for (int axis = 0; axis < 2; ++axis) {
      const double off =
          2.0 * random::uniform(seed, random::Stream::stage, j, 0, static_cast<std::uint32_t>(axis)) - 1.0;
      double& p = points[j][axis];
      p = (p + config.jitter * scan.step * off) / pixel[axis];
      low[axis] = std::min(low[axis], p);
      high[axis] = std::max(high[axis], p);
    }
  for (auto& p : points)
    for (int axis = 0; axis < 2; ++axis) {
      p[axis] += config.margin - low[axis];
      if (config.whole_pixels) p[axis] = std::round(p[axis]);
    }
  // A fractional position touches one pixel more than the window has.
  const auto size = [&](int axis, int n) {
    return static_cast<int>(std::ceil(high[axis] - low[axis])) + n + 1 + 2 * config.margin;
  };
  scan.object_nx = size(0, nx);
  scan.object_ny = size(1, ny);
  scan.position = std::move(points);
  return scan;
}

std::vector<std::array<double, 2>> displaced_positions(const std::vector<std::array<double, 2>>& position, double sigma,
                                                       std::int64_t seed) {
  if (!(sigma >= 0.0 && std::isfinite(sigma)))
    throw ConfigError(fmt::format("positions are to be off by {} pixels, 0 or more was expected", sigma),
                      "position_error");
  auto moved = position;
  for (std::size_t j = 0; j < moved.size(); ++j) {
    const auto off = random::normal_pair(static_cast<std::uint64_t>(seed), random::Stream::stage, j, 1);
    moved[j][0] += sigma * std::clamp(off.first, -3.0, 3.0);
    moved[j][1] += sigma * std::clamp(off.second, -3.0, 3.0);
  }
  return moved;
}

}  // namespace locum::imaging
