#include "solvers/imaging/optics/objective.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "solvers/imaging/optics/coherence.hpp"

namespace locum::imaging {
namespace {

constexpr double energy = 200.0;
const Grid grid{64, 48, 16.0, 12.0};

// The image of ψ = 1 + iε cos(2π q·x), q = `order` / lx, summed over the points of a focal series.
std::vector<double> image_of_weak_wave(double epsilon, int order, const ObjectiveConfig& config, Damping damping,
                                       const std::vector<FocalPoint>& series) {
  const ExecutionSpace space;
  std::vector<std::complex<double>> exit(grid.nx * grid.ny);
  exit[0] = 1.0;
  exit[order * grid.ny] += std::complex<double>(0.0, 0.5 * epsilon);
  exit[(grid.nx - order) * grid.ny] += std::complex<double>(0.0, 0.5 * epsilon);
  const auto reciprocal = to_device<double>(grid, exit, "exit_wave");
  const fft::Transform2d<double> transform(space, 2, grid.nx, grid.ny, fft::Effort::estimate);
  const Images image("image", 2, grid.nx, grid.ny);
  for (const auto& point : series) {
    damping.focus = point.focus;
    const auto transfer = to_device<double>(grid, make_transfer(grid, energy, config, damping), "transfer");
    const fft::Waves<double> waves("waves", 2, grid.nx, grid.ny);
    const auto second = Kokkos::subview(waves, 1, Kokkos::ALL, Kokkos::ALL);
    Kokkos::deep_copy(second, reciprocal);
    apply_transfer(space, transfer, 2, waves);
    transform.inverse(waves);
    add_images(space, waves, 2, point.weight, image);
  }
  const auto host = host_copy(image);
  std::vector<double> row;
  for (int ix = 0; ix < grid.nx; ++ix) {
    EXPECT_EQ(host(0, ix, 0), 0.0);  // the empty wave of the batch
    row.push_back(host(1, ix, 5));
  }
  return row;
}

TEST(Objective, VacuumIsOne) {
  ObjectiveConfig config;
  config.aberrations.defocus = 500.0;
  config.aberrations.Cs = 1.0;
  for (const double v : image_of_weak_wave(0.0, 4, config, {40.0, 0.3, 0.0}, {{0.0, 1.0}})) EXPECT_NEAR(v, 1.0, 1e-13);
}

// A weak phase object's image is 1 + 2ε sin χ(q) cos(2πq·x): dark atoms at Scherzer's underfocus (χ < 0).
TEST(Objective, AWeakPhaseObjectIsImagedByTheSineOfThePhase) {
  ObjectiveConfig config;
  config.aberrations.Cs = 1.3;
  config.aberrations.scherzer = true;
  const double epsilon = 1e-4, q = 3 / grid.lx;
  const double chi = Aberrations(config.aberrations, energy).phase(q, 0.0);
  ASSERT_LT(std::sin(chi), -0.5);
  const auto image = image_of_weak_wave(epsilon, 3, config, {}, {{0.0, 1.0}});
  for (int ix = 0; ix < grid.nx; ++ix) {
    const double expected = 1.0 + 2.0 * epsilon * std::sin(chi) * std::cos(2.0 * M_PI * 3 * ix / grid.nx);
    EXPECT_NEAR(image[ix], expected, 2.0 * epsilon * epsilon);  // what is quadratic in ε
  }
}

TEST(Objective, TheEnvelopeOfAWeakObjectIsTheSumOverTheFocalSpread) {
  ObjectiveConfig config;
  config.aberrations.Cs = 1.3;
  config.aberrations.defocus = 400.0;
  const double epsilon = 1e-4, spread = 60.0;
  const auto coherent = image_of_weak_wave(epsilon, 4, config, {}, {{0.0, 1.0}});
  const auto envelope = image_of_weak_wave(epsilon, 4, config, {spread, 0.0, 0.0}, {{0.0, 1.0}});
  const auto sum = image_of_weak_wave(epsilon, 4, config, {}, focal_quadrature(spread, 9));
  const double q2 = std::pow(4 / grid.lx, 2);
  const double damping = std::exp(-0.5 * std::pow(M_PI * wavelength(energy) * spread * q2, 2));
  ASSERT_LT(damping, 0.97);  // or there would be nothing to see
  for (int ix = 0; ix < grid.nx; ++ix) {
    EXPECT_NEAR(envelope[ix], sum[ix], 4.0 * epsilon * epsilon);  // what is quadratic in ε, and 1e-9 of the quadrature
    EXPECT_NEAR(envelope[ix] - 1.0, damping * (coherent[ix] - 1.0), 4.0 * epsilon * epsilon);
  }
}

// For directions s of a normal distribution, ⟨exp(−i(χ(k + s) − χ(s)))⟩ has the envelope's modulus while χ is straight
// over the width of the distribution.
TEST(Objective, TheSpatialEnvelopeIsTheMeanOverDirections) {
  ObjectiveConfig config;
  config.aberrations.Cs = 1.0;
  config.aberrations.defocus = 900.0;
  config.aberrations.C12 = 100.0;
  const double theta = 0.1;  // mrad
  const Aberrations lens(config.aberrations, energy);
  const auto transfer = make_transfer(grid, energy, config, {0.0, theta, 0.0});
  const auto rule = focal_quadrature(1e-3 * theta / wavelength(energy), 15);
  double least = 1.0;
  for (const auto& [ix, iy] : {std::pair{5, 0}, {2, 3}, {0, 6}, {12, 0}}) {
    std::complex<double> mean = 0.0;
    for (const auto& sx : rule)
      for (const auto& sy : rule)
        mean += sx.weight * sy.weight *
                std::polar(1.0, -(lens.phase(grid.kx(ix) + sx.focus, grid.ky(iy) + sy.focus) -
                                  lens.phase(sx.focus, sy.focus)));
    const double found = std::abs(transfer[ix * grid.ny + iy]);
    least = std::min(least, found);
    EXPECT_NEAR(found, std::abs(mean), 2e-3);  // χ bends by some 1e-2 rad over θ/λ, which tells in second order
  }
  EXPECT_LT(least, 0.9);
}

TEST(Objective, TheApertureCutsAndIsBoundedByTheGrid) {
  ObjectiveConfig config;
  config.aperture = 10.0;
  const auto transfer = make_transfer(grid, energy, config, {});
  const double k_max = 0.010 / wavelength(energy);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy)
      EXPECT_EQ(transfer[ix * grid.ny + iy], std::hypot(grid.kx(ix), grid.ky(iy)) <= k_max ? 1.0 : 0.0);
  config.aperture = 34.0;  // the limit is 33.4
  EXPECT_THROW(make_transfer(grid, energy, config, {}), ConfigError);
  config = {};
  config.coherence = "none";
  EXPECT_THROW(config.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
