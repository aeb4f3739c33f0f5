#include "solvers/imaging/waves/window_multislice.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

// The least number of points, at least `wanted`, that fills tiles and is transformed fast.
template <class T>
int window_points(double wanted) {
  constexpr int width = WaveLayout<T>::width;
  int points = static_cast<int>(std::ceil(wanted / width)) * width;
  while (fft::good_size(points) != points) points += width;
  return points;
}

template <class T>
Grid make_window(const Grid& grid, std::array<double, 2> side) {
  const Grid window{window_points<T>(side[0] / grid.dx()), window_points<T>(side[1] / grid.dy()), 0.0, 0.0};
  if (window.nx >= grid.nx || window.ny >= grid.ny)
    throw ConfigError(
        fmt::format("a window of {} × {} points ({:.1f} × {:.1f} Å) is no smaller than the grid of {} × {}", window.nx,
                    window.ny, window.nx * grid.dx(), window.ny * grid.dy(), grid.nx, grid.ny),
        "local.window", "imaging.method = \"multislice\" is right for a cell so small");
  return {window.nx, window.ny, window.nx * grid.dx(), window.ny * grid.dy()};
}

int wrapped(int point, int n) { return (point % n + n) % n; }

}  // namespace

template <class T>
WindowMultislice<T>::WindowMultislice(const ExecutionSpace& space, const Grid& grid, std::array<double, 2> side,
                                      double energy, const std::vector<double>& thickness, int batch)
    : space_(space),
      grid_(grid),
      window_(make_window<T>(grid, side)),
      batch_(batch),
      kernels_(space, window_, batch),
      propagators_(window_, kernels_.layout, energy, thickness, {0.0, 0.0}),
      placer_(window_, batch),
      origin_("imaging::window::origin", static_cast<std::size_t>(batch)) {}

template <class T>
void WindowMultislice<T>::run(const Transmission<T>& transmission, const Wave<T>& probe,
                              std::span<const Position> positions, const fft::Waves<T>& waves) const {
  const int count = static_cast<int>(positions.size());
  const auto origin_host = Kokkos::create_mirror_view(origin_);
  std::vector<Position> within;
  for (int n = 0; n < count; ++n) {
    const auto [x, y] = positions[static_cast<std::size_t>(n)];
    const int ix = static_cast<int>(std::lround(x / grid_.dx())) - window_.nx / 2;
    const int iy = static_cast<int>(std::lround(y / grid_.dy())) - window_.ny / 2;
    within.push_back({x - ix * grid_.dx(), y - iy * grid_.dy()});
    origin_host(n, 0) = wrapped(ix, grid_.nx);
    origin_host(n, 1) = wrapped(iy, grid_.ny);
  }
  Kokkos::deep_copy(origin_, origin_host);  // done on return: the host's array goes, and kernels of before have read
  placer_.place(space_, probe, within, waves);
  kernels_.enter(space_, count, waves, 0);
  for (int slice = 0; slice < slices(); ++slice) {
    kernels_.transmit_window(space_, count, transmission.slice(slice), transmission.layout(), origin_);
    kernels_.propagate(space_, count, propagators_[slice]);
  }
  kernels_.leave(space_, count, waves, 0);
}

template <class T>
double WindowMultislice<T>::bytes() const {
  return static_cast<double>(kernels_.layout.size()) * sizeof(T) * batch_ +
         2.0 * sizeof(T) * batch_ * window_.nx * window_.ny;
}

template class WindowMultislice<float>;
template class WindowMultislice<double>;

}  // namespace locum::imaging
