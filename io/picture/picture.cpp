#include "io/picture/picture.hpp"

#include <algorithm>
#include <cmath>

#include "io/picture/picture_colors.hpp"
#include "io/picture/scale_bar.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::io {
namespace {

constexpr int most_pixels = 32768;  // of an edge: what viewers open

// Bilinear between the centres of pixels; beyond the outermost centres their values go on. `u` and `v` in pixels from
// the lower left edge of the image.
double sample(const std::vector<double>& values, int nx, int ny, double u, double v) {
  const double x = std::clamp(u - 0.5, 0.0, nx - 1.0), y = std::clamp(v - 0.5, 0.0, ny - 1.0);
  const int ix = std::min(static_cast<int>(x), std::max(nx - 2, 0)), jx = std::min(ix + 1, nx - 1);
  const int iy = std::min(static_cast<int>(y), std::max(ny - 2, 0)), jy = std::min(iy + 1, ny - 1);
  const double px = x - ix, py = y - iy;
  auto at = [&](int a, int b) {
    return values[static_cast<std::size_t>(a) * static_cast<std::size_t>(ny) + static_cast<std::size_t>(b)];
  };
  return (1 - px) * ((1 - py) * at(ix, iy) + py * at(ix, jy)) + px * ((1 - py) * at(jx, iy) + py * at(jx, jy));
}

// Around the cut of a cycle a phase cannot be interpolated; its nearest pixel stands for it.
double nearest(const std::vector<double>& values, int nx, int ny, double u, double v) {
  const int ix = std::clamp(static_cast<int>(u), 0, nx - 1), iy = std::clamp(static_cast<int>(v), 0, ny - 1);
  return values[static_cast<std::size_t>(ix) * static_cast<std::size_t>(ny) + static_cast<std::size_t>(iy)];
}

}  // namespace

void PictureConfig::visit(ConfigVisitor& v) {
  v.value({"colors", "", "colour map; phase is cyclic from -pi to pi", {}, color_maps()}, colors);
  v.value({"low", "", "value of the darkest colour; low = high: from the data"}, low);
  v.value({"high", "", "value of the brightest colour"}, high);
  v.value({"clip", "%", "pixels saturated at either end of the data's own range", {0.0, 49.0}}, clip);
  v.value({"bits", "", "of a channel of a PNG: 8 or 16", {8, 16}}, bits);
  v.value({"least_pixels", "", "a smaller PNG is enlarged to so many pixels", {1, most_pixels}}, least_pixels);
  v.value({"scale_bar", "", "draw a scale bar into the PNG"}, scale_bar);
}

void PictureConfig::validate() const {
  const auto& maps = color_maps();
  if (std::find(maps.begin(), maps.end(), colors) == maps.end()) color(colors, 0.0);  // throws
  if (bits != 8 && bits != 16) throw ConfigError("picture.bits is " + std::to_string(bits) + ", 8 or 16 was expected");
  if (!(clip >= 0.0 && clip < 50.0))
    throw ConfigError("picture.clip is " + std::to_string(clip) + " %, 0 … 49 % was expected");
  if (!std::isfinite(low) || !std::isfinite(high) || low > high)
    throw ConfigError("picture.low is " + std::to_string(low) + " and picture.high " + std::to_string(high) +
                      ", low below high was expected");
  if (least_pixels < 1 || least_pixels > most_pixels)
    throw ConfigError("picture.least_pixels is " + std::to_string(least_pixels) + ", 1 … " +
                      std::to_string(most_pixels) + " was expected");
}

void check_picture(const Picture& picture, const std::string& path) {
  const auto n = static_cast<std::size_t>(std::max(picture.nx, 0)) * static_cast<std::size_t>(std::max(picture.ny, 0));
  const std::string size = std::to_string(picture.nx) + " × " + std::to_string(picture.ny);
  if (n == 0) throw ConfigError("found a picture of " + size + " pixels", path);
  if (picture.values.size() != n || (!picture.brightness.empty() && picture.brightness.size() != n))
    throw ConfigError("found " + std::to_string(picture.values.size()) + " values and " +
                          std::to_string(picture.brightness.size()) + " of brightness for " + size + " pixels",
                      path);
  if (!(picture.dx > 0) || !(picture.dy > 0) || !std::isfinite(picture.dx + picture.dy))
    throw ConfigError("found pixels of " + std::to_string(picture.dx) + " × " + std::to_string(picture.dy) + " Å",
                      path);
  for (std::size_t k = 0; k < n; ++k)
    if (!std::isfinite(picture.values[k]))
      throw NumericalError("the value at pixel (" + std::to_string(k / static_cast<std::size_t>(picture.ny)) + ", " +
                               std::to_string(k % static_cast<std::size_t>(picture.ny)) + ") is not finite",
                           path);
}

ColorRange color_range(const Picture& picture, const PictureConfig& config) {
  if (config.colors == "phase") return {-units::pi, units::pi};
  if (config.low < config.high) return {config.low, config.high};
  auto sorted = picture.values;
  const auto last = static_cast<std::ptrdiff_t>(sorted.size()) - 1;
  const auto cut = static_cast<std::ptrdiff_t>(config.clip / 100.0 * static_cast<double>(last));
  std::nth_element(sorted.begin(), sorted.begin() + cut, sorted.end());
  const double low = sorted[static_cast<std::size_t>(cut)];
  std::nth_element(sorted.begin(), sorted.begin() + (last - cut), sorted.end());
  return {low, sorted[static_cast<std::size_t>(last - cut)]};
}

Raster draw(const Picture& picture, const PictureConfig& config) {
  const double width = picture.nx * picture.dx, height = picture.ny * picture.dy;
  Raster raster;
  raster.pixel = std::min({picture.dx, picture.dy, std::max(width, height) / config.least_pixels});
  if (std::max(width, height) / raster.pixel > most_pixels)
    throw ConfigError("the picture would have " + std::to_string(std::max(width, height) / raster.pixel) +
                          " pixels at an edge, at most " + std::to_string(most_pixels) + " was expected",
                      "", "its pixels are far from square: take scan steps nearer to each other, or write a TIFF");
  raster.width = std::max(1, static_cast<int>(std::lround(width / raster.pixel)));
  raster.height = std::max(1, static_cast<int>(std::lround(height / raster.pixel)));
  raster.channels = config.colors == "grey" ? 1 : 3;
  raster.values.resize(static_cast<std::size_t>(raster.width) * static_cast<std::size_t>(raster.height) *
                       static_cast<std::size_t>(raster.channels));
  const auto range = color_range(picture, config);
  const double span = range.high > range.low ? range.high - range.low : 1.0;
  const auto pick = config.colors == "phase" ? nearest : sample;
  for (int row = 0; row < raster.height; ++row)
    for (int column = 0; column < raster.width; ++column) {
      const double u = (column + 0.5) / raster.width * picture.nx;
      const double v = (raster.height - row - 0.5) / raster.height * picture.ny;
      const double value = pick(picture.values, picture.nx, picture.ny, u, v);
      auto shade = color(config.colors, (value - range.low) / span);
      if (!picture.brightness.empty()) {
        const double light = std::clamp(sample(picture.brightness, picture.nx, picture.ny, u, v), 0.0, 1.0);
        for (auto& channel : shade) channel *= light;
      }
      auto* pixel = raster.at(column, row);
      for (int c = 0; c < raster.channels; ++c)
        pixel[c] = static_cast<std::uint16_t>(std::lround(65535.0 * shade[static_cast<std::size_t>(c)]));
    }
  if (config.scale_bar) draw_scale_bar(raster);
  return raster;
}

void write_picture(const std::string& path, const Picture& picture, const PictureConfig& config) {
  if (path.ends_with(".png")) return write_png(path, picture, config);
  if (path.ends_with(".tif") || path.ends_with(".tiff")) return write_tiff(path, picture);
  throw ConfigError("found the picture '" + path + "'", path, "a name that ends in .png, .tif or .tiff was expected");
}

}  // namespace locum::io
