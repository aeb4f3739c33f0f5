#include "solvers/imaging/ptychography/quality/ring_correlation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

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

// A window w correlates white noise at frequencies d pixels apart by F[w²](d) / F[w²](0): its square for d = 0 … reach
// − 1.
constexpr int reach = 4;
std::array<double, reach> correlation_of_neighbours(const std::vector<double>& w) {
  std::array<double, reach> square{};
  double first = 0.0;
  for (int d = 0; d < reach; ++d) {
    std::complex<double> sum = 0.0;
    for (std::size_t i = 0; i < w.size(); ++i)
      sum +=
          w[i] * w[i] * std::polar(1.0, 2.0 * units::pi * d * static_cast<double>(i) / static_cast<double>(w.size()));
    if (d == 0) first = std::norm(sum);
    square[d] = std::norm(sum) / first;
  }
  return square;
}

struct Ring {
  std::complex<double> product = 0.0;
  double a = 0.0, b = 0.0;
  double pixels = 0.0;
  double pairs = 0.0;  // Σ over pairs of its pixels of their squared correlation
  // Numbers as independent as these would scatter alike.
  double independent() const { return pairs > 0.0 ? std::max(1.0, pixels * pixels / pairs) : 1.0; }
};

// Ring of each Fourier pixel, (nx, ny).
std::vector<int> ring_numbers(int nx, int ny, double dx, double dy, double width) {
  std::vector<int> ring;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy)
      ring.push_back(static_cast<int>(std::lround(std::hypot(frequency(ix, nx) / dx, frequency(iy, ny) / dy) / width)));
  return ring;
}

// How much the pixel (ix, iy) is correlated with those of its own ring, itself among them.
double pairs_of(const std::vector<int>& ring, int nx, int ny, int ix, int iy, const std::array<double, reach>& cx,
                const std::array<double, reach>& cy) {
  const int own = ring[static_cast<std::size_t>(ix) * ny + iy];
  double sum = 0.0;
  for (int a = 1 - reach; a < reach; ++a)
    for (int b = 1 - reach; b < reach; ++b) {
      const int jx = (ix + a + nx) % nx, jy = (iy + b + ny) % ny;
      if (ring[static_cast<std::size_t>(jx) * ny + jy] == own) sum += cx[std::abs(a)] * cy[std::abs(b)];
    }
  return sum;
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
  const std::vector<int> ring = ring_numbers(nx, ny, dx, dy, width);
  const auto cx = correlation_of_neighbours(wx), cy = correlation_of_neighbours(wy);
  std::vector<Ring> rings(static_cast<std::size_t>(nyquist / width) + 1);
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const std::size_t k = static_cast<std::size_t>(ix) * ny + iy;
      if (ring[k] >= static_cast<int>(rings.size())) continue;
      Ring& r = rings[static_cast<std::size_t>(ring[k])];
      r.product += x[k] * std::conj(y[k]);
      r.a += std::norm(x[k]);
      r.b += std::norm(y[k]);
      r.pixels += 1.0;
      r.pairs += pairs_of(ring, nx, ny, ix, iy, cx, cy);
    }
  RingCorrelation found;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    const double power = std::sqrt(rings[i].a * rings[i].b), root = std::sqrt(rings[i].independent());
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
