// Probes in free space, against closed forms.
#include <gtest/gtest.h>

#include <cmath>

#include "solvers/imaging/detectors/detector_set.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/optics/probe.hpp"

namespace locum::imaging {
namespace {

using Host = std::vector<std::complex<double>>;

constexpr double energy = 200.0;
const Grid grid{256, 240, 32.0, 30.0};

// |ψ(r)|² over the cell, normalised to a sum of 1, after propagation by z Å: exp(−iπλz k²).
std::vector<double> intensity_at(const Grid& grid, Host wave, double z) {
  const double lambda = wavelength(energy);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double k2 = std::pow(grid.kx(ix), 2) + std::pow(grid.ky(iy), 2);
      wave[ix * grid.ny + iy] *= std::polar(1.0, -M_PI * lambda * z * k2);
    }
  const auto device = to_device<double>(grid, wave, "wave");
  const fft::Waves<double> waves("waves", 1, grid.nx, grid.ny);
  Kokkos::deep_copy(Kokkos::subview(waves, 0, Kokkos::ALL, Kokkos::ALL), device);
  fft::Transform2d<double>(ExecutionSpace(), 1, grid.nx, grid.ny, fft::Effort::estimate).inverse(waves);
  const auto host = host_copy(waves);
  std::vector<double> intensity(grid.nx * grid.ny);
  double sum = 0.0;
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy)
      sum += intensity[ix * grid.ny + iy] = std::pow(host(0, ix, iy).real(), 2) + std::pow(host(0, ix, iy).imag(), 2);
  for (auto& v : intensity) v /= sum;
  return intensity;
}

struct Moments {
  double x = 0, y = 0, xx = 0, yy = 0;  // Å, Å², about the origin, x and y within ± half of the cell
};
Moments moments_of(const std::vector<double>& intensity) {
  Moments m;
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double x = (2 * ix < grid.nx ? ix : ix - grid.nx) * grid.dx();
      const double y = (2 * iy < grid.ny ? iy : iy - grid.ny) * grid.dy(), w = intensity[ix * grid.ny + iy];
      m.x += w * x, m.y += w * y, m.xx += w * x * x, m.yy += w * y * y;
    }
  return m;
}

// A Gaussian amplitude exp(−k²/4s²), |ψ(k)|² of standard deviation s, with the phase of a lens.
constexpr double spread = 0.20;  // Å⁻¹: the waist is 1/4πs = 0.398 Å
Host gaussian_probe(const AberrationsConfig& config) {
  const Aberrations lens(config, energy);
  Host wave(grid.nx * grid.ny);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double kx = grid.kx(ix), ky = grid.ky(iy);
      wave[ix * grid.ny + iy] =
          std::polar(std::exp(-0.25 * (kx * kx + ky * ky) / (spread * spread)), -lens.phase(kx, ky));
    }
  return wave;
}

TEST(FreeSpace, AGaussianProbeSpreadsAsTheClosedFormSays) {
  AberrationsConfig config;
  config.defocus = 150.0;
  const Host probe = gaussian_probe(config);
  const double waist = 1.0 / (4.0 * M_PI * spread), divergence = wavelength(energy) * spread;
  for (const double z : {0.0, 60.0, 150.0, 300.0, 400.0}) {
    const auto m = moments_of(intensity_at(grid, probe, z));
    const double expected = waist * waist + std::pow(divergence * (z - 150.0), 2);
    EXPECT_NEAR(m.xx, expected, 1e-9 * expected) << z;  // sampled to the tails of 1e-16: rounding only
    EXPECT_NEAR(m.yy, expected, 1e-9 * expected) << z;
    EXPECT_NEAR(m.x, 0.0, 1e-10);
  }
}

// Exactly, ⟨x²⟩ = (1/4π²) ∫ |∂ψ/∂kx|² = waist² + ⟨(∂χ/∂kx / 2π)²⟩: every aberration, even those of high order, shows.
TEST(FreeSpace, AberrationsWidenAProbeByTheirRays) {
  const auto check = [](const AberrationsConfig& config) {
    const Aberrations lens(config, energy);
    double sum = 0.0, x = 0.0, y = 0.0, xx = 0.0, yy = 0.0;
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy) {
        const double kx = grid.kx(ix), ky = grid.ky(iy);
        const double w = std::exp(-0.5 * (kx * kx + ky * ky) / (spread * spread));
        const auto ray = lens.ray(kx, ky);
        sum += w, x += w * ray.x, y += w * ray.y, xx += w * ray.x * ray.x, yy += w * ray.y * ray.y;
      }
    const double waist = 1.0 / (4.0 * M_PI * spread);
    const auto m = moments_of(intensity_at(grid, gaussian_probe(config), 0.0));
    // Where |∇χ|/2π in the wings leaves half of the cell, the probe folds: 1e-6 of the beam is there.
    EXPECT_NEAR(m.x, x / sum, 1e-5);
    EXPECT_NEAR(m.y, y / sum, 1e-5);
    EXPECT_NEAR(m.xx, waist * waist + xx / sum, 1e-4 * m.xx);
    EXPECT_NEAR(m.yy, waist * waist + yy / sum, 1e-4 * m.yy);
    EXPECT_GT(m.xx + m.yy, 2.02 * waist * waist);  // else nothing was tested
  };
  AberrationsConfig c;
  c.C12 = 60.0, c.phi12 = 25.0;
  c.defocus = 30.0;
  check(c);
  c = {};
  c.C21 = 6e3, c.phi21 = 40.0;
  check(c);
  c = {};
  c.C23 = 6e3, c.phi23 = -70.0;
  check(c);
  c = {};
  c.Cs = 0.04;
  c.C34 = 2e5, c.phi34 = 10.0, c.C32 = 1e5;
  check(c);
  c = {};
  c.C45 = 2e7, c.C41 = 1e7, c.phi41 = 80.0, c.C43 = 1e7;
  check(c);
}

// In focus the intensity of an aperture is Airy's (2 J1(x)/x)², x = 2π k_max r, and along the axis (sin(u)/u)² with
// u = πλ k_max² z / 2.
TEST(FreeSpace, AnApertureMakesAirysDiscAndItsAxialFringes) {
  ProbeConfig config;
  config.convergence = 25.0;
  const Grid wide{384, 384, 60.0, 60.0};
  const double lambda = wavelength(energy), k_max = 0.025 / lambda;
  const Host probe = make_probe(wide, config);
  const auto focus = intensity_at(wide, probe, 0.0);
  for (int ix = 1; ix < 12; ++ix) {
    const double x = 2.0 * M_PI * k_max * ix * wide.dx(), airy = std::pow(2.0 * std::cyl_bessel_j(1, x) / x, 2);
    EXPECT_NEAR(focus[ix * wide.ny] / focus[0], airy, 2e-3) << ix;  // the soft rim is a pixel, 1/60 of the radius, wide
  }
  EXPECT_NEAR(focus[0] / (wide.dx() * wide.dy()), M_PI * k_max * k_max, 0.02 * M_PI * k_max * k_max);
  for (const double z : {30.0, 60.0, 120.0}) {
    const double u = 0.5 * M_PI * lambda * k_max * k_max * z;
    EXPECT_NEAR(intensity_at(wide, probe, z)[0] / focus[0], std::pow(std::sin(u) / u, 2), 3e-3) << z;
  }
}

TEST(FreeSpace, AProbeIsWhereItWasPlaced) {
  ProbeConfig config;
  const auto probe = to_device<double>(grid, make_probe(grid, config), "probe");
  const fft::Waves<double> waves("waves", 2, grid.nx, grid.ny);
  const ExecutionSpace space;
  ProbePlacer<double>(grid, 2).place(space, probe, {{0.0, 0.0}, {24 * grid.dx(), 200 * grid.dy()}}, waves);
  fft::Transform2d<double>(space, 2, grid.nx, grid.ny, fft::Effort::estimate).inverse(waves);
  const auto host = host_copy(waves);
  double worst = 0.0;
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const auto a = host(0, ix, iy), b = host(1, (ix + 24) % grid.nx, (iy + 200) % grid.ny);
      worst = std::max(worst, std::hypot(a.real() - b.real(), a.imag() - b.imag()));
    }
  EXPECT_LT(worst, 1e-12 * std::hypot(host(0, 0, 0).real(), host(0, 0, 0).imag()));
}

// A detector measures angles: in free space the bright-field disc is all within the convergence, evenly filled.
TEST(FreeSpace, DetectorsSeeTheDiscOfTheAperture) {
  ProbeConfig config;
  config.aberrations.defocus = 200.0;  // of no consequence for |ψ(k)|²
  DetectorConfig disc, half, dark;
  disc.kind = half.kind = "annular";
  disc.name = "disc", disc.inner = 0.0, disc.outer = 21.0;
  half.name = "half", half.inner = 0.0, half.outer = 10.0, half.coverage = "partial";
  dark.kind = "adf";
  const DetectorSet set(grid, energy, config.convergence, {disc, half, dark});
  const fft::Waves<double> waves("waves", 1, grid.nx, grid.ny);
  Kokkos::deep_copy(Kokkos::subview(waves, 0, Kokkos::ALL, Kokkos::ALL),
                    to_device<double>(grid, make_probe(grid, config), "probe"));
  const ChannelSums sums("sums", 1, set.channels());
  set.add_channels(ExecutionSpace(), waves, 1, 1.0, sums);
  const auto host = host_copy(sums);
  EXPECT_NEAR(host(0, 0), 1.0, 1e-12);
  // (10/20)² of an even disc; the amplitude's ramp over the rim's pixel leaves ⅓ there, where the area's share is ½.
  const double radius = 0.5 * 0.020 / wavelength(energy) * (grid.lx + grid.ly);  // pixels
  EXPECT_NEAR(host(0, 1), 0.25 / (1.0 - 1.0 / (3.0 * radius)), 1e-3);
  EXPECT_EQ(host(0, 2), 0.0);
}

}  // namespace
}  // namespace locum::imaging
