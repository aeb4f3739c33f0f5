// Kernels of PRISM: from waves behind the specimen to the S-matrix, and from the S-matrix to probes.
//
// An S-matrix is stored by tiles of `width` points along y (kokkos_kernels/fft/lanes.hpp), and in a tile by beams: what
// one place needs of all beams is contiguous. The sum over beams takes 8 operations a beam, point and probe; a tile is
// read once for the `prism_group` probes that it is summed for in registers, so that the sum keeps the processor's
// multipliers busy, not its memory: 8 bytes are read for 64 operations even where no cache helps.
#pragma once

#include <array>

#include "kokkos_kernels/fft/lanes.hpp"
#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/engines/prism_config.hpp"
#include "solvers/imaging/grid.hpp"

namespace locum::imaging {

inline constexpr int prism_group = 8;  // probes whose sums stay in registers

// Where things lie in an S-matrix.
template <class T>
struct PrismTiles {
  static constexpr int width = fft::tile_width<T>;
  int nx = 0, ny = 0, cut_x = 0, cut_y = 0;  // PrismLayout's
  int tiles = 0;                             // along y
  int beams = 0;

  PrismTiles() = default;
  explicit PrismTiles(const PrismLayout& layout)
      : nx(layout.nx),
        ny(layout.ny),
        cut_x(layout.cut_x),
        cut_y(layout.cut_y),
        tiles((layout.ny + width - 1) / width),
        beams(static_cast<int>(layout.beams.size())) {}
  // Numbers (T) of one S-matrix.
  std::size_t size() const { return offset(nx, 0, 0); }
  KOKKOS_INLINE_FUNCTION std::size_t offset(int ix, int tile, int beam) const {
    return ((static_cast<std::size_t>(ix) * static_cast<std::size_t>(tiles) + static_cast<std::size_t>(tile)) *
                static_cast<std::size_t>(beams) +
            static_cast<std::size_t>(beam)) *
           static_cast<std::size_t>(2 * width);
  }
};

using BeamRows = View<int* [2]>;      // row and column of each beam in a reciprocal array
using WindowStarts = View<int* [2]>;  // first point of each probe's window in the S-matrix's grid

// Which part of the S-matrix the probes of each group need: first row, rows, first tile, tiles.
using GroupRegions = View<int* [4]>;

// waves(n, ·, ·) ← the plane wave of beam first + n, of amplitude 1, for n < count: (≥ count, nx, ny), reciprocal.
template <class T>
void set_plane_waves(const ExecutionSpace& space, const BeamRows& rows, int first, int count,
                     const fft::Waves<T>& waves);

// The band-limited part of reciprocal `waves` (≥ count, grid) into the reciprocal array of a coarser grid over the same
// cell, times its number of points, which its inverse transform divides by.
template <class T>
void resample(const ExecutionSpace& space, const Grid& grid, const fft::Waves<T>& waves, int count,
              const fft::Waves<T>& coarse);

// Waves 0 … count − 1 of real space into the S-matrix as beams first … What pads a line's last tile is zero.
template <class T>
void lay_out_beams(const ExecutionSpace& space, const PrismTiles<T>& tiles, const fft::Waves<T>& waves, int first,
                   int count, T* matrix);

// Amplitude of each beam in each probe, gathered from reciprocal waves of the window's grid: element
// ((group · beams + beam) · prism_group + probe) · 2, re and im. Probes from count on get 0.
template <class T>
void gather_amplitudes(const ExecutionSpace& space, const BeamRows& rows, const fft::Waves<T>& probes, int count,
                       const View<T*>& amplitude);

// cut(n, ·, ·) ← Σ_b amplitude(n, b) S_b over the window of probe n, n < count: (≥ count, cut_x, cut_y), real space.
// The order of the sum is that of the beams, whatever the group. all: the region of all groups together.
template <class T>
void sum_beams(const ExecutionSpace& space, const PrismTiles<T>& tiles, const T* matrix, const View<T*>& amplitude,
               const WindowStarts& start, const GroupRegions& region, std::array<int, 4> all, int count,
               const fft::Waves<T>& cut);

// Spectra (≥ count, cut_x, cut_y) of windows, unnormalised, into reciprocal arrays of the window's grid (≥ count, nx,
// ny), divided by the number of points; 0 beyond the band limit.
template <class T>
void spread_spectra(const ExecutionSpace& space, const Grid& window, const View<int*>& highest_y,
                    const fft::Waves<T>& spectra, int count, const fft::Waves<T>& waves);
// For each row of a reciprocal array the highest frequency index along y inside the band limit; −1: none.
View<int*> highest_frequencies(const Grid& grid);

}  // namespace locum::imaging
