// The full multislice solver as a scan engine: every probe through every slice on the whole grid.
#pragma once

#include <vector>

#include "solvers/imaging/detectors/detector_set.hpp"
#include "solvers/imaging/optics/coherence.hpp"
#include "solvers/imaging/waves/multislice.hpp"
#include "solvers/imaging/waves/transmission_store.hpp"

namespace locum::imaging {

// What an engine is told of microscope and specimen.
struct ScanSetup {
  Grid grid;
  ProbeConfig probe;
  CoherenceConfig coherence;  // its focal spread; the source's size is the image's matter
  std::vector<DetectorConfig> detectors;
  PotentialConfig potential;
  std::vector<double> edges;           // of the slices, Å
  double memory = 4.0 * (1ull << 30);  // bytes that a node's ranks may hold together
  int batch = 0;                       // waves at a time; 0: default_batch()
};

template <class T>
class MultisliceEngine : public ScanEngine {
 public:
  // Throws ConfigError as check_probe, DetectorSet, ProjectedPotential and Multislice do.
  MultisliceEngine(const Context& context, const ScanSetup& setup, const Configurations& configurations);

  std::string name() const override { return "multislice"; }
  int channels() const override { return detectors_.channels(); }
  std::array<int, 2> pattern() const override;
  EngineMemory memory() const override;
  int kept() const override { return store_.kept(); }
  void prepare() override { store_.prepare(); }
  void scan(int configuration, std::span<const Position> positions, std::span<double> signal,
            std::span<float> pattern) override;

  const DetectorSet& detectors() const { return detectors_; }
  const Multislice<T>& multislice() const { return multislice_; }
  TransmissionStore<T>& store() { return store_; }

 private:
  Context context_;
  DetectorSet detectors_;
  Multislice<T> multislice_;
  TransmissionStore<T> store_;
  std::vector<FocalPoint> focus_;
  std::vector<Wave<T>> probe_;  // at each focus
  ProbePlacer<T> placer_;
  fft::Waves<T> waves_;   // (batch, nx, ny)
  ChannelSums sums_;      // (batch, channels)
  Patterns<T> patterns_;  // (batch, qx, qy)
};

// Points (qx, qy) of the pixelated detector's patterns; {0, 0}: there is none. Throws ConfigError for more than one.
std::array<int, 2> pattern_of(const DetectorSet& detectors);

// Throws ConfigError unless `signal` and `pattern` hold what n probes give.
void check_scan(const ScanEngine& engine, std::size_t n, std::size_t signal, std::size_t pattern);

}  // namespace locum::imaging
