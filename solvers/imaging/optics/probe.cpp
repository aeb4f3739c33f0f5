#include "solvers/imaging/optics/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double mrad = 1e-3;
constexpr double rounding = 1e-9;  // relative: a number typed to meet a bound meets it
// Across the aperture. With fewer the cell is smaller than the disc of the probe's own diffraction and its first ring.
constexpr double fewest_pixels = 3.0;

// Of the radius at frequency (kx, ky), the share of the pixel there that lies within k_max (abTEM, soft_aperture).
double soft_edge(double kx, double ky, double k_max, const Grid& grid) {
  const double k = std::hypot(kx, ky);
  if (k == 0.0) return 1.0;
  const double pixel = std::hypot(kx / k / grid.lx, ky / k / grid.ly);
  return std::clamp((k_max - k) / pixel + 0.5, 0.0, 1.0);
}

int points_for(double length, double k) { return fft::good_size(static_cast<int>(std::ceil(3.0 * length * k - 1e-6))); }

void check_band(const Grid& grid, double angle, double lambda, const std::string& what, const std::string& where) {
  const double k = angle * mrad / lambda, limit = grid.band_limit();
  if (k <= limit * (1.0 + rounding)) return;
  throw ConfigError(
      fmt::format("{} reaches {:.6g} mrad, but the band limit of {} × {} points over {:.6g} × {:.6g} Å is {:.6g} mrad",
                  what, angle, grid.nx, grid.ny, grid.lx, grid.ly, 1e3 * lambda * limit),
      where,
      fmt::format("sample at {:.4g} Å or finer: {} × {} points would do", 1.0 / (3.0 * k), points_for(grid.lx, k),
                  points_for(grid.ly, k)));
}

// exp(−2πi turns). Whole turns are taken off first: a ramp in float is as good as float can be, however far the probe.
template <class T>
KOKKOS_INLINE_FUNCTION fft::Complex<T> ramp(double turns) {
  const double angle = -2.0 * units::pi * (turns - std::floor(turns));
  return fft::Complex<T>(T(std::cos(angle)), T(std::sin(angle)));
}

// Positions travel with the kernel: no copy to the device that someone would have to wait for. Small enough for a
// launch.
constexpr int most_at_once = 32;
struct Positions {
  double x[most_at_once], y[most_at_once];
};

// Ramps of waves first … first + count − 1.
template <class T>
void make_ramps(const ExecutionSpace& space, const Positions& positions, int first, int count, const Grid& grid,
                const Wave<T>& ramp_x, const Wave<T>& ramp_y) {
  Kokkos::parallel_for(
      "imaging_probe_ramps",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0}, {count, std::max(grid.nx, grid.ny)}),
      KOKKOS_LAMBDA(int b, int i) {
        if (i < grid.nx) ramp_x(first + b, i) = ramp<T>(grid.kx(i) * positions.x[b]);
        if (i < grid.ny) ramp_y(first + b, i) = ramp<T>(grid.ky(i) * positions.y[b]);
      });
}

template <class T>
void multiply_ramps(const ExecutionSpace& space, const Wave<T>& probe, int count, const Wave<T>& ramp_x,
                    const Wave<T>& ramp_y, const fft::Waves<T>& waves) {
  const int nx = probe.extent_int(0), ny = probe.extent_int(1);
  Kokkos::parallel_for(
      "imaging_place_probes",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0, 0}, {count, nx, ny}),
      KOKKOS_LAMBDA(int b, int ix, int iy) { waves(b, ix, iy) = probe(ix, iy) * ramp_x(b, ix) * ramp_y(b, iy); });
}

}  // namespace

void ProbeConfig::visit(ConfigVisitor& v) {
  v.value({"energy", "keV", "of the beam", {1.0, 1e4}}, energy);
  v.value({"convergence", "mrad", "semi-angle of the probe-forming aperture", {1e-6, 500.0}}, convergence);
  v.value({"edge",
           "",
           "soft: pixels at the aperture's rim count by their share inside; hard: by their centre",
           {},
           {"soft", "hard"}},
          edge);
  v.value({"tilt", "mrad", "of the whole cone along x and y; detectors stay on the axis", {-500.0, 500.0}}, tilt);
  v.section({"aberrations", "", "of the probe-forming lens"}, aberrations);
}

void ProbeConfig::validate() const {
  wavelength(energy);
  if (!(convergence > 0.0 && convergence <= 500.0))
    throw ConfigError(fmt::format("the convergence is {} mrad, above 0 and at most 500 mrad was expected", convergence),
                      "microscope.convergence", "a plane wave has a mode of its own");
  if (edge != "soft" && edge != "hard")
    throw ConfigError("the aperture's edge is '" + edge + "', soft or hard was expected", "microscope.edge");
  if (tilt.size() != 2)
    throw ConfigError(fmt::format("the tilt has {} numbers, 2 were expected", tilt.size()), "microscope.tilt",
                      "tilt = [x, y] in mrad");
  for (const double t : tilt)
    if (!(std::abs(t) <= 500.0))
      throw ConfigError(fmt::format("the tilt has {} mrad, −500 … 500 mrad was expected", t), "microscope.tilt");
  aberrations.validate();
}

double geometric_radius(const ProbeConfig& config, double depth) {
  config.validate();
  const Aberrations lens(config.aberrations, config.energy, -depth);
  const double k_max = config.convergence * mrad / wavelength(config.energy);
  // Rays may turn back within the aperture (Cs against defocus), so the rim alone will not do. Multiplicities go up to
  // six: 72 azimuths see each of their lobes at twelve points.
  constexpr int radii = 64, azimuths = 72;
  double largest = 0.0;
  for (int r = 1; r <= radii; ++r)
    for (int a = 0; a < azimuths; ++a) {
      const double k = k_max * r / radii, phi = 2.0 * units::pi * a / azimuths;
      const auto ray = lens.ray(k * std::cos(phi), k * std::sin(phi));
      largest = std::max(largest, std::hypot(ray.x, ray.y));
    }
  return largest;
}

void check_probe(const Grid& grid, const ProbeConfig& config) {
  config.validate();
  const double lambda = wavelength(config.energy), k_max = config.convergence * mrad / lambda;
  check_band(grid, config.convergence + std::hypot(config.tilt[0], config.tilt[1]), lambda, "the probe",
             "microscope.convergence");
  const double cell = std::min(grid.lx, grid.ly), across = 2.0 * k_max * cell;
  if (across < fewest_pixels * (1.0 - rounding))
    throw ConfigError(
        fmt::format("the aperture of {:.6g} mrad is {:.3g} pixels of reciprocal space across, at least {:.0f} were "
                    "expected: the probe is wider than the cell of {:.6g} × {:.6g} Å",
                    config.convergence, across, fewest_pixels, grid.lx, grid.ly),
        "microscope.convergence",
        fmt::format("repeat the specimen to {:.4g} Å or more along both sides", fewest_pixels / (2.0 * k_max)));
  const double radius = geometric_radius(config);
  if (radius > 0.5 * cell * (1.0 + rounding))
    throw ConfigError(
        fmt::format("defocus and aberrations spread the probe to {:.4g} Å from its centre, half of the cell of {:.6g} "
                    "× {:.6g} Å is {:.4g} Å: it would meet its own periodic image",
                    radius, grid.lx, grid.ly, 0.5 * cell),
        "microscope.aberrations",
        fmt::format("repeat the specimen to {:.4g} Å or more along both sides, or focus nearer to it", 2.0 * radius));
}

std::vector<std::complex<double>> make_probe(const Grid& grid, const ProbeConfig& config, double focus) {
  check_probe(grid, config);
  const double lambda = wavelength(config.energy), k_max = config.convergence * mrad / lambda;
  const double limit = grid.band_limit() * (1.0 + rounding);
  const Aberrations lens(config.aberrations, config.energy, focus);
  std::vector<std::complex<double>> wave(std::size_t(grid.nx) * grid.ny);
  double norm = 0.0;
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      if (std::hypot(grid.kx(ix), grid.ky(iy)) > limit) continue;
      const double kx = grid.kx(ix) - config.tilt[0] * mrad / lambda;
      const double ky = grid.ky(iy) - config.tilt[1] * mrad / lambda;
      const double amplitude = config.edge == "soft" ? soft_edge(kx, ky, k_max, grid)
                                                     : double(std::hypot(kx, ky) <= k_max * (1.0 + rounding));
      if (amplitude == 0.0) continue;
      wave[std::size_t(ix) * grid.ny + iy] = std::polar(amplitude, -lens.phase(kx, ky));
      norm += amplitude * amplitude;
    }
  const double scale = 1.0 / std::sqrt(norm);
  for (auto& w : wave) w *= scale;
  return wave;
}

Position nearest_tilt(const Grid& grid, double energy, Position tilt) {
  const double lambda = wavelength(energy);
  const auto nearest = [&](double t, double length) {
    return std::round(t * mrad / lambda * length) / length * lambda / mrad;
  };
  return {nearest(tilt.x, grid.lx), nearest(tilt.y, grid.ly)};
}

std::vector<std::complex<double>> make_plane_wave(const Grid& grid, double energy, Position tilt) {
  const double lambda = wavelength(energy);
  const Position used = nearest_tilt(grid, energy, tilt);
  check_band(grid, std::hypot(used.x, used.y), lambda, "the tilted plane wave", "microscope.tilt");
  const int fx = static_cast<int>(std::lround(used.x * mrad / lambda * grid.lx));
  const int fy = static_cast<int>(std::lround(used.y * mrad / lambda * grid.ly));
  std::vector<std::complex<double>> wave(std::size_t(grid.nx) * grid.ny);
  wave[std::size_t((fx + grid.nx) % grid.nx) * grid.ny + (fy + grid.ny) % grid.ny] = 1.0;
  return wave;
}

template <class T>
Wave<T> to_device(const Grid& grid, const std::vector<std::complex<double>>& wave, const std::string& label) {
  if (wave.size() != std::size_t(grid.nx) * grid.ny)
    throw ConfigError(fmt::format("a wave of {} points came to a grid of {} × {}", wave.size(), grid.nx, grid.ny),
                      "imaging.probe");
  const Wave<T> device(uninitialized(label), grid.nx, grid.ny);
  const auto host = Kokkos::create_mirror_view(device);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const auto& w = wave[std::size_t(ix) * grid.ny + iy];
      host(ix, iy) = fft::Complex<T>(T(w.real()), T(w.imag()));
    }
  Kokkos::deep_copy(device, host);
  return device;
}

template <class T>
ProbePlacer<T>::ProbePlacer(const Grid& grid, int batch)
    : grid_(grid),
      batch_(batch),
      ramp_x_(uninitialized("probe_ramp_x"), batch, grid.nx),
      ramp_y_(uninitialized("probe_ramp_y"), batch, grid.ny) {}

template <class T>
void ProbePlacer<T>::place(const ExecutionSpace& space, const Wave<T>& probe, const std::vector<Position>& positions,
                           const fft::Waves<T>& waves) const {
  const int count = static_cast<int>(positions.size());
  if (count > batch_ || count > waves.extent_int(0) || waves.extent_int(1) != grid_.nx ||
      waves.extent_int(2) != grid_.ny)
    throw ConfigError(fmt::format("{} probes were to be placed into waves of shape ({}, {}, {}), at most {} of {} × {} "
                                  "points were expected",
                                  count, waves.extent(0), waves.extent(1), waves.extent(2), batch_, grid_.nx, grid_.ny),
                      "imaging.probe");
  if (count == 0) return;
  for (int first = 0; first < count; first += most_at_once) {
    Positions some{};
    const int now = std::min(most_at_once, count - first);
    for (int b = 0; b < now; ++b) {
      some.x[b] = positions[first + b].x;
      some.y[b] = positions[first + b].y;
    }
    make_ramps<T>(space, some, first, now, grid_, ramp_x_, ramp_y_);
  }
  multiply_ramps<T>(space, probe, count, ramp_x_, ramp_y_, waves);
}

template Wave<float> to_device<float>(const Grid&, const std::vector<std::complex<double>>&, const std::string&);
template Wave<double> to_device<double>(const Grid&, const std::vector<std::complex<double>>&, const std::string&);
template class ProbePlacer<float>;
template class ProbePlacer<double>;

}  // namespace locum::imaging
