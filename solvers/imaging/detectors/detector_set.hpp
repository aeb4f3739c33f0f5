// Detectors: from the wave in the diffraction plane to the numbers that a microscope records.
//
// A channel is a linear sum over the pattern, Σ_k w(k) |ψ(k)|²; with Σ|ψ0(k)|² = 1 of the probe it is a fraction of the
// beam. All that is averaged (thermal configurations, focal spread, source size) is averaged over channels and
// patterns; `finish` then makes the numbers of the file, where a centre of mass is a quotient. Every sum is in double
// and in an order of its own, so that it does not depend on batches or ranks.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/detectors/detector_set_config.hpp"
#include "solvers/imaging/grid.hpp"

namespace locum::imaging {

struct ChannelMap;  // detector_set_map.hpp

struct DetectorAxis {
  std::string name, unit;
  std::vector<double> values;
};

// A detector that gives numbers for each probe: all but pixelated.
struct Detector {
  DetectorConfig config;           // resolved: name, kind and angles
  std::string unit;                // of its numbers: "fraction", or that of the centre of mass
  int channel = 0, channels = 0;   // its part of a row of channels
  int number = 0, numbers = 0;     // its part of a row of finished numbers
  std::vector<DetectorAxis> axes;  // of the numbers, slowest first: none for an annulus; ring and segment; component
};

// A pixelated detector: patterns (nx, ny), the beam's axis in the middle, y fastest.
struct PatternDetector {
  DetectorConfig config;
  int nx = 0, ny = 0;            // pixels of the detector
  int first_x = 0, first_y = 0;  // frequency index of the first grid point under it, negative
  DetectorAxis qx, qy;           // centres of the pixels, Å⁻¹; off by half a grid point where `bin` is even
};

// Patterns of real intensity, shape (batch, nx, ny).
template <class T>
using Patterns = Kokkos::View<T***, Kokkos::LayoutRight, MemorySpace>;
// Sums for each wave, shape (batch, channels).
using ChannelSums = Kokkos::View<double**, Kokkos::LayoutRight, MemorySpace>;

class DetectorSet {
 public:
  // energy: keV; convergence: mrad, 0 for a plane wave. Throws ConfigError for a detector beyond the band limit, two of
  // one name, or one that holds no pixel of the grid; the message has the angle or sampling that would do.
  DetectorSet(const Grid& grid, double energy, double convergence, const std::vector<DetectorConfig>& configs);

  const std::vector<Detector>& detectors() const { return detectors_; }
  const std::vector<PatternDetector>& patterns() const { return patterns_; }
  int channels() const { return channels_; }
  int numbers() const { return numbers_; }

  // sums(b, c) += weight Σ_k w_c(k) |ψ_b(k)|² for b < count. waves: (≥ count, nx, ny), in the order of the fast Fourier
  // transform. T: float, double. Throws ConfigError for another shape.
  template <class T>
  void add_channels(const ExecutionSpace& space, const fft::Waves<T>& waves, int count, double weight,
                    const ChannelSums& sums) const;
  // pattern(b, qx, qy) += weight Σ |ψ_b(k)|² over the pixel's grid points, for the pattern detector of number `which`.
  template <class T>
  void add_pattern(const ExecutionSpace& space, int which, const fft::Waves<T>& waves, int count, double weight,
                   const Patterns<T>& pattern) const;

  // One row of channels into one row of numbers. Throws ConfigError for rows of other lengths.
  void finish(std::span<const double> channels, std::span<double> numbers) const;

 private:
  void fill_table(const std::vector<ChannelMap>& maps);

  Grid grid_;
  std::vector<Detector> detectors_;
  std::vector<PatternDetector> patterns_;
  int channels_ = 0, numbers_ = 0;
  // Channel c has the pixels of quads begin(c) … begin(c + 1) − 1, four each; what fills up the last has weight 0.
  View<int*> begin_, pixel_;
  View<float*> weight_;  // share of the pixel, or frequency index: exact in float
  View<double*> scale_;  // of a channel
};

}  // namespace locum::imaging
