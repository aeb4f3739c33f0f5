// Probes of one tile, averaged over the frozen-phonon configurations.
//
// Sums are in double and go through the configurations in their order, so that the average is the same to the last bit
// whoever makes it. From the sums of the squares comes the standard error of the mean: how far the image of so many
// configurations may be from that of all,
//   s² = (Σ x² − (Σ x)²/N) / (N (N − 1)).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "solvers/imaging/detectors/detector_set.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"

namespace locum::apps {

class TileAverage {
 public:
  // each_configuration: the numbers of every configuration are kept too.
  TileAverage(imaging::ScanEngine& engine, const imaging::DetectorSet& detectors, int configurations,
              bool each_configuration);

  // All configurations for the probes at `positions`. between: called between configurations.
  void run(std::span<const imaging::Position> positions, const std::function<void()>& between);

  std::int64_t probes() const { return probes_; }
  // Of the last run: (probes, channels), means over the configurations, fractions of the beam.
  std::span<const double> channels() const { return {channels_.data(), size(engine_channels_)}; }
  // (probes, numbers): what the detectors make of the mean channels, and its standard error, 0 of one configuration.
  std::span<const double> numbers() const { return {numbers_.data(), size(detector_numbers_)}; }
  std::span<const double> errors() const { return {errors_.data(), size(detector_numbers_)}; }
  // (probes, configurations, numbers); empty unless wanted.
  std::span<const double> each() const;
  // (probes, qx, qy): mean pattern; empty where none is kept.
  std::span<const float> pattern() const { return {pattern_.data(), size(pattern_size_)}; }

  // Bytes that this takes for each probe of a tile.
  static double bytes_per_probe(int channels, int numbers, std::int64_t pattern_size, int configurations, bool each);

 private:
  std::size_t size(std::int64_t numbers) const { return static_cast<std::size_t>(probes_ * numbers); }
  void begin(std::size_t probes);
  void add(int configuration);
  void finish();

  imaging::ScanEngine& engine_;
  const imaging::DetectorSet& detectors_;
  int configurations_;
  bool each_configuration_;
  std::int64_t engine_channels_, detector_numbers_, pattern_size_, probes_ = 0;
  std::vector<double> signal_, channels_, numbers_, errors_, each_;
  std::vector<double> row_, pattern_sum_;
  std::vector<float> pattern_;
};

}  // namespace locum::apps
