// Transmission functions exp(iσv) of slices, band-limited, laid out for the slices' kernels.
#pragma once

#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/grid.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/waves/wave_layout.hpp"

namespace locum::imaging {

// Where a slice's function has its numbers. In tiles, element (ix of block b of y) is b nx + ix, as waves have them; in
// planes, all real parts come before all imaginary ones, row after row of y, and each row goes on with its beginning
// for `margin` points, so that a window which leaves the cell along y finds what it wants in a row.
template <class T>
struct FunctionLayout {
  int nx = 0, ny = 0;
  bool in_planes = false;
  int row = 0;                // points of y that are stored: whole tiles, or ny and the margin
  std::size_t imaginary = 0;  // from a real part to its imaginary one

  static FunctionLayout tiles(const Grid& grid);
  static FunctionLayout planes(const Grid& grid, int margin);
  // Numbers of one slice.
  std::size_t size() const { return 2 * static_cast<std::size_t>(nx) * static_cast<std::size_t>(row); }
  KOKKOS_INLINE_FUNCTION std::size_t offset(int ix, int iy) const {
    constexpr int width = WaveLayout<T>::width;
    if (in_planes) return static_cast<std::size_t>(ix) * row + iy;
    return (static_cast<std::size_t>(iy / width) * nx + ix) * 2 * width + iy % width;
  }
};

template <class T>
class Transmission {
 public:
  // Memory for `slices` of them, to be filled. sigma: rad V⁻¹ Å⁻¹.
  Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices);
  // Laid out so, in memory of the caller's: layout.size() numbers a slice.
  Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices, const FunctionLayout<T>& layout,
               const View<T*>& memory);

  // Slices first … first + count − 1 from v (count, nx, ny). Functions of a potential that is band-limited itself reach
  // beyond the band limit; what does is cut off.
  void fill(const ExecutionSpace& space, int first, const Slices<T>& v);

  int slices() const { return slices_; }
  const Grid& grid() const { return grid_; }
  const FunctionLayout<T>& layout() const { return layout_; }
  const T* slice(int s) const { return numbers_.data() + layout_.size() * static_cast<std::size_t>(s); }

 private:
  Grid grid_;
  FunctionLayout<T> layout_;
  double sigma_;
  int slices_;
  View<T*> numbers_;
  fft::Waves<T> plain_;
  fft::Transform2d<T> transform_;
};

}  // namespace locum::imaging
