#include "solvers/imaging/optics/coherence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double rest_energy = 510.99895;  // keV, CODATA 2018
constexpr double angstrom_per_mm = 1e7;
constexpr int most_points = 64;

void check_not_negative(double value, const char* name, const char* unit) {
  if (!(value >= 0.0 && std::isfinite(value)))
    throw ConfigError(fmt::format("{} is {} {}, 0 or more was expected", name, value, unit),
                      std::string("coherence.") + name);
}

// Value h_n of the orthonormal Hermite polynomial of the normal distribution, and of the one before:
// √(k+1) h_{k+1} = x h_k − √k h_{k−1}.
struct Hermite {
  double value, before;
};
Hermite hermite(int n, double x) {
  double before = 0.0, value = 1.0;
  for (int k = 0; k < n; ++k) {
    const double next = (x * value - std::sqrt(double(k)) * before) / std::sqrt(k + 1.0);
    before = value;
    value = next;
  }
  return {value, before};
}

// Roots of two following orders lie between each other, so bisection finds each without a guess.
std::vector<double> hermite_roots(int n) {
  std::vector<double> roots;
  for (int order = 1; order <= n; ++order) {
    const double reach = 2.0 * std::sqrt(order + 1.0);  // beyond the outermost root
    std::vector<double> bound = {-reach};
    bound.insert(bound.end(), roots.begin(), roots.end());
    bound.push_back(reach);
    roots.assign(order, 0.0);
    for (int r = 0; r < order; ++r) {
      double low = bound[r], high = bound[r + 1];
      const bool rising = hermite(order, low).value < 0.0;
      for (int step = 0; step < 80; ++step) {
        const double middle = 0.5 * (low + high);
        ((hermite(order, middle).value < 0.0) == rising ? low : high) = middle;
      }
      roots[r] = 0.5 * (low + high);
    }
  }
  return roots;
}

// Weight at a distance of j steps, j = 0 … n − 1, of a Gaussian of s steps on a ring of n.
std::vector<double> ring_kernel(int n, double s) {
  std::vector<double> kernel(n);
  for (int j = 0; j < n; ++j) {
    double sum = 1.0;
    for (int q = 1; 2 * q <= n; ++q) {
      const double damping = std::exp(-2.0 * units::pi * units::pi * s * s * q / n * q / n);
      sum += (2 * q == n ? 1.0 : 2.0) * damping * std::cos(2.0 * units::pi * (double(q) * j / n));
    }
    kernel[j] = sum / n;
  }
  return kernel;
}

// What position i of n takes from the one `distance` further on.
struct Tap {
  int distance;
  double weight;
};

std::vector<Tap> make_taps(int n, bool periodic, double s) {
  std::vector<Tap> taps;
  if (periodic) {
    const auto kernel = ring_kernel(n, s);
    constexpr double nothing = 1e-16;  // of a kernel whose sum is 1: rounding
    for (int j = 0; j < n; ++j)
      if (std::abs(kernel[j]) > nothing) taps.push_back({j, kernel[j]});
    return taps;
  }
  const int reach = std::min(n - 1, static_cast<int>(std::ceil(6.0 * s)));
  for (int j = -reach; j <= reach; ++j) taps.push_back({j, std::exp(-0.5 * j / s * j / s)});
  return taps;
}

// Along the middle of (outer, n, inner).
template <class T>
void blur_axis(std::span<T> values, std::size_t outer, int n, std::size_t inner, bool periodic, double s) {
  if (n < 2) return;
  const auto taps = make_taps(n, periodic, s);
  constexpr std::size_t most = 256;  // channels at a time: n rows of them stay in the cache
  std::vector<double> column(std::size_t(n) * std::min(most, inner)), row(std::min(most, inner));
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t first = 0; first < inner; first += most) {
      const std::size_t width = std::min(most, inner - first);
      T* const data = values.data() + o * n * inner + first;
      for (int i = 0; i < n; ++i) std::copy_n(data + i * inner, width, column.begin() + i * width);
      for (int i = 0; i < n; ++i) {
        std::fill_n(row.begin(), width, 0.0);
        double share = 0.0;
        for (const auto& [distance, weight] : taps) {
          const int j = periodic ? (i + distance) % n : i + distance;
          if (j < 0 || j >= n) continue;
          share += weight;
          for (std::size_t c = 0; c < width; ++c) row[c] += weight * column[j * width + c];
        }
        for (std::size_t c = 0; c < width; ++c) data[i * inner + c] = static_cast<T>(row[c] / share);
      }
    }
}

}  // namespace

void CoherenceConfig::visit(ConfigVisitor& v) {
  v.value(
      {"focal_spread", "Angstrom", "standard deviation of the defocus; 0: from Cc and the instabilities", {0.0, 1e5}},
      focal_spread);
  v.value({"Cc", "mm", "chromatic aberration", {0.0, 1e3}}, Cc);
  v.value({"energy_spread", "eV", "of the source, full width at half maximum", {0.0, 1e3}}, energy_spread);
  v.value({"current_instability", "ppm", "of the objective lens, standard deviation", {0.0, 1e4}}, current_instability);
  v.value({"focal_points", "", "of the Gauss-Hermite quadrature over the focal spread", {1, most_points}},
          focal_points);
  v.value({"source_size", "Angstrom", "image of the source on the specimen, full width at half maximum", {0.0, 1e3}},
          source_size);
  v.value({"illumination", "mrad", "standard deviation along an axis of the plane wave's direction", {0.0, 100.0}},
          illumination);
}

void CoherenceConfig::validate() const {
  check_not_negative(focal_spread, "focal_spread", "Å");
  check_not_negative(Cc, "Cc", "mm");
  check_not_negative(energy_spread, "energy_spread", "eV");
  check_not_negative(current_instability, "current_instability", "ppm");
  check_not_negative(source_size, "source_size", "Å");
  check_not_negative(illumination, "illumination", "mrad");
  if (focal_points < 1 || focal_points > most_points)
    throw ConfigError(fmt::format("{} focal points were asked for, 1 … {} were expected", focal_points, most_points),
                      "coherence.focal_points");
  if (focal_spread > 0.0 && Cc > 0.0)
    throw ConfigError(fmt::format("a focal spread of {} Å and a Cc of {} mm were given, one of the two was expected",
                                  focal_spread, Cc),
                      "coherence.focal_spread", "leave out focal_spread to have it from Cc, or Cc");
  if (Cc == 0.0 && (energy_spread > 0.0 || current_instability > 0.0))
    throw ConfigError(fmt::format("an energy spread of {} eV and an instability of {} ppm do nothing at a Cc of 0 mm",
                                  energy_spread, current_instability),
                      "coherence.Cc", "give Cc; some 1 mm is usual");
}

double standard_deviation(double full_width) { return full_width / std::sqrt(8.0 * std::log(2.0)); }

double focal_spread(const CoherenceConfig& config, double energy) {
  config.validate();
  wavelength(energy);  // refuses what is no energy
  if (config.focal_spread > 0.0) return config.focal_spread;
  const double relativistic = (1.0 + energy / rest_energy) / (1.0 + 0.5 * energy / rest_energy);
  const double chromatic = relativistic * standard_deviation(config.energy_spread) / (1e3 * energy);
  return config.Cc * angstrom_per_mm * std::hypot(chromatic, 2e-6 * config.current_instability);
}

std::vector<FocalPoint> focal_quadrature(double spread, int points) {
  check_not_negative(spread, "focal_spread", "Å");
  if (points < 1 || points > most_points)
    throw ConfigError(fmt::format("{} focal points were asked for, 1 … {} were expected", points, most_points),
                      "coherence.focal_points");
  if (spread == 0.0) return {{0.0, 1.0}};
  std::vector<FocalPoint> rule;
  double total = 0.0;
  const auto roots = hermite_roots(points);
  for (int r = 0; r < points; ++r) {
    // A pair ±x shares one |x|, so that odd moments vanish to the last bit.
    const double x = 0.5 * (roots[r] - roots[points - 1 - r]);
    const double before = hermite(points, x).before;
    rule.push_back({spread * x, 1.0 / (points * before * before)});  // Christoffel number: 1 / (n h_{n−1}²)
    total += rule.back().weight;
  }
  for (auto& p : rule) p.weight /= total;
  return rule;
}

template <class T>
void blur_source(std::span<T> values, const ScanShape& scan, std::size_t channels, double sigma) {
  check_not_negative(sigma, "source_size", "Å");
  if (scan.nx < 1 || scan.ny < 1 || values.size() != std::size_t(scan.nx) * scan.ny * channels)
    throw ConfigError(fmt::format("{} values came to a scan of {} × {} positions with {} channels", values.size(),
                                  scan.nx, scan.ny, channels),
                      "imaging.coherence");
  if (sigma == 0.0 || values.empty()) return;
  if ((scan.nx > 1 && !(scan.step_x > 0.0)) || (scan.ny > 1 && !(scan.step_y > 0.0)))
    throw ConfigError(
        fmt::format("a source of σ = {:.4g} Å was to blur positions that are no raster and no line", sigma),
        "coherence.source_size", "scan a raster, or set the source's size to 0");
  blur_axis(values, 1, scan.nx, scan.ny * channels, scan.periodic_x, sigma / scan.step_x);
  blur_axis(values, scan.nx, scan.ny, channels, scan.periodic_y, sigma / scan.step_y);
}

template void blur_source<float>(std::span<float>, const ScanShape&, std::size_t, double);
template void blur_source<double>(std::span<double>, const ScanShape&, std::size_t, double);

}  // namespace locum::imaging
