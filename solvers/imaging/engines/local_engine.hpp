// The local mode as a scan engine: multislice in a window around each probe, and a linear map from what the window's
// detectors see to what the detectors would have seen behind the whole grid.
//
// The map is learned in prepare() from probes of the same run that full multislice computes as well: spread over
// configurations and over the scan at random. Their left-out errors are the errors of the image
// (linear_calibration.hpp).
#pragma once

#include "solvers/imaging/engines/linear_calibration.hpp"
#include "solvers/imaging/engines/local_config.hpp"
#include "solvers/imaging/engines/multislice_engine.hpp"
#include "solvers/imaging/waves/window_multislice.hpp"

namespace locum::imaging {

template <class T>
class LocalEngine : public ScanEngine {
 public:
  // candidates: where the scan will go; the calibration's probes are drawn from them. Throws ConfigError as the full
  // engine does, for a window that cannot hold the probe or is no smaller than the grid, for pixelated detectors (their
  // patterns cannot be calibrated), and for a single configuration.
  LocalEngine(const Context& context, const ScanSetup& setup, const LocalConfig& local,
              const Configurations& configurations, std::vector<Position> candidates);

  std::string name() const override { return "local multislice"; }
  int channels() const override { return channels_; }
  std::array<int, 2> pattern() const override { return {0, 0}; }
  EngineMemory memory() const override;
  int kept() const override { return store_.kept(); }
  void prepare() override;  // and calibrates; collective
  void scan(int configuration, std::span<const Position> positions, std::span<double> signal,
            std::span<float> pattern) override;
  // Also how far each probe's signals may be off: the largest over the channels of the predicted standard error over
  // the channel's mean. errors: one for each position.
  void scan_with_error(int configuration, std::span<const Position> positions, std::span<double> signal,
                       std::span<double> errors);

  const LinearCalibration& calibration() const { return calibration_; }
  const Grid& window() const { return windows_.window(); }
  int features() const { return features_.channels(); }  // that the calibration maps to a channel
  int calibration_probes() const;                        // that full multislice computes
  double calibration_seconds() const { return calibration_seconds_; }

 private:
  void see(int configuration, std::span<const Position> positions, std::span<double> features);
  void calibrate();

  Context context_;
  ScanSetup setup_;
  LocalConfig local_;
  Configurations configurations_;
  std::vector<Position> candidates_;
  int channels_;
  WindowMultislice<T> windows_;
  DetectorSet features_;  // the detectors on the window's frequencies, and rings
  TransmissionStore<T> store_;
  std::vector<FocalPoint> focus_;
  std::vector<Wave<T>> probe_;
  fft::Waves<T> waves_;  // (batch, window's nx, ny)
  ChannelSums sums_;     // (batch, features)
  LinearCalibration calibration_;
  double calibration_seconds_ = 0.0;
};

}  // namespace locum::imaging
