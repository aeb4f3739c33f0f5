#include "solvers/imaging/transmission.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

template <class T>
using GridPolicy = Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<2>>;

template <class T>
void exponentiate(const ExecutionSpace& space, const Grid& grid, double sigma, const Potentials<T>& v, int slice,
                  const fft::Waves<T>& out) {
  const T factor = static_cast<T>(sigma);
  Kokkos::parallel_for(
      "imaging::transmission::exponentiate", GridPolicy<T>(space, {0, 0}, {grid.nx, grid.ny}),
      KOKKOS_LAMBDA(int ix, int iy) {
        const T phase = factor * v(slice, ix, iy);
        out(0, ix, iy) = fft::Complex<T>(std::cos(phase), std::sin(phase));
      });
}

template <class T>
void cut(const ExecutionSpace& space, const Grid& grid, const fft::Waves<T>& wave) {
  const double limit = grid.band_limit() * grid.band_limit();
  Kokkos::parallel_for(
      "imaging::transmission::cut", GridPolicy<T>(space, {0, 0}, {grid.nx, grid.ny}), KOKKOS_LAMBDA(int ix, int iy) {
        const double kx = grid.kx(ix), ky = grid.ky(iy);
        if (kx * kx + ky * ky > limit) wave(0, ix, iy) = fft::Complex<T>(0, 0);
      });
}

// What pads the last block is zero.
template <class T>
void lay_out(const ExecutionSpace& space, const WaveLayout<T>& layout, const fft::Waves<T>& wave, T* tiles) {
  constexpr int width = WaveLayout<T>::width;
  Kokkos::parallel_for(
      "imaging::transmission::lay_out", GridPolicy<T>(space, {0, 0}, {layout.nx, layout.blocks * width}),
      KOKKOS_LAMBDA(int ix, int iy) {
        T* at = tiles + (static_cast<std::size_t>(iy / width) * layout.nx + ix) * 2 * width + iy % width;
        at[0] = iy < layout.ny ? wave(0, ix, iy).real() : T(0);
        at[width] = iy < layout.ny ? wave(0, ix, iy).imag() : T(0);
      });
}

}  // namespace

template <class T>
Transmission<T>::Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices)
    : Transmission(space, grid, sigma, slices, View<T*>("imaging::transmission", numbers(grid, slices))) {}

template <class T>
Transmission<T>::Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices,
                              const View<T*>& memory)
    : grid_(grid),
      layout_(grid),
      sigma_(sigma),
      slices_(slices),
      slice_size_(numbers(grid, 1)),
      tiles_(memory),
      plain_(uninitialized("imaging::transmission::plain"), 1, grid.nx, grid.ny),
      transform_(space, 1, grid.nx, grid.ny) {
  if (memory.size() != numbers(grid, slices))
    throw ConfigError(fmt::format("memory of {} numbers came for {} transmission functions, {} were expected",
                                  memory.size(), slices, numbers(grid, slices)),
                      "imaging.transmission");
}

template <class T>
void Transmission<T>::fill(const ExecutionSpace& space, int first, const Potentials<T>& v) {
  const int count = v.extent_int(0);
  if (first < 0 || first + count > slices_ || v.extent_int(1) != grid_.nx || v.extent_int(2) != grid_.ny)
    throw ConfigError(
        fmt::format("potentials of shape ({}, {}, {}) came for slices {} to {} of {} on a grid of {} × {}", count,
                    v.extent(1), v.extent(2), first, first + count - 1, slices_, grid_.nx, grid_.ny),
        "imaging.transmission");
  for (int s = 0; s < count; ++s) {
    exponentiate(space, grid_, sigma_, v, s, plain_);
    transform_.forward(plain_);
    cut(space, grid_, plain_);
    transform_.inverse(plain_);
    lay_out(space, layout_, plain_, tiles_.data() + slice_size_ * static_cast<std::size_t>(first + s));
  }
}

template <class T>
std::size_t Transmission<T>::numbers(const Grid& grid, int slices) {
  const WaveLayout<T> layout(grid);
  return static_cast<std::size_t>(layout.blocks) * static_cast<std::size_t>(grid.nx) * 2 * WaveLayout<T>::width *
         static_cast<std::size_t>(slices);
}

template class Transmission<float>;
template class Transmission<double>;

}  // namespace locum::imaging
