#include "tests/unit/solvers/imaging/waves/waves.hpp"

#include <cmath>

#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging::testing {
namespace {

constexpr double pi = 3.14159265358979323846;

std::size_t at(const Grid& grid, int ix, int iy) {
  return static_cast<std::size_t>(ix) * static_cast<std::size_t>(grid.ny) + static_cast<std::size_t>(iy);
}

void transform(const Grid& grid, Wave& wave, bool forward) {
  const fft::Transform2d<double> plan(ExecutionSpace(), 1, grid.nx, grid.ny, fft::Effort::estimate);
  const auto device = to_device<double>(grid, {wave});
  if (forward)
    plan.forward(device);
  else
    plan.inverse(device);
  wave = to_host<double>(device)[0];
}

void limit(const Grid& grid, Wave& wave) {
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy)
      if (std::hypot(grid.kx(ix), grid.ky(iy)) > grid.band_limit()) wave[at(grid, ix, iy)] = 0.0;
}

}  // namespace

Wave make_probe(const Grid& grid, double energy, double angle, double x, double y) {
  Wave wave(static_cast<std::size_t>(grid.nx) * static_cast<std::size_t>(grid.ny));
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy)
      if (std::hypot(grid.kx(ix), grid.ky(iy)) <= 1e-3 * angle / wavelength(energy))
        wave[at(grid, ix, iy)] = std::polar(1.0, -2.0 * pi * (grid.kx(ix) * x + grid.ky(iy) * y));
  const double scale = 1.0 / std::sqrt(norm(wave));
  for (auto& value : wave) value *= scale;
  return wave;
}

std::vector<std::vector<double>> random_potentials(const Grid& grid, int slices, int atoms, double strength) {
  std::vector<std::vector<double>> all;
  for (int s = 0; s < slices; ++s) {
    std::vector<double> v(static_cast<std::size_t>(grid.nx) * static_cast<std::size_t>(grid.ny), 0.0);
    for (int a = 0; a < atoms; ++a) {
      const auto what = static_cast<std::uint64_t>(s * atoms + a);
      const double x = grid.lx * random::uniform(5, random::Stream::displacement, what, 0, 0);
      const double y = grid.ly * random::uniform(5, random::Stream::displacement, what, 0, 1);
      for (int ix = 0; ix < grid.nx; ++ix)
        for (int iy = 0; iy < grid.ny; ++iy) {
          const double rx = std::remainder(ix * grid.dx() - x, grid.lx),
                       ry = std::remainder(iy * grid.dy() - y, grid.ly);
          v[at(grid, ix, iy)] += strength * std::exp(-(rx * rx + ry * ry) / 0.1);
        }
    }
    all.push_back(std::move(v));
  }
  return all;
}

Wave plain_multislice(const Grid& grid, double energy, const std::vector<double>& thickness, std::array<double, 2> tilt,
                      const std::vector<std::vector<double>>& potentials, Wave wave) {
  const double lambda = wavelength(energy), sigma = interaction_parameter(energy);
  for (std::size_t s = 0; s < potentials.size(); ++s) {
    Wave function(wave.size());
    for (std::size_t k = 0; k < function.size(); ++k) function[k] = std::polar(1.0, sigma * potentials[s][k]);
    transform(grid, function, true);
    limit(grid, function);
    transform(grid, function, false);
    transform(grid, wave, false);
    for (std::size_t k = 0; k < wave.size(); ++k) wave[k] *= function[k];
    transform(grid, wave, true);
    limit(grid, wave);
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy) {
        const double kx = grid.kx(ix), ky = grid.ky(iy);
        wave[at(grid, ix, iy)] *= std::polar(
            1.0, -pi * lambda * thickness[s] * (kx * kx + ky * ky) +
                     2.0 * pi * thickness[s] * (kx * std::tan(1e-3 * tilt[0]) + ky * std::tan(1e-3 * tilt[1])));
      }
  }
  return wave;
}

template <class T>
Transmission<T> transmission_of(const Grid& grid, double energy, const std::vector<std::vector<double>>& potentials) {
  Transmission<T> transmission(ExecutionSpace(), grid, interaction_parameter(energy),
                               static_cast<int>(potentials.size()));
  Slices<T> v("v", 1, grid.nx, grid.ny);
  const auto v_host = Kokkos::create_mirror_view(v);
  for (std::size_t s = 0; s < potentials.size(); ++s) {
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy) v_host(0, ix, iy) = static_cast<T>(potentials[s][at(grid, ix, iy)]);
    Kokkos::deep_copy(v, v_host);
    transmission.fill(ExecutionSpace(), static_cast<int>(s), v);
  }
  return transmission;
}

template <class T>
fft::Waves<T> to_device(const Grid& grid, const std::vector<Wave>& waves) {
  fft::Waves<T> device("waves", waves.size(), grid.nx, grid.ny);
  const auto host = Kokkos::create_mirror_view(device);
  for (std::size_t n = 0; n < waves.size(); ++n)
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy) {
        const auto value = waves[n][at(grid, ix, iy)];
        host(n, ix, iy) = fft::Complex<T>(static_cast<T>(value.real()), static_cast<T>(value.imag()));
      }
  Kokkos::deep_copy(device, host);
  return device;
}

template <class T>
std::vector<Wave> to_host(const fft::Waves<T>& waves) {
  const auto host = host_copy(waves);
  std::vector<Wave> all(waves.extent(0), Wave(waves.extent(1) * waves.extent(2)));
  for (std::size_t n = 0; n < all.size(); ++n)
    for (std::size_t ix = 0; ix < waves.extent(1); ++ix)
      for (std::size_t iy = 0; iy < waves.extent(2); ++iy)
        all[n][ix * waves.extent(2) + iy] = {host(n, ix, iy).real(), host(n, ix, iy).imag()};
  return all;
}

double norm(const Wave& wave) {
  double sum = 0.0;
  for (const auto& value : wave) sum += std::norm(value);
  return sum;
}

double distance(const Wave& a, const Wave& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += std::norm(a[k] - b[k]);
  return std::sqrt(sum / norm(b));
}

template Transmission<float> transmission_of<float>(const Grid&, double, const std::vector<std::vector<double>>&);
template Transmission<double> transmission_of<double>(const Grid&, double, const std::vector<std::vector<double>>&);
template fft::Waves<float> to_device<float>(const Grid&, const std::vector<Wave>&);
template fft::Waves<double> to_device<double>(const Grid&, const std::vector<Wave>&);
template std::vector<Wave> to_host<float>(const fft::Waves<float>&);
template std::vector<Wave> to_host<double>(const fft::Waves<double>&);

}  // namespace locum::imaging::testing
