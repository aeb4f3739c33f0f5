// The two passes over memory that a slice takes, and those at either end.
//
// Between slices a wave is reciprocal along x and real along y (wave_layout.hpp). Then
//
//   rows:     for each y:  F_x exp(iσv) F_x⁻¹      transmission
//   columns:  for each kx: F_y⁻¹ A P F_y           propagation, with the band limit A; any P(kx, ky) will do
//
// so that each pass reads and writes the wave once and has its transforms in the cache (a team's scratch). A library's
// two-dimensional transforms would go over it four times at least. Columns beyond the band limit are never touched.
#pragma once

#include "kokkos_kernels/fft/line_plan.hpp"
#include "solvers/imaging/waves/transmission.hpp"
#include "solvers/imaging/waves/wave_layout.hpp"

namespace locum::imaging {

// A propagator that is a product, P(kx, ky) = P_x(kx) P_y(ky), as Fresnel's is, with tilt too.
template <class T>
struct SlicePropagator {
  View<T*> along_x;      // lanes of each block of kept frequencies, divided by nx ny: (columns × 2)
  View<T* [2]> along_y;  // re and im at the frequencies of the reciprocal array: (ny, 2)
};

template <class T>
struct SliceKernels {
  WaveLayout<T> layout;
  fft::LinePlan<T> line_x, line_y;
  View<int*> highest_y;   // (columns): the band limit's |iy| for each kept frequency; −1 for padding
  View<int* [2]> limits;  // the least and the largest of them in each block of columns
  View<T*> waves;         // (batch × layout.size())

  SliceKernels() = default;
  SliceKernels(const ExecutionSpace& space, const Grid& grid, int batch);

  // Waves 0 … count − 1 through one slice. `tiles`: its transmission function, as waves are laid out.
  void transmit(const ExecutionSpace& space, int count, const T* tiles) const;
  // Each wave through a window of a larger grid's function: `planes` as FunctionLayout has them with a margin of at
  // least the window's whole tiles, origin(w, 2) the window's first point for wave w, within the large grid.
  void transmit_window(const ExecutionSpace& space, int count, const T* planes,
                       const FunctionLayout<T>& layout_of_planes, const View<int* [2]>& origin) const;
  void propagate(const ExecutionSpace& space, int count, const SlicePropagator<T>& propagator) const;
  // From and to reciprocal arrays (n, nx, ny): waves first … first + count − 1 of `reciprocal`. What lies beyond the
  // band limit is not read, and is not written.
  void enter(const ExecutionSpace& space, int count, const fft::Waves<T>& reciprocal, int first) const;
  void leave(const ExecutionSpace& space, int count, const fft::Waves<T>& reciprocal, int first) const;
};

}  // namespace locum::imaging
