// Fresnel propagators of a stack of slices, with tilt: one for each different thickness.
#pragma once

#include <array>
#include <vector>

#include "solvers/imaging/waves/slice_kernels.hpp"

namespace locum::imaging {

template <class T>
class SlicePropagators {
 public:
  // exp(−iπλΔz k² + 2πiΔz k·tan θ) at the kept frequencies of `layout`. energy: keV; thickness: of each slice, Å; tilt:
  // of the beam against the slices' normal, mrad (Kirkland, 2nd ed., equation 6.99).
  SlicePropagators(const Grid& grid, const WaveLayout<T>& layout, double energy, const std::vector<double>& thickness,
                   std::array<double, 2> tilt);

  int slices() const { return static_cast<int>(kind_.size()); }
  const SlicePropagator<T>& operator[](int slice) const {
    return propagators_[static_cast<std::size_t>(kind_[static_cast<std::size_t>(slice)])];
  }

 private:
  std::vector<SlicePropagator<T>> propagators_;
  std::vector<int> kind_;  // of each slice
};

}  // namespace locum::imaging
