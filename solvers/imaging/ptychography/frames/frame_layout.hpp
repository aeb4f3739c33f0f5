// How the arrays of ptychography lie in memory. All are float: counts of a detector carry less than its 24 bits.
//
//   waves    between the two transforms of a frame: (kx, y) in tiles of lines, as wave_layout.hpp has it, but with
//   every
//            frequency
//   planes   object, probes and exit waves: a plane of real and a plane of imaginary parts, rows of x, so that lanes
//            load neighbouring y. Rows are padded with zeros, so that a load at any y from −width + 1 on reads nothing
//            of the neighbouring row.
//   frames   what the detector measured, in the order in which columns of frequencies are worked on: blocks of kx, then
//            ky, then the lanes of a block
#pragma once

#include <array>
#include <string>

#include "kokkos_kernels/fft/lanes.hpp"

namespace locum::imaging {

using FrameLanes = fft::Lanes<float>;
using FramePack = fft::LanePack<float>;

struct FrameLayout {
  static constexpr int width = fft::tile_width<float>;
  int nx = 0, ny = 0;
  int columns = 0;  // nx, padded to whole tiles
  int blocks = 0;   // of y
  int stride = 0;   // of a row of a window's plane

  FrameLayout() = default;
  FrameLayout(int nx_, int ny_)
      : nx(nx_),
        ny(ny_),
        columns((nx_ + width - 1) / width * width),
        blocks((ny_ + width - 1) / width),
        stride((blocks + 1) * width) {}

  KOKKOS_INLINE_FUNCTION int element(int i, int block) const { return block * columns + i; }
  // Numbers of one wave, and of the data of one frame.
  KOKKOS_INLINE_FUNCTION std::size_t wave() const {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(blocks) * 2 * width;
  }
  KOKKOS_INLINE_FUNCTION std::size_t data() const {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(ny);
  }
  // Place of (kx, ky) in the data of a frame.
  KOKKOS_INLINE_FUNCTION std::size_t at(int kx, int ky) const {
    return (static_cast<std::size_t>(kx / width) * ny + ky) * width + kx % width;
  }
};

// Complex arrays of equal shape, planes of real and of imaginary parts.
struct Planes {
  View<float*> values;
  int count = 0, rows = 0, stride = 0;

  Planes() = default;
  // count arrays of rows × columns numbers, zero.
  Planes(const std::string& label, int count_, int rows_, int columns)
      : count(count_), rows(rows_), stride(padded(columns)) {
    values = View<float*>(label, front + 2 * static_cast<std::size_t>(count) * plane());
  }
  Planes(const std::string& label, int count_, const FrameLayout& layout)
      : Planes(label, count_, layout.nx, layout.ny) {}

  KOKKOS_INLINE_FUNCTION std::size_t plane() const {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(stride);
  }
  // Element (0, 0) of array k; its imaginary part lies plane() farther.
  KOKKOS_INLINE_FUNCTION float* at(int k) const {
    return values.data() + front + 2 * static_cast<std::size_t>(k) * plane();
  }
  static int padded(int columns) {
    return (columns + FrameLayout::width - 1) / FrameLayout::width * FrameLayout::width + FrameLayout::width;
  }

 private:
  static constexpr std::size_t front = FrameLayout::width;
};

KOKKOS_FORCEINLINE_FUNCTION FrameLanes load(const float* at, std::size_t imaginary) {
  return {fft::load_pack(at), fft::load_pack(at + imaginary)};
}
KOKKOS_FORCEINLINE_FUNCTION void store(float* at, std::size_t imaginary, FrameLanes v) {
  fft::store_pack(at, v.re);
  fft::store_pack(at + imaginary, v.im);
}
// conj(a) b
KOKKOS_FORCEINLINE_FUNCTION FrameLanes conjugate_times(FrameLanes a, FrameLanes b) {
  return {a.re * b.re + a.im * b.im, a.re * b.im - a.im * b.re};
}
// |a|², and Re conj(a) b
KOKKOS_FORCEINLINE_FUNCTION FramePack square(FrameLanes a) { return a.re * a.re + a.im * a.im; }
KOKKOS_FORCEINLINE_FUNCTION FramePack real_product(FrameLanes a, FrameLanes b) { return a.re * b.re + a.im * b.im; }

// Where a frame of a batch is: the object's pixel below the window's first one, its probe among the shifted ones, its
// data among the frames that are kept, and the length of its Poisson step (frame_kernels.hpp).
struct FramePlace {
  int x = 0, y = 0;
  int probe = 0;
  int data = 0;
  float step = 0.0f;
};

}  // namespace locum::imaging
