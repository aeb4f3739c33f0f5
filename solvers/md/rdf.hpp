// Radial distribution function: how many atoms are found at a distance, against an ideal gas of the same density.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"

namespace locum::md {

class RadialDistribution {
 public:
  // Distances up to `reach`, Å, in `bins` equal bins. Throws ConfigError unless both are positive.
  RadialDistribution(double reach, int bins);

  // position: (n, 3) flat, Å, wrapped or not. All images within reach are counted, in any triclinic cell.
  void add_frame(const Cell& cell, const std::vector<double>& position);

  std::int64_t frames() const { return frames_; }
  std::vector<double> radius() const;  // (bins), middles, Å
  // (bins); 1 for an ideal gas: pairs found over N · density · shell volume, averaged over the frames.
  std::vector<double> value() const;
  // (bins); mean number of neighbours nearer than the bin's outer edge.
  std::vector<double> coordination() const;

 private:
  double shell_volume(int bin) const;
  double reach_;
  std::vector<double> pairs_per_atom_;  // summed over frames
  std::vector<double> normalized_;      // the same over density · shell volume
  std::int64_t frames_ = 0;
};

// Largest |difference| of two functions over the bins, and the mean of it: how far two runs' structures differ.
struct CurveDifference {
  double largest = 0.0, mean = 0.0;
};
CurveDifference difference(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace locum::md
