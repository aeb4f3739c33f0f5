#include "solvers/imaging/ptychography/ring_correlation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/ptychography/image_transform.hpp"

namespace locum::imaging {
namespace {

using Value = Ptychogram::Value;

// Raised cosines at both ends, 1 between.
std::vector<double> taper(int n, double edge) {
  std::vector<double> w(static_cast<std::size_t>(n), 1.0);
  const double width = 0.5 * edge * n;
  for (int i = 0; i < n; ++i) {
    const double from_end = std::min(i + 0.5, n - i - 0.5);
    if (from_end < width) w[i] = 0.5 - 0.5 * std::cos(units::pi * from_end / width);
  }
  return w;
}

Image prepared(std::span<const Value> image, int nx, int ny, const std::vector<double>& wx,
               const std::vector<double>& wy) {
  Image out(image.begin(), image.end());
  std::complex<double> mean = 0.0;
  double weight = 0.0;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      mean += wx[ix] * wy[iy] * out[static_cast<std::size_t>(ix) * ny + iy];
      weight += wx[ix] * wy[iy];
    }
  mean /= weight;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      auto& v = out[static_cast<std::size_t>(ix) * ny + iy];
      v = wx[ix] * wy[iy] * (v - mean);
    }
  ImageTransform(nx, ny).forward(out);
  return out;
}

// Share of Fourier pixels that stay independent under a window, (Σw²)² / (N Σw⁴): it correlates neighbours.
double independent_share(const std::vector<double>& w) {
  double two = 0.0, four = 0.0;
  for (const double v : w) {
    two += v * v;
    four += v * v * v * v;
  }
  return two * two / (static_cast<double>(w.size()) * four);
}

// Where `correlation` falls below `threshold` for two rings, Å⁻¹; 0: nowhere. The first ring is the constant part's.
double crossing(const std::vector<double>& frequency, const std::vector<double>& correlation,
                const std::vector<double>& threshold) {
  const std::size_t n = correlation.size();
  const auto above = [&](std::size_t i) { return correlation[i] - threshold[i]; };
  for (std::size_t i = 1; i < n; ++i) {
    if (above(i) >= 0.0 || (i + 1 < n && above(i + 1) >= 0.0)) continue;
    if (i == 1 || above(i - 1) <= 0.0) return frequency[i];
    const double share = above(i - 1) / (above(i - 1) - above(i));
    return frequency[i - 1] + share * (frequency[i] - frequency[i - 1]);
  }
  return 0.0;
}

struct Ring {
  std::complex<double> product = 0.0;
  double a = 0.0, b = 0.0;
  int pixels = 0;
};

}  // namespace

void RingCorrelationConfig::visit(ConfigVisitor& v) {
  v.value({"edge", "", "share of each side over which the window falls off, both ends together", {0.0, 1.0}}, edge);
}

void RingCorrelationConfig::validate() const {
  if (!(edge >= 0.0 && edge <= 1.0))
    throw ConfigError(fmt::format("the window's edge is {} of a side, 0 … 1 was expected", edge),
                      "ring_correlation.edge");
}

RingCorrelation ring_correlation(std::span<const Value> a, std::span<const Value> b, int nx, int ny, double dx,
                                 double dy, const RingCorrelationConfig& config) {
  config.validate();
  const std::size_t size = nx > 0 && ny > 0 ? static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) : 0;
  if (nx < 8 || ny < 8 || a.size() != size || b.size() != size || !(dx > 0.0 && dy > 0.0))
    throw ConfigError(fmt::format("images of {} and {} numbers for {} × {} pixels of {} × {} Å, two equal ones of at "
                                  "least 8 × 8 were expected",
                                  a.size(), b.size(), nx, ny, dx, dy),
                      "ring_correlation");
  const auto wx = taper(nx, config.edge), wy = taper(ny, config.edge);
  const Image x = prepared(a, nx, ny, wx, wy), y = prepared(b, nx, ny, wx, wy);
  const double width = std::max(1.0 / (nx * dx), 1.0 / (ny * dy)), nyquist = std::min(0.5 / dx, 0.5 / dy);
  std::vector<Ring> rings(static_cast<std::size_t>(nyquist / width) + 1);
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const auto at =
          static_cast<std::size_t>(std::lround(std::hypot(frequency(ix, nx) / dx, frequency(iy, ny) / dy) / width));
      if (at >= rings.size()) continue;
      const std::size_t k = static_cast<std::size_t>(ix) * ny + iy;
      rings[at].product += x[k] * std::conj(y[k]);
      rings[at].a += std::norm(x[k]);
      rings[at].b += std::norm(y[k]);
      ++rings[at].pixels;
    }
  const double share = independent_share(wx) * independent_share(wy);
  RingCorrelation found;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    const double power = std::sqrt(rings[i].a * rings[i].b), root = std::sqrt(std::max(1.0, share * rings[i].pixels));
    found.frequency.push_back(static_cast<double>(i) * width);
    found.correlation.push_back(power > 0.0 ? rings[i].product.real() / power : 0.0);
    found.half_bit.push_back((0.2071 + 1.9102 / root) / (1.2071 + 0.9102 / root));
  }
  const auto resolution = [&](const std::vector<double>& threshold, bool& limited) {
    const double k = crossing(found.frequency, found.correlation, threshold);
    limited = k == 0.0;
    return 1.0 / (limited ? nyquist : k);
  };
  found.resolution_half_bit = resolution(found.half_bit, found.limited_half_bit);
  found.resolution_seventh = resolution(std::vector<double>(rings.size(), found.seventh), found.limited_seventh);
  return found;
}

std::vector<Value> cropped(std::span<const Value> image, int nx, int ny, const PixelBox& box) {
  if (image.size() != static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) || box.empty() ||
      intersection(box, {0, 0, nx, ny}) != box)
    throw ConfigError(
        fmt::format("[{}, {}) × [{}, {}) was to be cut out of {} × {} pixels", box.x0, box.x1, box.y0, box.y1, nx, ny),
        "cropped");
  std::vector<Value> out;
  for (int ix = box.x0; ix < box.x1; ++ix) {
    const auto row = image.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(ix) * ny);
    out.insert(out.end(), row + box.y0, row + box.y1);
  }
  return out;
}

}  // namespace locum::imaging
