// Multislice in a window around each probe, cropped from the transmission functions of the whole grid.
//
// A focused probe is narrow; what it leaves its window by at high angles comes back in at the other side, for the
// window is periodic. How wrong that is, the local engine learns from full multislice.
#pragma once

#include <span>
#include <vector>

#include "solvers/imaging/optics/probe.hpp"
#include "solvers/imaging/waves/slice_propagators.hpp"

namespace locum::imaging {

template <class T>
class WindowMultislice {
 public:
  // A window of at least `side` Å (x, y) on the points of `grid`, in whole tiles. thickness: of the slices, Å. Throws
  // ConfigError where the window is as large as the grid.
  WindowMultislice(const ExecutionSpace& space, const Grid& grid, std::array<double, 2> side, double energy,
                   const std::vector<double>& thickness, int batch);

  const Grid& window() const { return window_; }  // the window as a grid of its own
  int batch() const { return batch_; }
  int slices() const { return propagators_.slices(); }
  // How the transmission functions must be laid out.
  FunctionLayout<T> layout() const { return FunctionLayout<T>::planes(grid_, window_.ny); }

  // Probes at `positions`, at most a batch of them: each is `probe` (reciprocal, on the window, at its origin). Gives
  // the amplitudes behind the specimen on the window's frequencies: waves (≥ batch, window's nx, ny).
  void run(const Transmission<T>& transmission, const Wave<T>& probe, std::span<const Position> positions,
           const fft::Waves<T>& waves) const;

  // Bytes of what it holds.
  double bytes() const;

 private:
  ExecutionSpace space_;
  Grid grid_, window_;
  int batch_;
  SliceKernels<T> kernels_;
  SlicePropagators<T> propagators_;
  ProbePlacer<T> placer_;
  View<int* [2]> origin_;  // of each probe's window, points of the grid
};

}  // namespace locum::imaging
