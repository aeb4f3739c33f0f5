#include "solvers/imaging/detectors/detector_set_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {
namespace {

constexpr int parts = 8;  // a side of a pixel is divided into, for its coverage
constexpr double rounding = 1e-9;

// Shares of the pixel around (ax, ay), of sides wx × wy, mrad, by parts² points of it.
void add_shares(const Annulus& annulus, double ax, double ay, double wx, double wy, int pixel,
                std::vector<ChannelMap>& maps) {
  std::vector<std::pair<int, int>> found;  // channel, points
  for (int i = 0; i < parts; ++i)
    for (int j = 0; j < parts; ++j) {
      const double x = ax + wx * ((i + 0.5) / parts - 0.5), y = ay + wy * ((j + 0.5) / parts - 0.5);
      const int channel = annulus.channel(x, y);
      if (channel < 0) continue;
      const auto known = std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == channel; });
      if (known == found.end())
        found.emplace_back(channel, 1);
      else
        ++known->second;
    }
  for (const auto& [channel, points] : found) {
    maps[channel].pixel.push_back(pixel);
    maps[channel].weight.push_back(static_cast<float>(points) / (parts * parts));
  }
}

void add_moments(const Annulus& annulus, double ax, double ay, int fx, int fy, int pixel,
                 std::vector<ChannelMap>& maps) {
  if (annulus.channel(ax, ay) < 0) return;
  const float weight[3] = {static_cast<float>(fx), static_cast<float>(fy), 1.0f};
  for (int c = 0; c < 3; ++c) {
    maps[c].pixel.push_back(pixel);
    maps[c].weight.push_back(weight[c]);
  }
}

void check_filled(const std::vector<ChannelMap>& maps, const DetectorConfig& config, double wx, double wy) {
  const auto empty = std::find_if(maps.begin(), maps.end(), [](const auto& m) { return m.pixel.empty(); });
  if (empty == maps.end()) return;
  throw ConfigError(
      fmt::format("channel {} of {} holds no pixel: pixels of the diffraction plane are {:.4g} × {:.4g} mrad, the "
                  "detector goes from {:.6g} to {:.6g} mrad",
                  empty - maps.begin(), maps.size(), wx, wy, config.inner, config.outer),
      "detector " + config.name,
      fmt::format("make each ring at least {:.4g} mrad wide, or coverage = \"partial\", or repeat the specimen",
                  std::max(wx, wy)));
}

}  // namespace

int Annulus::channel(double ax, double ay) const {
  const double angle = std::hypot(ax, ay);
  // Rounding of a frequency on the boundary takes it out of one ring and into the next, never out of both.
  if (angle < inner * (1.0 - rounding) || angle >= outer * (1.0 - rounding)) return -1;
  const int ring = std::min(rings - 1, static_cast<int>((angle - inner) / (outer - inner) * rings + rounding));
  if (segments == 1) return ring;
  double turns = (std::atan2(ay, ax) - rotation) / (2.0 * units::pi);
  turns -= std::floor(turns);
  return ring * segments + std::min(segments - 1, static_cast<int>(turns * segments));
}

Annulus annulus_of(const DetectorConfig& c) {
  if (c.kind == "segmented") return {c.inner, c.outer, c.rings, c.segments, c.rotation * units::pi / 180.0};
  const int rings = c.kind == "radial" ? static_cast<int>(std::lround((c.outer - c.inner) / c.width)) : 1;
  return {c.inner, c.outer, rings, 1, 0.0};
}

std::vector<ChannelMap> make_channel_maps(const DetectorConfig& config, const Grid& grid, double lambda) {
  Annulus annulus = annulus_of(config);
  // Waves hold frequencies on the band limit itself: a detector that reaches so far holds them too.
  if (config.outer >= 1e3 * lambda * grid.band_limit() * (1.0 - rounding)) annulus.outer *= 1.0 + 1e-6;
  const bool moments = config.kind == "com";
  const bool partial = config.coverage == "partial" || (config.coverage == "auto" && config.kind == "segmented");
  const double wx = 1e3 * lambda / grid.lx, wy = 1e3 * lambda / grid.ly, limit = grid.band_limit() * (1.0 + rounding);
  std::vector<ChannelMap> maps(moments ? 3 : annulus.rings * annulus.segments);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double kx = grid.kx(ix), ky = grid.ky(iy);
      if (std::hypot(kx, ky) > limit) continue;
      const int pixel = ix * grid.ny + iy;
      const double ax = 1e3 * lambda * kx, ay = 1e3 * lambda * ky;
      if (moments) {
        add_moments(annulus, ax, ay, static_cast<int>(std::lround(kx * grid.lx)),
                    static_cast<int>(std::lround(ky * grid.ly)), pixel, maps);
      } else if (partial) {
        add_shares(annulus, ax, ay, wx, wy, pixel, maps);
      } else if (const int c = annulus.channel(ax, ay); c >= 0) {
        maps[c].pixel.push_back(pixel);
        maps[c].weight.push_back(1.0f);
      }
    }
  check_filled(maps, config, wx, wy);
  if (moments) {
    maps[0].scale = config.unit == "mrad" ? wx : 1.0 / grid.lx;
    maps[1].scale = config.unit == "mrad" ? wy : 1.0 / grid.ly;
  }
  return maps;
}

}  // namespace locum::imaging
