// How waves lie in memory between slices: (kx, y), reciprocal along x and real along y, in tiles of lines.
//
// Only frequencies inside the band limit are kept along x: two thirds of the grid. Element (i, b) of a wave holds
// frequency i of the kept ones for the `width` values of y of block b; i is fastest, so that a block of y is a
// contiguous row of tiles, and a tile of width × width is what a column of frequencies reads. What is padded is zero.
#pragma once

#include "kokkos_kernels/fft/lanes.hpp"
#include "solvers/imaging/grid.hpp"

namespace locum::imaging {

template <class T>
struct WaveLayout {
  static constexpr int width = fft::tile_width<T>;
  int nx = 0, ny = 0;
  int highest = 0;  // kept along x: frequencies −highest … highest
  int columns = 0;  // of them, 2 highest + 1, padded to whole tiles
  int blocks = 0;   // of y

  WaveLayout() = default;
  explicit WaveLayout(const Grid& grid)
      : nx(grid.nx),
        ny(grid.ny),
        highest(static_cast<int>(grid.band_limit() * grid.lx)),
        columns((2 * highest + 1 + width - 1) / width * width),
        blocks((grid.ny + width - 1) / width) {}

  // Numbers (T) of one wave.
  KOKKOS_INLINE_FUNCTION std::size_t size() const {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(blocks) * 2 * width;
  }
  KOKKOS_INLINE_FUNCTION int element(int i, int block) const { return block * columns + i; }
  // Place among the kept frequencies of the reciprocal array's row ix; −1: not kept.
  KOKKOS_INLINE_FUNCTION int kept(int ix) const {
    return ix <= highest ? ix : ix >= nx - highest ? ix - nx + 2 * highest + 1 : -1;
  }
  // Row of the reciprocal array that kept frequency i belongs to; −1 for padding.
  KOKKOS_INLINE_FUNCTION int row(int i) const {
    return i <= highest ? i : i <= 2 * highest ? i + nx - 2 * highest - 1 : -1;
  }
};

}  // namespace locum::imaging
