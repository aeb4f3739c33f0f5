#include "solvers/imaging/detectors/detector_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/detectors/detector_set_map.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

// Pixels that one thread takes at a time: four sums without order between them hide the latency of an addition.
constexpr int quad = 4;

struct ChannelTable {
  View<int*> begin, pixel;
  View<float*> weight;
  View<double*> scale;
};

template <class T>
KOKKOS_INLINE_FUNCTION double intensity(const fft::Complex<T>& a) {
  return double(a.real() * a.real() + a.imag() * a.imag());
}

// A gather: 4 bytes of index, 4 of weight and the pixel itself are read for each entry of the table and wave.
template <class T>
void sum_channels(const ExecutionSpace& space, const ChannelTable& table, const fft::Waves<T>& waves, int count,
                  double factor, const ChannelSums& sums) {
  using Team = typename Kokkos::TeamPolicy<ExecutionSpace>::member_type;
  const auto begin = table.begin, pixel = table.pixel;
  const auto weight = table.weight;
  const auto scale = table.scale;
  const int channels = scale.extent_int(0);
  Kokkos::parallel_for(
      "imaging_detector_channels", Kokkos::TeamPolicy<ExecutionSpace>(space, count * channels, Kokkos::AUTO),
      KOKKOS_LAMBDA(const Team& team) {
        const int b = team.league_rank() / channels, c = team.league_rank() % channels;
        const fft::Complex<T>* const wave = &waves(b, 0, 0);
        double total = 0.0;
        Kokkos::parallel_reduce(
            Kokkos::TeamThreadRange(team, begin(c), begin(c + 1)),
            [&](int q, double& sum) {
              const int* const p = &pixel(quad * q);
              const float* const w = &weight(quad * q);
              sum += (w[0] * intensity(wave[p[0]]) + w[1] * intensity(wave[p[1]])) +
                     (w[2] * intensity(wave[p[2]]) + w[3] * intensity(wave[p[3]]));
            },
            total);
        Kokkos::single(Kokkos::PerTeam(team), [&]() { sums(b, c) += factor * scale(c) * total; });
      });
}

template <class T>
void sum_pattern(const ExecutionSpace& space, const PatternDetector& detector, const fft::Waves<T>& waves, int count,
                 double factor, const Patterns<T>& pattern) {
  const int nx = waves.extent_int(1), ny = waves.extent_int(2), bin = detector.config.bin;
  const int first_x = detector.first_x, first_y = detector.first_y;
  Kokkos::parallel_for(
      "imaging_detector_pattern",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0, 0}, {count, detector.nx, detector.ny}),
      KOKKOS_LAMBDA(int b, int ox, int oy) {
        double sum = 0.0;
        for (int i = 0; i < bin; ++i) {
          const int fx = first_x + ox * bin + i;
          if (2 * fx < -nx || 2 * fx >= nx) continue;  // beyond Nyquist: nothing is known
          for (int j = 0; j < bin; ++j) {
            const int fy = first_y + oy * bin + j;
            if (2 * fy < -ny || 2 * fy >= ny) continue;
            sum += intensity(waves(b, fx < 0 ? fx + nx : fx, fy < 0 ? fy + ny : fy));
          }
        }
        pattern(b, ox, oy) += T(factor * sum);
      });
}

std::vector<DetectorAxis> axes_of(const DetectorConfig& config) {
  const Annulus a = annulus_of(config);
  DetectorAxis ring{config.kind == "radial" ? "scattering_angle" : "ring", "mrad", {}};
  for (int r = 0; r < a.rings; ++r) ring.values.push_back(a.inner + (a.outer - a.inner) * (r + 0.5) / a.rings);
  if (config.kind == "radial") return {ring};
  if (config.kind == "com") return {{"component", "", {0.0, 1.0}}};
  if (config.kind != "segmented") return {};
  DetectorAxis segment{"azimuth", "degree", {}};
  for (int s = 0; s < a.segments; ++s) segment.values.push_back(config.rotation + 360.0 * (s + 0.5) / a.segments);
  return {ring, segment};
}

// One side of a pixelated detector: frequency indices within ± reach, `bin` to a pixel, one pixel centred on 0 (or, for
// an even bin, half a grid point below it).
DetectorAxis pattern_axis(const char* name, double reach, int bin, double length, int& first) {
  const auto block = [&](int f) { return static_cast<int>(std::floor(double(f + bin / 2) / bin)); };
  const int half = static_cast<int>(std::floor(reach * length * (1.0 + 1e-9)));
  const int low = block(-half), high = block(half);
  first = low * bin - bin / 2;
  DetectorAxis axis{name, "1/Angstrom", {}};
  for (int o = low; o <= high; ++o) axis.values.push_back((o * bin - bin / 2 + 0.5 * (bin - 1)) / length);
  return axis;
}

void check_waves(const Grid& grid, int count, int batch, int nx, int ny) {
  if (count < 0 || count > batch || nx != grid.nx || ny != grid.ny)
    throw ConfigError(fmt::format("{} waves of shape ({}, {}, {}) came to detectors over {} × {} points", count, batch,
                                  nx, ny, grid.nx, grid.ny),
                      "imaging.detector_set");
}

}  // namespace

DetectorSet::DetectorSet(const Grid& grid, double energy, double convergence,
                         const std::vector<DetectorConfig>& configs)
    : grid_(grid) {
  const double lambda = wavelength(energy), limit = 1e3 * lambda * grid.band_limit();
  std::vector<ChannelMap> maps;
  std::vector<std::string> names;
  for (const auto& given : configs) {
    const DetectorConfig config = resolve(given, convergence, limit, std::fmax(grid.dx(), grid.dy()));
    if (std::find(names.begin(), names.end(), config.name) != names.end())
      throw ConfigError("two detectors are called '" + config.name + "'", "detector " + config.name,
                        "give each a name of its own");
    names.push_back(config.name);
    if (config.kind == "pixelated") {
      PatternDetector p;
      p.config = config;
      const double reach = 1e-3 * config.outer / lambda;
      p.qx = pattern_axis("Q_x", reach, config.bin, grid.lx, p.first_x);
      p.qy = pattern_axis("Q_y", reach, config.bin, grid.ly, p.first_y);
      p.nx = static_cast<int>(p.qx.values.size());
      p.ny = static_cast<int>(p.qy.values.size());
      patterns_.push_back(p);
      continue;
    }
    auto own = make_channel_maps(config, grid, lambda);
    const int count = static_cast<int>(own.size()), numbers = config.kind == "com" ? 2 : count;
    detectors_.push_back({config, config.kind == "com" ? config.unit : "fraction", channels_, count, numbers_, numbers,
                          axes_of(config)});
    channels_ += count;
    numbers_ += numbers;
    std::move(own.begin(), own.end(), std::back_inserter(maps));
  }
  fill_table(maps);
}

void DetectorSet::fill_table(const std::vector<ChannelMap>& maps) {
  int quads = 0;
  for (const auto& map : maps) quads += static_cast<int>((map.pixel.size() + quad - 1) / quad);
  begin_ = View<int*>("detector_begin", channels_ + 1);
  pixel_ = View<int*>("detector_pixel", quad * quads);
  weight_ = View<float*>("detector_weight", quad * quads);
  scale_ = View<double*>("detector_scale", channels_);
  const auto begin_host = Kokkos::create_mirror_view(begin_), pixel_host = Kokkos::create_mirror_view(pixel_);
  const auto weight_host = Kokkos::create_mirror_view(weight_);
  const auto scale_host = Kokkos::create_mirror_view(scale_);
  int next = 0;
  for (int c = 0; c < channels_; ++c) {
    const auto& map = maps[c];
    begin_host(c) = next / quad;
    scale_host(c) = map.scale;
    for (std::size_t e = 0; e < map.pixel.size(); ++e, ++next) {
      pixel_host(next) = map.pixel[e];
      weight_host(next) = map.weight[e];
    }
    // Filling reads a pixel of the same channel, so that nothing from outside of it, infinite even, comes in.
    for (; next % quad != 0; ++next) {
      pixel_host(next) = map.pixel.back();
      weight_host(next) = 0.0f;
    }
  }
  begin_host(channels_) = next / quad;
  Kokkos::deep_copy(begin_, begin_host);
  Kokkos::deep_copy(pixel_, pixel_host);
  Kokkos::deep_copy(weight_, weight_host);
  Kokkos::deep_copy(scale_, scale_host);
}

template <class T>
void DetectorSet::add_channels(const ExecutionSpace& space, const fft::Waves<T>& waves, int count, double weight,
                               const ChannelSums& sums) const {
  check_waves(grid_, count, waves.extent_int(0), waves.extent_int(1), waves.extent_int(2));
  if (sums.extent_int(0) < count || sums.extent_int(1) != channels_)
    throw ConfigError(fmt::format("sums of shape ({}, {}) came to {} waves and {} channels", sums.extent(0),
                                  sums.extent(1), count, channels_),
                      "imaging.detector_set");
  if (count == 0 || channels_ == 0) return;
  sum_channels<T>(space, {begin_, pixel_, weight_, scale_}, waves, count, weight, sums);
}

template <class T>
void DetectorSet::add_pattern(const ExecutionSpace& space, int which, const fft::Waves<T>& waves, int count,
                              double weight, const Patterns<T>& pattern) const {
  check_waves(grid_, count, waves.extent_int(0), waves.extent_int(1), waves.extent_int(2));
  const PatternDetector& detector = patterns_.at(which);
  if (pattern.extent_int(0) < count || pattern.extent_int(1) != detector.nx || pattern.extent_int(2) != detector.ny)
    throw ConfigError(
        fmt::format("patterns of shape ({}, {}, {}) came to {} waves and {} × {} pixels", pattern.extent(0),
                    pattern.extent(1), pattern.extent(2), count, detector.nx, detector.ny),
        "detector " + detector.config.name);
  if (count > 0) sum_pattern<T>(space, detector, waves, count, weight, pattern);
}

void DetectorSet::finish(std::span<const double> channels, std::span<double> numbers) const {
  if (static_cast<int>(channels.size()) != channels_ || static_cast<int>(numbers.size()) != numbers_)
    throw ConfigError(fmt::format("a row of {} channels into one of {} numbers, {} and {} were expected",
                                  channels.size(), numbers.size(), channels_, numbers_),
                      "imaging.detector_set");
  for (const auto& d : detectors_) {
    if (d.config.kind != "com") {
      std::copy_n(channels.begin() + d.channel, d.channels, numbers.begin() + d.number);
      continue;
    }
    const double total = channels[d.channel + 2];
    for (int k = 0; k < 2; ++k) numbers[d.number + k] = total > 0.0 ? channels[d.channel + k] / total : 0.0;
  }
}

template void DetectorSet::add_channels<float>(const ExecutionSpace&, const fft::Waves<float>&, int, double,
                                               const ChannelSums&) const;
template void DetectorSet::add_channels<double>(const ExecutionSpace&, const fft::Waves<double>&, int, double,
                                                const ChannelSums&) const;
template void DetectorSet::add_pattern<float>(const ExecutionSpace&, int, const fft::Waves<float>&, int, double,
                                              const Patterns<float>&) const;
template void DetectorSet::add_pattern<double>(const ExecutionSpace&, int, const fft::Waves<double>&, int, double,
                                               const Patterns<double>&) const;

}  // namespace locum::imaging
