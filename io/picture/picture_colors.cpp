#include "io/picture/picture_colors.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::io {
namespace {

// Nine stations of matplotlib's maps of the same names (S. van der Walt, N. Smith; CC0), linear between: within 2 % of
// the map of 256 entries.
constexpr unsigned viridis[] = {0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c,
                                0x28ae80, 0x5ec962, 0xaddc30, 0xfde725};
constexpr unsigned inferno[] = {0x000004, 0x210c4a, 0x57106e, 0x8a226a, 0xbc3754,
                                0xe45a31, 0xf98e09, 0xf9cb35, 0xfcffa4};

Color of(unsigned hex) { return {(hex >> 16) / 255.0, (hex >> 8 & 0xff) / 255.0, (hex & 0xff) / 255.0}; }

template <std::size_t n>
Color between(const unsigned (&stations)[n], double t) {
  const double place = std::clamp(t, 0.0, 1.0) * (n - 1);
  const auto k = std::min<std::size_t>(static_cast<std::size_t>(place), n - 2);
  const double part = place - static_cast<double>(k);
  const Color a = of(stations[k]), b = of(stations[k + 1]);
  return {a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]), a[2] + part * (b[2] - a[2])};
}

// Red, green and blue a third of a turn apart: their sum is the same all around, so that no phase looks stronger.
Color wheel(double t) {
  auto channel = [&](double shift) { return 0.5 + 0.5 * std::cos(2.0 * units::pi * (t - shift)); };
  return {channel(0.0), channel(1.0 / 3.0), channel(2.0 / 3.0)};
}

}  // namespace

const std::vector<std::string>& color_maps() {
  static const std::vector<std::string> maps = {"grey", "viridis", "inferno", "phase"};
  return maps;
}

Color color(const std::string& map, double t) {
  if (map == "grey") {
    const double v = std::clamp(t, 0.0, 1.0);
    return {v, v, v};
  }
  if (map == "viridis") return between(viridis, t);
  if (map == "inferno") return between(inferno, t);
  if (map == "phase") return wheel(t);
  throw ConfigError("found the colours '" + map + "'; grey, viridis, inferno or phase was expected");
}

}  // namespace locum::io
