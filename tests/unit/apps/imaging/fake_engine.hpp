// An engine whose numbers are known: smooth functions of the probe's place and the configuration.
#pragma once

#include <cmath>
#include <functional>

#include "solvers/imaging/detectors/detector_set.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"

namespace locum::apps {

class FakeEngine : public imaging::ScanEngine {
 public:
  explicit FakeEngine(const imaging::DetectorSet& detectors) : channels_(detectors.channels()) {
    if (!detectors.patterns().empty()) pattern_ = {detectors.patterns()[0].nx, detectors.patterns()[0].ny};
  }
  std::string name() const override { return "fake"; }
  int channels() const override { return channels_; }
  std::array<int, 2> pattern() const override { return pattern_; }
  imaging::EngineMemory memory() const override { return memory_bytes; }
  int kept() const override { return kept_configurations; }
  void prepare() override { ++prepared; }
  void scan(int configuration, std::span<const imaging::Position> positions, std::span<double> signal,
            std::span<float> pattern) override {
    if (before_scan) before_scan(configuration, positions);
    probes += static_cast<std::int64_t>(positions.size());
    const int pixels = pattern_[0] * pattern_[1];
    for (std::size_t p = 0; p < positions.size(); ++p) {
      for (int c = 0; c < channels_; ++c) signal[p * channels_ + c] = value(configuration, positions[p], c);
      for (int q = 0; q < pixels; ++q)
        pattern[p * pixels + q] = static_cast<float>(value(configuration, positions[p], 100 + q) / pixels);
    }
  }
  // 0.05 … 0.35, changed by a few per cent from one configuration to the next.
  static double value(int configuration, imaging::Position r, int channel) {
    const double phase = 0.7 * r.x + 1.3 * r.y + 0.37 * channel;
    return 0.2 + 0.15 * std::sin(phase + 0.2 * std::sin(1.7 * configuration * configuration + channel));
  }

  imaging::EngineMemory memory_bytes{1000.0, 2000.0};
  std::function<void(int, std::span<const imaging::Position>)> before_scan;
  std::int64_t probes = 0;
  int kept_configurations = 1000000;
  int prepared = 0;

 private:
  int channels_;
  std::array<int, 2> pattern_{0, 0};
};

}  // namespace locum::apps
