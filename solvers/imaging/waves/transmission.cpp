#include "solvers/imaging/waves/transmission.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

template <class T>
void exponentiate(const ExecutionSpace& space, const Grid& grid, double sigma, const Slices<T>& v, int slice,
                  const fft::Waves<T>& out) {
  const T factor = static_cast<T>(sigma);
  Kokkos::parallel_for(
      "imaging::transmission::exponentiate", RowsPolicy(space, {0, 0}, {grid.nx, grid.ny}),
      KOKKOS_LAMBDA(int ix, int iy) {
        const T phase = factor * v(slice, ix, iy);
        out(0, ix, iy) = fft::Complex<T>(std::cos(phase), std::sin(phase));
      });
}

template <class T>
void cut(const ExecutionSpace& space, const Grid& grid, const fft::Waves<T>& wave) {
  const double limit = grid.band_limit() * grid.band_limit();
  Kokkos::parallel_for(
      "imaging::transmission::cut", RowsPolicy(space, {0, 0}, {grid.nx, grid.ny}), KOKKOS_LAMBDA(int ix, int iy) {
        const double kx = grid.kx(ix), ky = grid.ky(iy);
        if (kx * kx + ky * ky > limit) wave(0, ix, iy) = fft::Complex<T>(0, 0);
      });
}

// What pads the last block of tiles is zero; a row of a plane goes on with its beginning.
template <class T>
void lay_out(const ExecutionSpace& space, const FunctionLayout<T>& layout, const fft::Waves<T>& wave, T* numbers) {
  Kokkos::parallel_for(
      "imaging::transmission::lay_out", RowsPolicy(space, {0, 0}, {layout.nx, layout.row}),
      KOKKOS_LAMBDA(int ix, int iy) {
        const bool padding = !layout.in_planes && iy >= layout.ny;
        const auto value = padding ? fft::Complex<T>(0, 0) : wave(0, ix, iy % layout.ny);
        T* at = numbers + layout.offset(ix, iy);
        at[0] = value.real();
        at[layout.imaginary] = value.imag();
      });
}

}  // namespace

template <class T>
FunctionLayout<T> FunctionLayout<T>::tiles(const Grid& grid) {
  constexpr int width = WaveLayout<T>::width;
  return {grid.nx, grid.ny, false, (grid.ny + width - 1) / width * width, static_cast<std::size_t>(width)};
}

template <class T>
FunctionLayout<T> FunctionLayout<T>::planes(const Grid& grid, int margin) {
  const int row = grid.ny + margin;
  return {grid.nx, grid.ny, true, row, static_cast<std::size_t>(grid.nx) * static_cast<std::size_t>(row)};
}

template <class T>
Transmission<T>::Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices)
    : Transmission(
          space, grid, sigma, slices, FunctionLayout<T>::tiles(grid),
          View<T*>("imaging::transmission", FunctionLayout<T>::tiles(grid).size() * static_cast<std::size_t>(slices))) {
}

template <class T>
Transmission<T>::Transmission(const ExecutionSpace& space, const Grid& grid, double sigma, int slices,
                              const FunctionLayout<T>& layout, const View<T*>& memory)
    : grid_(grid),
      layout_(layout),
      sigma_(sigma),
      slices_(slices),
      numbers_(memory),
      plain_(uninitialized("imaging::transmission::plain"), 1, grid.nx, grid.ny),
      transform_(space, 1, grid.nx, grid.ny) {
  if (memory.size() != layout.size() * static_cast<std::size_t>(slices))
    throw ConfigError(fmt::format("memory of {} numbers came for {} transmission functions, {} were expected",
                                  memory.size(), slices, layout.size() * static_cast<std::size_t>(slices)),
                      "imaging.transmission");
}

template <class T>
void Transmission<T>::fill(const ExecutionSpace& space, int first, const Slices<T>& v) {
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
    lay_out(space, layout_, plain_, numbers_.data() + layout_.size() * static_cast<std::size_t>(first + s));
  }
}

template struct FunctionLayout<float>;
template struct FunctionLayout<double>;
template class Transmission<float>;
template class Transmission<double>;

}  // namespace locum::imaging
