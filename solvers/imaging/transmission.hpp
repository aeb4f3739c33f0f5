// Transmission functions exp(iσv) of slices, band-limited, laid out for the slices' kernels.
#pragma once

#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/grid.hpp"
#include "solvers/imaging/wave_layout.hpp"

namespace locum::imaging {

// v(s, ix, iy), V·Å: projected potentials of slices.
template <class T>
using Potentials = Kokkos::View<T***, Kokkos::LayoutRight, MemorySpace>;

template <class T>
class Transmission {
 public:
  // Memory for `slices` of them, to be filled. sigma: rad V⁻¹ Å⁻¹.
  Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices);
  // In memory of the caller's: numbers(grid, slices) of it.
  Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices, const View<T*>& memory);

  // Slices first … first + count − 1 from v (count, nx, ny). Functions of a potential that is band-limited itself reach
  // beyond the band limit; what does is cut off.
  void fill(const ExecutionSpace& space, int first, const Potentials<T>& v);

  int slices() const { return slices_; }
  const Grid& grid() const { return grid_; }
  // Tiles of slice s: element (ix of block b of y) lies at b nx + ix (kokkos_kernels/fft/lanes.hpp).
  const T* slice(int s) const { return tiles_.data() + slice_size_ * static_cast<std::size_t>(s); }
  static std::size_t numbers(const Grid& grid, int slices);

 private:
  Grid grid_;
  WaveLayout<T> layout_;
  double sigma_;
  int slices_;
  std::size_t slice_size_;
  View<T*> tiles_;
  fft::Waves<T> plain_;
  fft::Transform2d<T> transform_;
};

}  // namespace locum::imaging
