#include "apps/imaging/tile_average.hpp"

#include <algorithm>
#include <cmath>

namespace locum::apps {

TileAverage::TileAverage(imaging::ScanEngine& engine, const imaging::DetectorSet& detectors, int configurations,
                         bool each_configuration)
    : engine_(engine),
      detectors_(detectors),
      configurations_(configurations),
      each_configuration_(each_configuration),
      engine_channels_(engine.channels()),
      detector_numbers_(detectors.numbers()),
      pattern_size_(std::int64_t{engine.pattern()[0]} * engine.pattern()[1]),
      row_(static_cast<std::size_t>(detectors.numbers())) {}

double TileAverage::bytes_per_probe(int channels, int numbers, std::int64_t pattern_size, int configurations,
                                    bool each) {
  const double each_bytes = each ? 8.0 * numbers * configurations : 0.0;
  return 16.0 * channels + 16.0 * numbers + 12.0 * static_cast<double>(pattern_size) + each_bytes;
}

std::span<const double> TileAverage::each() const {
  return each_configuration_ ? std::span<const double>(each_.data(), size(detector_numbers_ * configurations_))
                             : std::span<const double>();
}

void TileAverage::begin(std::size_t probes) {
  probes_ = static_cast<std::int64_t>(probes);
  // Vectors grow once, to the largest tile.
  const auto clear = [&](auto& values, std::int64_t width) { values.assign(size(width), 0); };
  clear(signal_, engine_channels_);
  clear(channels_, engine_channels_);
  clear(numbers_, detector_numbers_);
  clear(errors_, detector_numbers_);
  if (each_configuration_) clear(each_, detector_numbers_ * configurations_);
  clear(pattern_, pattern_size_);
  clear(pattern_sum_, pattern_size_);
}

// errors_ gathers the squares and numbers_ the sums of the numbers until finish().
void TileAverage::add(int configuration) {
  for (std::size_t k = 0; k < channels_.size(); ++k) channels_[k] += signal_[k];
  for (std::size_t k = 0; k < pattern_sum_.size(); ++k) pattern_sum_[k] += pattern_[k];
  const auto width = static_cast<std::size_t>(engine_channels_), numbers = row_.size();
  for (std::size_t p = 0; p < static_cast<std::size_t>(probes_); ++p) {
    detectors_.finish({signal_.data() + p * width, width}, row_);
    for (std::size_t k = 0; k < numbers; ++k) {
      numbers_[p * numbers + k] += row_[k];
      errors_[p * numbers + k] += row_[k] * row_[k];
    }
    if (each_configuration_)
      std::copy(row_.begin(), row_.end(), each_.begin() + (p * configurations_ + configuration) * numbers);
  }
}

void TileAverage::finish() {
  const double n = configurations_;
  for (std::size_t k = 0; k < errors_.size(); ++k) {
    const double scatter = errors_[k] - numbers_[k] * numbers_[k] / n;
    errors_[k] = configurations_ > 1 ? std::sqrt(std::max(0.0, scatter) / (n * (n - 1.0))) : 0.0;
  }
  for (double& value : channels_) value /= n;
  for (std::size_t k = 0; k < pattern_sum_.size(); ++k) pattern_[k] = static_cast<float>(pattern_sum_[k] / n);
  const auto width = static_cast<std::size_t>(engine_channels_), numbers = row_.size();
  for (std::size_t p = 0; p < static_cast<std::size_t>(probes_); ++p)
    detectors_.finish({channels_.data() + p * width, width}, {numbers_.data() + p * numbers, numbers});
}

void TileAverage::run(std::span<const imaging::Position> positions, const std::function<void()>& between) {
  begin(positions.size());
  for (int c = 0; c < configurations_; ++c) {
    engine_.scan(c, positions, signal_, pattern_);
    add(c);
    if (between) between();
  }
  finish();
}

}  // namespace locum::apps
