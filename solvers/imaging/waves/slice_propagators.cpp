#include "solvers/imaging/waves/slice_propagators.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double pi = 3.14159265358979323846;

// exp(−iπλΔz k² + 2πiΔz k tan θ) along one axis.
std::complex<double> fresnel(double lambda, double thickness, double k, double tilt) {
  return std::polar(1.0, -pi * lambda * thickness * k * k + 2.0 * pi * thickness * k * std::tan(1e-3 * tilt));
}

template <class T>
SlicePropagator<T> make_propagator(const Grid& grid, const WaveLayout<T>& layout, double lambda, double thickness,
                                   std::array<double, 2> tilt) {
  constexpr int width = WaveLayout<T>::width;
  SlicePropagator<T> p{View<T*>("imaging::propagator::x", static_cast<std::size_t>(layout.columns) * 2),
                       View<T* [2]>("imaging::propagator::y", static_cast<std::size_t>(grid.ny))};
  const auto x_host = Kokkos::create_mirror_view(p.along_x);
  const auto y_host = Kokkos::create_mirror_view(p.along_y);
  const double scale = 1.0 / (static_cast<double>(grid.nx) * grid.ny);
  for (int i = 0; i < layout.columns; ++i) {
    const int row = layout.row(i);
    const auto value = row < 0 ? std::complex<double>(0.0) : scale * fresnel(lambda, thickness, grid.kx(row), tilt[0]);
    const int at = i / width * 2 * width + i % width;
    x_host(at) = static_cast<T>(value.real());
    x_host(at + width) = static_cast<T>(value.imag());
  }
  for (int iy = 0; iy < grid.ny; ++iy) {
    const auto value = fresnel(lambda, thickness, grid.ky(iy), tilt[1]);
    y_host(iy, 0) = static_cast<T>(value.real());
    y_host(iy, 1) = static_cast<T>(value.imag());
  }
  Kokkos::deep_copy(p.along_x, x_host);
  Kokkos::deep_copy(p.along_y, y_host);
  return p;
}

}  // namespace

template <class T>
SlicePropagators<T>::SlicePropagators(const Grid& grid, const WaveLayout<T>& layout, double energy,
                                      const std::vector<double>& thickness, std::array<double, 2> tilt) {
  const double lambda = wavelength(energy);
  std::vector<double> known;
  for (const double dz : thickness) {
    const auto place = std::find(known.begin(), known.end(), dz);
    kind_.push_back(static_cast<int>(place - known.begin()));
    if (place != known.end()) continue;
    known.push_back(dz);
    propagators_.push_back(make_propagator(grid, layout, lambda, dz, tilt));
  }
}

template class SlicePropagators<float>;
template class SlicePropagators<double>;

}  // namespace locum::imaging
