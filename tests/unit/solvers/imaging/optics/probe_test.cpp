#include "solvers/imaging/optics/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "tests/support/message_of.hpp"

namespace locum::imaging {
namespace {

using ::testing::HasSubstr;
using Host = std::vector<std::complex<double>>;

const Grid grid{96, 80, 24.0, 20.0};

double norm_of(const Host& wave) {
  double sum = 0.0;
  for (const auto& w : wave) sum += std::norm(w);
  return sum;
}

TEST(Probe, HasUnitNormWithinItsAperture) {
  for (const char* edge : {"soft", "hard"}) {
    ProbeConfig config;
    config.edge = edge;
    config.aberrations.defocus = 50.0;
    const Host probe = make_probe(grid, config);
    EXPECT_NEAR(norm_of(probe), 1.0, 1e-13);
    const double k_max = 0.020 / wavelength(200.0), pixel = 1.0 / grid.ly;
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy)
        if (std::hypot(grid.kx(ix), grid.ky(iy)) > k_max + pixel) {
          EXPECT_EQ(probe[ix * grid.ny + iy], 0.0);
        }
  }
}

// What soft edges are for: the norm before normalisation, so the amplitude at k = 0, follows the aperture's area.
TEST(Probe, ASoftEdgeFollowsTheAngleWhereAHardOneJumps) {
  ProbeConfig config;
  double soft_step = 0.0, hard_step = 0.0, soft_before = 0.0, hard_before = 0.0;
  for (int k = 0; k <= 40; ++k) {
    config.convergence = 20.0 + 0.02 * k;
    config.edge = "soft";
    const double soft = make_probe(grid, config)[0].real();
    config.edge = "hard";
    const double hard = make_probe(grid, config)[0].real();
    if (k > 0) {
      soft_step = std::max(soft_step, std::abs(soft / soft_before - 1.0));
      hard_step = std::max(hard_step, std::abs(hard / hard_before - 1.0));
    }
    soft_before = soft, hard_before = hard;
  }
  EXPECT_LT(soft_step, 2e-3);  // 0.02/20 of the radius a step
  EXPECT_GT(hard_step, 4e-3);  // eight pixels of some 800 at a time
}

TEST(Probe, DefocusIsPropagationBackwards) {
  ProbeConfig config;
  const Host focused = make_probe(grid, config);
  config.aberrations.defocus = 120.0;
  const Host defocused = make_probe(grid, config);
  const double lambda = wavelength(200.0);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double k2 = std::pow(grid.kx(ix), 2) + std::pow(grid.ky(iy), 2);
      // Propagated by z = 120 Å, exp(−iπλz k²), the underfocused probe is in focus.
      const auto there = defocused[ix * grid.ny + iy] * std::polar(1.0, -M_PI * lambda * 120.0 * k2);
      EXPECT_LT(std::abs(there - focused[ix * grid.ny + iy]), 1e-13);
    }
  EXPECT_EQ(make_probe(grid, ProbeConfig{}, 120.0), defocused);
}

TEST(Probe, TiltMovesTheConeAndNothingElse) {
  ProbeConfig config;
  config.convergence = 10.0;
  config.aberrations.defocus = 40.0;
  const Host straight = make_probe(grid, config);
  const double lambda = wavelength(200.0);
  config.tilt = {3e3 * lambda / grid.lx, -2e3 * lambda / grid.ly};  // three pixels and two
  const Host tilted = make_probe(grid, config);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const int jx = (ix + 3) % grid.nx, jy = (iy + grid.ny - 2) % grid.ny;
      EXPECT_LT(std::abs(tilted[jx * grid.ny + jy] - straight[ix * grid.ny + iy]), 1e-12);
    }
}

TEST(Probe, APlaneWaveIsOneFrequency) {
  const Host wave = make_plane_wave(grid, 200.0);
  EXPECT_EQ(wave[0], 1.0);
  EXPECT_EQ(norm_of(wave), 1.0);
  const double step = 1e3 * wavelength(200.0) / grid.lx;
  const auto used = nearest_tilt(grid, 200.0, {-2.3 * step, 0.0});
  EXPECT_NEAR(used.x, -2.0 * step, 1e-12);
  EXPECT_EQ(make_plane_wave(grid, 200.0, {-2.3 * step, 0.0})[(grid.nx - 2) * grid.ny], 1.0);
  EXPECT_THAT(test::message_of([] { make_plane_wave(grid, 200.0, {0.0, 60.0}); }), HasSubstr("band limit"));
}

template <class T>
double largest_placing_error(double amplitude_scale) {
  ProbeConfig config;
  config.aberrations.defocus = 60.0;
  const Host host = make_probe(grid, config);
  const auto probe = to_device<T>(grid, host, "probe");
  const std::vector<Position> positions = {{0.0, 0.0}, {3.7, 11.25}, {23.9, -4.0}, {2400.3, 0.01}};
  const ProbePlacer<T> placer(grid, 6);
  fft::Waves<T> waves("waves", 5, grid.nx, grid.ny);
  placer.place(ExecutionSpace(), probe, positions, waves);
  const auto found = host_copy(waves);
  double worst = 0.0;
  for (std::size_t b = 0; b < positions.size(); ++b)
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy) {
        const double angle = -2.0 * M_PI * (grid.kx(ix) * positions[b].x + grid.ky(iy) * positions[b].y);
        const auto expected = host[ix * grid.ny + iy] * std::polar(1.0, angle);
        const std::complex<double> w(found(b, ix, iy).real(), found(b, ix, iy).imag());
        worst = std::max(worst, std::abs(w - expected));
      }
  EXPECT_EQ(found(4, 1, 1).real(), 0);  // a wave beyond the positions is left alone
  return worst / amplitude_scale;
}

TEST(Probe, PlacesAreExactToTheRoundingOfThePrecision) {
  const double amplitude = std::abs(make_probe(grid, ProbeConfig{})[0]);
  EXPECT_LT(largest_placing_error<double>(amplitude), 1e-11);  // 2400 Å at 2 Å⁻¹: angles of 3e4, to some 4e-12
  EXPECT_LT(largest_placing_error<float>(amplitude), 4e-7);    // some three roundings of 6e-8, wherever the probe is
}

TEST(Probe, ABatchOfAnySizeIsPlacedAlike) {
  const auto probe = to_device<float>(grid, make_probe(grid, ProbeConfig{}), "probe");
  std::vector<Position> positions;
  for (int b = 0; b < 71; ++b) positions.push_back({0.31 * b, 19.0 - 0.17 * b});  // more than a launch takes
  const fft::Waves<float> waves("waves", 71, grid.nx, grid.ny), one("one", 1, grid.nx, grid.ny);
  const ExecutionSpace space;
  ProbePlacer<float>(grid, 71).place(space, probe, positions, waves);
  const auto all = host_copy(waves);
  for (const int b : {0, 31, 32, 63, 64, 70}) {
    ProbePlacer<float>(grid, 1).place(space, probe, {positions[b]}, one);
    const auto alone = host_copy(one);
    int different = 0;
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy)
        different +=
            all(b, ix, iy).real() != alone(0, ix, iy).real() || all(b, ix, iy).imag() != alone(0, ix, iy).imag();
    EXPECT_EQ(different, 0) << b;
  }
}

TEST(Probe, PlacingChecksItsShapes) {
  const auto probe = to_device<float>(grid, make_probe(grid, ProbeConfig{}), "probe");
  const ProbePlacer<float> placer(grid, 2);
  const fft::Waves<float> waves("waves", 2, grid.nx, grid.ny), other("other", 2, grid.nx, grid.nx);
  const ExecutionSpace space;
  EXPECT_NO_THROW(placer.place(space, probe, {}, waves));
  EXPECT_THROW(placer.place(space, probe, {{0, 0}, {1, 1}, {2, 2}}, waves), ConfigError);
  EXPECT_THROW(placer.place(space, probe, {{0, 0}}, other), ConfigError);
  EXPECT_THROW(to_device<float>(grid, Host(7), "probe"), ConfigError);
}

TEST(Probe, AConeBeyondTheBandLimitIsRefusedWithTheSamplingThatHoldsIt) {
  ProbeConfig config;
  config.convergence = 40.0;  // the limit of 4/3 Å⁻¹ is 33.4 mrad
  const auto text = test::message_of([&] { make_probe(grid, config); });
  EXPECT_THAT(text, HasSubstr("40 mrad"));
  EXPECT_THAT(text, HasSubstr("33.4391 mrad"));
  EXPECT_THAT(text, HasSubstr("120 × 96 points would do"));
  EXPECT_NO_THROW(make_probe({120, 96, grid.lx, grid.ly}, config));
  config.convergence = 1e3 * wavelength(200.0) * grid.band_limit();  // the limit itself is within
  EXPECT_NO_THROW(make_probe(grid, config));
  config.tilt = {1.0, 0.0};
  EXPECT_THROW(make_probe(grid, config), ConfigError);
}

TEST(Probe, AnApertureOfTooFewPixelsIsRefusedWithTheCellThatHoldsIt) {
  ProbeConfig config;
  config.convergence = 1.5;
  const auto text = test::message_of([&] { make_probe(grid, config); });
  EXPECT_THAT(text, HasSubstr("1.5 mrad is 2.39 pixels"));
  EXPECT_THAT(text, HasSubstr("25.08 Å"));
  EXPECT_NO_THROW(make_probe({128, 128, 25.08, 25.08}, config));
}

TEST(Probe, AProbeWiderThanTheCellIsRefusedWithTheCellThatHoldsIt) {
  ProbeConfig config;
  config.aberrations.defocus = -600.0;  // 12 Å at 20 mrad
  const auto text = test::message_of([&] { make_probe(grid, config); });
  EXPECT_THAT(text, HasSubstr("12 Å from its centre"));
  EXPECT_THAT(text, HasSubstr("repeat the specimen to 24 Å"));
  EXPECT_NO_THROW(make_probe({96, 96, 24.0, 24.0}, config));
}

TEST(Probe, GeometricRadiusCountsRaysThatTurnBack) {
  ProbeConfig config;
  config.aberrations.Cs = 1.0;
  config.aberrations.defocus = 1e7 * 4e-4;  // rays of 20 mrad come back to the axis
  // C α³ − d α is largest at α² = d/3C: (2/3) d α there.
  const double expected = 2.0 / 3.0 * 4e3 * 0.020 / std::sqrt(3.0);
  EXPECT_NEAR(geometric_radius(config), expected, 1e-3 * expected);  // 64 radii around a flat maximum
  config.aberrations = {};
  EXPECT_EQ(geometric_radius(config), 0.0);
  EXPECT_NEAR(geometric_radius(config, 300.0), 6.0, 1e-9);  // beam spread below the surface
  config.aberrations.defocus = 300.0;
  EXPECT_NEAR(geometric_radius(config, 300.0), 0.0, 1e-9);
}

TEST(Probe, NonsenseIsRefused) {
  ProbeConfig config;
  config.convergence = 0.0;
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.energy = -1.0;
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.edge = "round";
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.tilt = {1.0};
  EXPECT_THROW(config.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
