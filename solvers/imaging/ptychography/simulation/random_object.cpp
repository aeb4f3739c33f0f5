#include "solvers/imaging/ptychography/simulation/random_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::imaging {
namespace {

using units::pi;
using Pattern = std::vector<double>;

// Random numbers of one pattern: draw `d` of item `what`.
struct Dice {
  std::uint64_t seed, when;
  double operator()(std::int64_t what, std::uint32_t d) const {
    return random::uniform(seed, random::Stream::object, static_cast<std::uint64_t>(what), when, d);
  }
  double between(double low, double high, std::int64_t what, std::uint32_t d) const {
    return low + (high - low) * (*this)(what, d);
  }
  // Item of the cell (i, j) of a raster that goes on beyond the image: both from −2¹⁹ on.
  static std::int64_t at(int i, int j) { return ((static_cast<std::int64_t>(i) + (1 << 19)) << 20) + j + (1 << 19); }
};

struct Frame {
  int nx, ny;
  std::size_t size() const { return static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny); }
  std::size_t index(int ix, int iy) const { return static_cast<std::size_t>(ix) * ny + iy; }
};

void stretch(Pattern& p) {
  const auto [low, high] = std::minmax_element(p.begin(), p.end());
  const double from = *low, range = *high - *low;
  for (double& v : p) v = range > 0.0 ? (v - from) / range : 0.0;
}

// √ of the power spectrum times a normal field of each pixel's own numbers; no constant part.
Pattern natural(const Frame& f, const Dice& dice, const RandomObjectConfig& config) {
  Image field(f.size());
  for (std::size_t k = 0; k < field.size(); ++k)
    field[k] = random::normal_pair(dice.seed, random::Stream::object, k, dice.when).first;
  const ImageTransform transform(f.nx, f.ny);
  transform.forward(field);
  for (int ix = 0; ix < f.nx; ++ix)
    for (int iy = 0; iy < f.ny; ++iy) {
      const double k = std::hypot(frequency(ix, f.nx), frequency(iy, f.ny));
      field[f.index(ix, iy)] *= k > 0.0 ? std::pow(k, -0.5 * config.exponent) : 0.0;
    }
  transform.inverse(field);
  Pattern p(f.size());
  std::transform(field.begin(), field.end(), p.begin(), [](const std::complex<double>& v) { return v.real(); });
  return p;
}

Pattern binary(const Frame& f, const Dice& dice, const RandomObjectConfig& config) {
  Pattern p = natural(f, dice, config), sorted = p;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double median = *middle;
  for (double& v : p) v = v >= median ? 1.0 : 0.0;
  return p;
}

// One ellipse to each square of a raster of the feature's size.
Pattern cells(const Frame& f, const Dice& dice, const RandomObjectConfig& config) {
  const double feature = config.feature;
  Pattern p(f.size(), 0.0);
  const int reach_x = static_cast<int>(f.nx / feature) + 3, reach_y = static_cast<int>(f.ny / feature) + 3;
  for (int i = -2; i < reach_x; ++i)
    for (int j = -2; j < reach_y; ++j) {
      const std::int64_t item = Dice::at(i, j);
      const double cx = (i + dice(item, 0)) * feature, cy = (j + dice(item, 1)) * feature;
      const double a = feature * dice.between(0.4, 1.5, item, 2), b = a * dice.between(0.5, 1.0, item, 3);
      const double angle = pi * dice(item, 4), height = dice.between(0.3, 1.0, item, 5);
      const double c = std::cos(angle), s = std::sin(angle);
      const int x0 = std::max(0, static_cast<int>(cx - a)), x1 = std::min(f.nx, static_cast<int>(cx + a) + 2);
      const int y0 = std::max(0, static_cast<int>(cy - a)), y1 = std::min(f.ny, static_cast<int>(cy + a) + 2);
      for (int ix = x0; ix < x1; ++ix)
        for (int iy = y0; iy < y1; ++iy) {
          const double u = (c * (ix - cx) + s * (iy - cy)) / a, v = (c * (iy - cy) - s * (ix - cx)) / b;
          const double inside = 1.0 - u * u - v * v;
          if (inside > 0.0) p[f.index(ix, iy)] += height * inside;  // a dome
        }
    }
  stretch(p);
  return p;
}

Pattern points(const Frame& f, const Dice& dice, const RandomObjectConfig& config) {
  const double feature = config.feature;
  Pattern p(f.size(), 0.0);
  const double sigma = feature / 6.0;
  const int reach = static_cast<int>(std::ceil(4.0 * sigma));
  for (int i = -1; i <= static_cast<int>(f.nx / feature) + 1; ++i)
    for (int j = -1; j <= static_cast<int>(f.ny / feature) + 1; ++j) {
      const std::int64_t item = Dice::at(i, j);
      if (dice(item, 0) < 0.1) continue;  // a vacancy
      const double cx = (i + dice(item, 1)) * feature, cy = (j + dice(item, 2)) * feature;
      const double height = dice.between(0.4, 1.0, item, 3);
      const int mx = static_cast<int>(std::floor(cx)), my = static_cast<int>(std::floor(cy));
      for (int ix = std::max(0, mx - reach); ix < std::min(f.nx, mx + reach + 1); ++ix)
        for (int iy = std::max(0, my - reach); iy < std::min(f.ny, my + reach + 1); ++iy) {
          const double r2 = (ix - cx) * (ix - cx) + (iy - cy) * (iy - cy);
          p[f.index(ix, iy)] += height * std::exp(-0.5 * r2 / (sigma * sigma));
        }
    }
  for (double& v : p) v = std::min(v, 1.0);
  return p;
}

Pattern siemens_star(const Frame& f, const Dice& dice, const RandomObjectConfig& config) {
  const double feature = config.feature;
  constexpr double spokes = 18.0;
  Pattern p(f.size(), 0.0);
  const double cx = 0.5 * f.nx + dice.between(-feature, feature, 0, 0);
  const double cy = 0.5 * f.ny + dice.between(-feature, feature, 0, 1);
  const double turn = 2.0 * pi * dice(0, 2), radius = 0.45 * std::min(f.nx, f.ny);
  for (int ix = 0; ix < f.nx; ++ix)
    for (int iy = 0; iy < f.ny; ++iy) {
      const double r = std::hypot(ix - cx, iy - cy), angle = std::atan2(iy - cy, ix - cx);
      const bool bright = std::sin(spokes * angle + turn) > 0.0;
      p[f.index(ix, iy)] = r < radius && r > 2.0 && bright ? 1.0 : 0.0;
    }
  return p;
}

// A patch is what lies nearest to its seed, one seed to each square of a raster.
Pattern lines(const Frame& f, const Dice& dice, const RandomObjectConfig& config) {
  const double feature = config.feature;
  Pattern p(f.size(), 0.0);
  const double side = 3.0 * feature;
  for (int ix = 0; ix < f.nx; ++ix)
    for (int iy = 0; iy < f.ny; ++iy) {
      const int i0 = static_cast<int>(ix / side), j0 = static_cast<int>(iy / side);
      double nearest = 1e300;
      std::int64_t patch = 0;
      for (int i = i0 - 1; i <= i0 + 1; ++i)
        for (int j = j0 - 1; j <= j0 + 1; ++j) {
          const std::int64_t item = Dice::at(i, j);
          const double d = std::hypot((i + dice(item, 0)) * side - ix, (j + dice(item, 1)) * side - iy);
          if (d < nearest) {
            nearest = d;
            patch = item;
          }
        }
      const double angle = pi * dice(patch, 2), pitch = dice.between(4.0, std::max(5.0, feature), patch, 3);
      const double along = (ix * std::cos(angle) + iy * std::sin(angle)) / pitch + dice(patch, 4);
      p[f.index(ix, iy)] = along - std::floor(along) < 0.5 ? 1.0 : 0.0;
    }
  return p;
}

// By a Gaussian of 1 % at the highest frequency: nothing rings, and what was in [0, 1] stays there.
void low_pass(const Frame& f, double band, Pattern& p) {
  Image image(p.begin(), p.end());
  const ImageTransform transform(f.nx, f.ny);
  transform.forward(image);
  const double fall = std::log(100.0) / (0.25 * band * band);
  for (int ix = 0; ix < f.nx; ++ix)
    for (int iy = 0; iy < f.ny; ++iy) {
      const double kx = frequency(ix, f.nx), ky = frequency(iy, f.ny);
      image[f.index(ix, iy)] *= std::exp(-fall * (kx * kx + ky * ky));
    }
  transform.inverse(image);
  for (std::size_t k = 0; k < p.size(); ++k) p[k] = image[k].real();
}

struct Kind {
  const char* name;
  Pattern (*draw)(const Frame&, const Dice&, const RandomObjectConfig&);
};
constexpr Kind kinds[] = {{"natural", natural}, {"cells", cells}, {"binary", binary},
                          {"points", points},   {"lines", lines}, {"siemens_star", siemens_star}};

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds) names.push_back(kind.name);
  return names;
}

// Throws ConfigError with the known names.
const Kind& kind_of(const std::string& name) {
  const auto* const found =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return name == k.name; });
  if (found == std::end(kinds))
    throw ConfigError("the object's kind is '" + name + "'", "object.kind",
                      fmt::format("{} are known", fmt::join(kind_names(), ", ")));
  return *found;
}

}  // namespace

void RandomObjectConfig::visit(ConfigVisitor& v) {
  v.value({"kind", "", "of the pattern", {}, kind_names()}, kind);
  v.value({"phase", "rad", "from the least to the largest", {0.0, 100.0}}, phase);
  v.value({"amplitude", "", "the least; 1: a pure phase object", {0.0, 1.0}}, amplitude);
  v.value({"correlation", "", "of amplitude and phase: 0 independent, 1 of one pattern", {0.0, 1.0}}, correlation);
  v.value({"exponent", "", "of the power spectrum: natural, binary", {0.0, 6.0}}, exponent);
  v.value({"feature", "pixels", "size of cells and a third of lines' patches, spacing of points", {3.0, 1e5}}, feature);
  v.value({"band", "", "where the pattern's spectrum is 1 %, of the Nyquist frequency", {0.01, 10.0}}, band);
  v.value({"seed", "", "of the series of objects", {0, 9e15}}, seed);
}

void RandomObjectConfig::validate() const {
  kind_of(kind);
  const auto check = [](double value, double low, double high, const char* name) {
    if (!(value >= low && value <= high))
      throw ConfigError(fmt::format("{} is {}, {} … {} was expected", name, value, low, high),
                        std::string("object.") + name);
  };
  check(phase, 0.0, 100.0, "phase");
  check(amplitude, 0.0, 1.0, "amplitude");
  check(correlation, 0.0, 1.0, "correlation");
  check(exponent, 0.0, 6.0, "exponent");
  check(feature, 3.0, 1e5, "feature");
  check(band, 0.01, 10.0, "band");
  if (seed < 0) throw ConfigError(fmt::format("the seed is {}, 0 or more was expected", seed), "object.seed");
}

std::vector<double> random_pattern(const RandomObjectConfig& config, int nx, int ny, std::int64_t index, int which) {
  config.validate();
  if (nx < 1 || ny < 1 || nx > (1 << 19) || ny > (1 << 19) || index < 0 || which < 0 || which > 7)
    throw ConfigError(fmt::format("pattern {} of object {} of {} × {} pixels was asked for", which, index, nx, ny),
                      "random_object", "sides of 1 to 524288 pixels, numbers from 0 on");
  const Frame f{nx, ny};
  const Dice dice{static_cast<std::uint64_t>(config.seed), static_cast<std::uint64_t>(index) * 8 + which};
  Pattern p = kind_of(config.kind).draw(f, dice, config);
  low_pass(f, config.band, p);
  if (config.kind == "natural") stretch(p);
  for (double& v : p) v = std::clamp(v, 0.0, 1.0);
  return p;
}

ObjectFunction random_object(const RandomObjectConfig& config, int nx, int ny, std::int64_t index) {
  const Pattern f = random_pattern(config, nx, ny, index, 0);
  const Pattern g = config.correlation < 1.0 && config.amplitude < 1.0 ? random_pattern(config, nx, ny, index, 1) : f;
  ObjectFunction object;
  object.value.reserve(f.size());
  const double c = config.correlation;
  for (std::size_t k = 0; k < f.size(); ++k) {
    const double amplitude = 1.0 - (1.0 - config.amplitude) * (c * f[k] + (1.0 - c) * g[k]);
    object.value.push_back(Ptychogram::Value(std::polar(amplitude, config.phase * f[k])));
  }
  return object;
}

}  // namespace locum::imaging
