#include "solvers/imaging/ptychography/frames/window_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/linalg/eigen.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/optics/coherence.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::imaging {
namespace {

using Complex = std::complex<double>;
using Value = Ptychogram::Value;

constexpr int source_points = 11;     // along each axis, of the quadrature over the source: exact to degree 21
constexpr double free_radius = 0.34;  // of the window's side: probes so wide have some 0.7 % on the rim

std::size_t pixels_of(const Grid& g) { return static_cast<std::size_t>(g.nx) * static_cast<std::size_t>(g.ny); }

// Å: the geometric radius and the first ring of diffraction.
double radius_of(const ProbeConfig& lens) {
  return geometric_radius(lens) + 0.61 * wavelength(lens.energy) / (1e-3 * lens.convergence);
}

[[noreturn]] void refuse_window(const std::string& what, const Grid& window, const ProbeConfig& lens) {
  const double radius = radius_of(lens), pixel = std::min(window.dx(), window.dy());
  const double diffraction = 0.61 * wavelength(lens.energy) / (1e-3 * lens.convergence);
  const double room = free_radius * std::min(window.lx, window.ly) - diffraction;
  // Where the radius fits and modes reach farther, a quarter more of window is worth a try.
  const double needed = std::max(radius / free_radius / pixel, 1.25 * std::max(window.nx, window.ny));
  const int points = fft::good_size(static_cast<int>(std::ceil(needed)));
  std::string hint = fmt::format("a window of {0} × {0} pixels or more would do", points);
  if (room > 0.0 && room < geometric_radius(lens))
    hint +=
        fmt::format(", or a defocus of {:.3g} Å or less without other aberrations", room / (1e-3 * lens.convergence));
  throw ConfigError(fmt::format("{}; the window is {:.4g} × {:.4g} Å, the probe's radius some {:.4g} Å", what,
                                window.lx, window.ly, radius),
                    "probe", hint);
}

Complex product(const Image& a, const Image& b) {
  Complex sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::conj(a[k]) * b[k];
  return sum;
}

// Waves ψ(k) exp(−2πi k·s) of a source's points s with their weights, made orthogonal: each mode's spectrum.
std::vector<Image> source_modes(const Context& context, const Grid& window, const Image& spectrum, double sigma,
                                int modes) {
  const auto rule = focal_quadrature(sigma, source_points);
  struct Point {
    double x, y, root;
  };
  std::vector<Point> points;
  for (const auto& a : rule)
    for (const auto& b : rule) points.push_back({a.focus, b.focus, std::sqrt(a.weight * b.weight)});
  const int n = static_cast<int>(points.size());
  std::vector<std::size_t> lit;
  for (std::size_t k = 0; k < spectrum.size(); ++k)
    if (std::norm(spectrum[k]) > 0.0) lit.push_back(k);
  std::vector<Image> moved(points.size());  // √g(s) ψ(k) exp(−2πi k·s) where ψ is not 0
  for (std::size_t i = 0; i < points.size(); ++i)
    for (const std::size_t k : lit) {
      const int ix = static_cast<int>(k) / window.ny, iy = static_cast<int>(k) % window.ny;
      const double turns = window.kx(ix) * points[i].x + window.ky(iy) * points[i].y;
      moved[i].push_back(points[i].root * spectrum[k] * std::polar(1.0, -2.0 * units::pi * turns));
    }
  const linalg::Matrix<Kokkos::complex<double>> gram("imaging::source_gram", n, n),
      vectors("imaging::source_modes", n, n);
  const View<double*> values("imaging::source_shares", n);
  const auto gram_host = Kokkos::create_mirror_view(gram);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) {
      const Complex sum = -product(moved[i], moved[j]);  // negative: the solver's lowest are the modes' largest
      gram_host(i, j) = Kokkos::complex<double>(sum.real(), sum.imag());
      gram_host(j, i) = Kokkos::complex<double>(sum.real(), -sum.imag());
    }
  Kokkos::deep_copy(gram, gram_host);
  linalg::EigenSolver().hermitian(context.space, gram, values, vectors, modes);
  const auto vectors_host = host_copy(vectors);
  std::vector<Image> result(static_cast<std::size_t>(modes), Image(spectrum.size()));
  for (int m = 0; m < modes; ++m)
    for (int i = 0; i < n; ++i) {
      const Complex share(vectors_host(m, i).real(), vectors_host(m, i).imag());
      for (std::size_t k = 0; k < lit.size(); ++k) result[m][lit[k]] += share * moved[i][k];
    }
  return result;
}

// The spectrum times 1, kx, ky, kx², kx ky, ky² … in units of the aperture, orthonormal.
std::vector<Image> derivative_modes(const Grid& window, const Image& spectrum, double k_max, int modes) {
  std::vector<Image> result;
  for (int order = 0; static_cast<int>(result.size()) < modes; ++order)
    for (int py = 0; py <= order && static_cast<int>(result.size()) < modes; ++py) {
      Image mode = spectrum;
      for (int ix = 0; ix < window.nx; ++ix)
        for (int iy = 0; iy < window.ny; ++iy)
          mode[static_cast<std::size_t>(ix) * window.ny + iy] *=
              std::pow(window.kx(ix) / k_max, order - py) * std::pow(window.ky(iy) / k_max, py);
      for (int pass = 0; pass < 2; ++pass)  // the second takes off what rounding left
        for (const Image& before : result) {
          const Complex part = product(before, mode);
          for (std::size_t k = 0; k < mode.size(); ++k) mode[k] -= part * before[k];
        }
      const double norm = std::sqrt(product(mode, mode).real());
      for (auto& v : mode) v /= norm;
      result.push_back(std::move(mode));
    }
  return result;
}

// To real space, the middle of the window at pixel (nx/2, ny/2).
void centre(const Grid& window, const ImageTransform& transform, Image& spectrum) {
  for (int ix = 0; ix < window.nx; ++ix)
    for (int iy = 0; iy < window.ny; ++iy)
      spectrum[static_cast<std::size_t>(ix) * window.ny + iy] *= std::polar(
          1.0,
          -2.0 * units::pi * (frequency(ix, window.nx) * (window.nx / 2) + frequency(iy, window.ny) * (window.ny / 2)));
  transform.inverse(spectrum);
}

std::vector<double> intensity_of(std::span<const Value> probe, int modes, std::size_t pixels) {
  if (modes < 1 || probe.size() != static_cast<std::size_t>(modes) * pixels)
    throw ConfigError(
        fmt::format("a probe of {} numbers, {} mode(s) of {} pixels were expected", probe.size(), modes, pixels),
        "probe");
  std::vector<double> sum(pixels, 0.0);
  for (std::size_t k = 0; k < probe.size(); ++k) sum[k % pixels] += std::norm(std::complex<double>(probe[k]));
  return sum;
}

}  // namespace

void WindowProbeConfig::visit(ConfigVisitor& v) {
  v.value({"modes", "", "of the mixed state", {1, 64}}, modes);
  v.value({"source_size", "Angstrom", "image of the source on the specimen, full width at half maximum", {0.0, 1e3}},
          source_size);
  v.value({"occupation", "", "share of each mode, instead of source_size", {0.0, 1.0}}, occupation);
  v.value({"rim_share",
           "",
           "of the intensity, that the window's rim may hold, a sixteenth of its width on each side",
           {0.0, 1.0}},
          rim_share);
}

void WindowProbeConfig::validate() const {
  if (modes < 1 || modes > 64)
    throw ConfigError(fmt::format("{} modes were asked for, 1 … 64 were expected", modes), "window.modes");
  if (!(source_size >= 0.0 && std::isfinite(source_size)))
    throw ConfigError(fmt::format("the source size is {} Å, 0 or more was expected", source_size),
                      "window.source_size");
  if (!occupation.empty() && source_size > 0.0)
    throw ConfigError("occupations and a source size were given, one of the two was expected", "window.occupation");
  if (!occupation.empty() && static_cast<int>(occupation.size()) != modes)
    throw ConfigError(fmt::format("{} occupations for {} modes", occupation.size(), modes), "window.occupation",
                      "give the share of each mode");
  const bool shares =
      std::all_of(occupation.begin(), occupation.end(), [](double o) { return o > 0.0 && std::isfinite(o); });
  if (!shares) throw ConfigError("an occupation is 0 or less, above 0 was expected", "window.occupation");
  if (modes > 1 && occupation.empty() && source_size == 0.0)
    throw ConfigError(fmt::format("{} modes of a coherent probe were asked for", modes), "window.modes",
                      "give the source's size or the modes' occupation");
}

std::vector<Value> make_window_probe(const Context& context, const Grid& window, const ProbeConfig& lens,
                                     const WindowProbeConfig& config, double counts) {
  config.validate();
  if (!(counts > 0.0 && std::isfinite(counts)))
    throw ConfigError(fmt::format("a frame is to have {} counts, above 0 was expected", counts), "probe.counts");
  if (geometric_radius(lens) > 0.5 * std::min(window.lx, window.ly))
    refuse_window("the probe is wider than its window", window, lens);
  const Image spectrum = make_probe(window, lens);
  const double k_max = 1e-3 * lens.convergence / wavelength(lens.energy);
  std::vector<Image> modes =
      config.source_size > 0.0
          ? source_modes(context, window, spectrum, standard_deviation(config.source_size), config.modes)
          : derivative_modes(window, spectrum, k_max, config.modes);
  for (std::size_t m = 0; m < config.occupation.size(); ++m)
    for (auto& v : modes[m]) v *= std::sqrt(config.occupation[m]);
  const ImageTransform transform(window.nx, window.ny);
  for (auto& mode : modes) centre(window, transform, mode);
  double total = 0.0;
  for (const auto& mode : modes) total += product(mode, mode).real();
  std::vector<Value> probe;
  for (const auto& mode : modes)
    for (const auto& v : mode) probe.push_back(Value(v * std::sqrt(counts / total)));
  const double rim = rim_share(probe, config.modes, window.nx, window.ny);
  if (rim > config.rim_share)
    refuse_window(fmt::format("the window's rim holds {:.2g} % of the probe, at most {:.2g} % were expected",
                              100.0 * rim, 100.0 * config.rim_share),
                  window, lens);
  return probe;
}

double rim_share(std::span<const Value> probe, int modes, int nx, int ny) {
  const auto intensity = intensity_of(probe, modes, static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny));
  double rim = 0.0, all = 0.0;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const double i = intensity[static_cast<std::size_t>(ix) * ny + iy];
      all += i;
      if (ix < nx / 16 || ix >= nx - nx / 16 || iy < ny / 16 || iy >= ny - ny / 16) rim += i;
    }
  return all > 0.0 ? rim / all : 0.0;
}

double probe_diameter(std::span<const Value> probe, const Grid& window, int modes, double share) {
  const auto intensity = intensity_of(probe, modes, pixels_of(window));
  double all = 0.0, cx = 0.0, cy = 0.0;
  for (std::size_t k = 0; k < intensity.size(); ++k) {
    all += intensity[k];
    cx += intensity[k] * static_cast<double>(k / window.ny);
    cy += intensity[k] * static_cast<double>(k % window.ny);
  }
  if (!(all > 0.0)) throw ConfigError("the probe is zero everywhere", "probe");
  std::vector<std::pair<double, double>> by_radius;
  for (std::size_t k = 0; k < intensity.size(); ++k)
    by_radius.emplace_back(std::hypot((static_cast<double>(k / window.ny) - cx / all) * window.dx(),
                                      (static_cast<double>(k % window.ny) - cy / all) * window.dy()),
                           intensity[k]);
  std::sort(by_radius.begin(), by_radius.end());
  double held = 0.0;
  for (const auto& [radius, i] : by_radius)
    if ((held += i) >= share * all) return 2.0 * radius;
  return 2.0 * by_radius.back().first;
}

std::vector<double> mode_occupation(std::span<const Value> probe, int modes) {
  const std::size_t pixels = probe.size() / static_cast<std::size_t>(modes);
  std::vector<double> share(static_cast<std::size_t>(modes), 0.0);
  for (std::size_t k = 0; k < probe.size(); ++k) share[k / pixels] += std::norm(std::complex<double>(probe[k]));
  const double all = std::accumulate(share.begin(), share.end(), 0.0);
  for (double& s : share) s /= all;
  return share;
}

std::vector<Value> shifted_probe(std::span<const Value> probe, int modes, int nx, int ny, std::array<double, 2> shift) {
  const std::size_t pixels = static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny);
  intensity_of(probe, modes, pixels);  // checks the sizes
  const ImageTransform transform(nx, ny);
  std::vector<Value> moved;
  for (int m = 0; m < modes; ++m) {
    Image mode(probe.begin() + static_cast<std::ptrdiff_t>(m * pixels),
               probe.begin() + static_cast<std::ptrdiff_t>((m + 1) * pixels));
    transform.forward(mode);
    for (int ix = 0; ix < nx; ++ix)
      for (int iy = 0; iy < ny; ++iy)
        mode[static_cast<std::size_t>(ix) * ny + iy] *=
            std::polar(1.0, -2.0 * units::pi * (frequency(ix, nx) * shift[0] + frequency(iy, ny) * shift[1]));
    transform.inverse(mode);
    for (const auto& v : mode) moved.push_back(Value(v));
  }
  return moved;
}

}  // namespace locum::imaging
