#include "solvers/imaging/detectors/detector_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "tests/support/message_of.hpp"

namespace locum::imaging {
namespace {

using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr double energy = 200.0, convergence = 20.0;
const Grid grid{90, 84, 15.0, 14.0};  // 6 points an Å: band limit 2 Å⁻¹, 50.16 mrad; pixels of 1.67 and 1.79 mrad
const double mrad_per_k = 1e3 * wavelength(energy);

DetectorConfig detector(const std::string& kind, double inner = -1.0, double outer = -1.0) {
  DetectorConfig config;
  config.kind = kind;
  config.inner = inner;
  config.outer = outer;
  return config;
}

// Waves with |ψ(k)|² = value(b, kx, ky) within the band limit.
template <class T, class F>
fft::Waves<T> waves_of(int batch, F&& value) {
  const fft::Waves<T> waves("waves", batch, grid.nx, grid.ny);
  const auto host = Kokkos::create_mirror_view(waves);
  for (int b = 0; b < batch; ++b)
    for (int ix = 0; ix < grid.nx; ++ix)
      for (int iy = 0; iy < grid.ny; ++iy) {
        const double kx = grid.kx(ix), ky = grid.ky(iy);
        const bool inside = std::hypot(kx, ky) <= grid.band_limit() * (1.0 + 1e-12);
        const double a = inside ? std::sqrt(value(b, kx, ky)) : 0.0;
        const double phase = 0.1 * ix + 0.7 * iy;  // of no consequence
        host(b, ix, iy) = fft::Complex<T>(T(a * std::cos(phase)), T(a * std::sin(phase)));
      }
  Kokkos::deep_copy(waves, host);
  return waves;
}

double uniform_pattern(int, double, double) { return 1.0; }
double ragged_pattern(int b, double kx, double ky) { return 1.0 + 0.9 * std::sin(40.0 * kx + 31.0 * ky * ky + b); }

template <class T>
std::vector<std::vector<double>> numbers_of(const DetectorSet& set, const fft::Waves<T>& waves, double weight = 1.0) {
  const int batch = waves.extent_int(0);
  const ChannelSums sums("sums", batch, set.channels());
  set.add_channels(ExecutionSpace(), waves, batch, weight, sums);
  const auto host = host_copy(sums);
  std::vector<std::vector<double>> rows;
  for (int b = 0; b < batch; ++b) {
    std::vector<double> row(set.channels()), numbers(set.numbers());
    for (int c = 0; c < set.channels(); ++c) row[c] = host(b, c);
    set.finish(row, numbers);
    rows.push_back(numbers);
  }
  return rows;
}

double area_in_pixels(double inner, double outer) {
  return M_PI * (outer * outer - inner * inner) / (mrad_per_k * mrad_per_k) * grid.lx * grid.ly;
}

TEST(DetectorSet, CountsThePixelsOfAnAnnulus) {
  auto partial = detector("annular", 11.0, 33.0);
  partial.coverage = "partial";
  partial.name = "partial";
  const DetectorSet set(grid, energy, convergence, {detector("annular", 11.0, 33.0), partial});
  const auto numbers = numbers_of(set, waves_of<double>(1, uniform_pattern))[0];
  const double exact = area_in_pixels(11.0, 33.0);
  int centres = 0;
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy) {
      const double angle = mrad_per_k * std::hypot(grid.kx(ix), grid.ky(iy));
      centres += angle >= 11.0 && angle < 33.0;
    }
  EXPECT_NEAR(numbers[0], centres, 1e-9);
  EXPECT_NEAR(numbers[1], exact, 2e-3 * exact);  // of 165 rim pixels, each to some 1/64 at random
  EXPECT_LT(std::abs(numbers[1] - exact), std::abs(numbers[0] - exact));
}

TEST(DetectorSet, NeighboursShareThePatternWithoutGapOrOverlap) {
  for (const char* coverage : {"hard", "partial"}) {
    auto radial = detector("radial", 0.0, 50.0), segmented = detector("segmented", 10.0, 30.0);
    radial.width = 2.0;
    segmented.rings = 4, segmented.segments = 6, segmented.rotation = 15.0;
    std::vector<DetectorConfig> configs = {radial, segmented, detector("annular", 0.0, 50.0)};
    configs.push_back(detector("annular", 10.0, 30.0));
    configs.back().name = "ring";
    for (auto& c : configs) c.coverage = coverage;
    const DetectorSet set(grid, energy, convergence, configs);
    const auto n = numbers_of(set, waves_of<double>(1, ragged_pattern))[0];
    const auto sum = [&](int d) {
      const auto& detector = set.detectors()[d];
      return std::accumulate(n.begin() + detector.number, n.begin() + detector.number + detector.numbers, 0.0);
    };
    EXPECT_EQ(set.detectors()[0].numbers, 25);
    EXPECT_EQ(set.detectors()[1].numbers, 24);
    EXPECT_NEAR(sum(0), sum(2), 1e-10 * sum(2)) << coverage;
    EXPECT_NEAR(sum(1), sum(3), 1e-10 * sum(3)) << coverage;
  }
}

TEST(DetectorSet, WhatReachesTheBandLimitHoldsTheWholeWave) {
  const DetectorSet set(grid, energy, convergence,
                        {detector("annular", 0.0, mrad_per_k * grid.band_limit()), detector("pixelated")});
  const auto waves = waves_of<double>(1, uniform_pattern);
  double all = 0.0;
  const auto host = host_copy(waves);
  for (int ix = 0; ix < grid.nx; ++ix)
    for (int iy = 0; iy < grid.ny; ++iy)
      all += host(0, ix, iy).real() * host(0, ix, iy).real() + host(0, ix, iy).imag() * host(0, ix, iy).imag();
  EXPECT_NEAR(numbers_of(set, waves)[0][0], all, 1e-9);
  const auto& p = set.patterns()[0];
  const Patterns<double> pattern("pattern", 1, p.nx, p.ny);
  set.add_pattern(ExecutionSpace(), 0, waves, 1, 1.0, pattern);
  double kept = 0.0;
  const auto pixels = host_copy(pattern);
  for (int x = 0; x < p.nx; ++x)
    for (int y = 0; y < p.ny; ++y) kept += pixels(0, x, y);
  EXPECT_NEAR(kept, all, 1e-9);
}

// A pattern of four-fold symmetry on a square grid must not favour a segment: pixels on their boundaries are shared.
TEST(DetectorSet, SegmentsOfASymmetricPatternAreEqual) {
  const DetectorSet set(grid, energy, convergence, {detector("segmented", 0.0, 20.0)});
  const auto n =
      numbers_of(set, waves_of<double>(1, [](int, double kx, double ky) { return std::exp(-kx * kx - ky * ky); }))[0];
  for (int s = 1; s < 4; ++s) EXPECT_NEAR(n[s], n[0], 1e-12 * n[0]);
}

TEST(DetectorSet, SegmentsBeginAtTheRotationAndGoFromXTowardsY) {
  auto config = detector("segmented", 5.0, 40.0);
  config.rotation = 45.0;
  const DetectorSet set(grid, energy, convergence, {config});
  const auto spot = [&](double x, double y) {
    return waves_of<double>(
        1, [=](int, double kx, double ky) { return std::abs(kx - x) < 1e-6 && std::abs(ky - y) < 1e-6 ? 1.0 : 0.0; });
  };
  const double px = 9 / grid.lx, py = 9 / grid.ly;
  EXPECT_THAT(numbers_of(set, spot(0.0, py))[0], Pointwise(DoubleNear(1e-12), {1.0, 0.0, 0.0, 0.0}));
  EXPECT_THAT(numbers_of(set, spot(-px, 0.0))[0], Pointwise(DoubleNear(1e-12), {0.0, 1.0, 0.0, 0.0}));
  EXPECT_THAT(numbers_of(set, spot(0.0, -py))[0], Pointwise(DoubleNear(1e-12), {0.0, 0.0, 1.0, 0.0}));
  EXPECT_THAT(numbers_of(set, spot(px, 0.0))[0], Pointwise(DoubleNear(1e-12), {0.0, 0.0, 0.0, 1.0}));
  EXPECT_EQ(set.detectors()[0].axes[1].values, (std::vector<double>{90, 180, 270, 360}));
}

TEST(DetectorSet, CentreOfMassIsTheMeanFrequency) {
  auto inverse = detector("com");
  inverse.name = "com_k";
  inverse.unit = "1/Angstrom";
  const DetectorSet set(grid, energy, convergence, {detector("com"), inverse, detector("bf")});
  EXPECT_EQ(set.channels(), 7);
  EXPECT_EQ(set.numbers(), 5);
  // A disc about (0.4, −0.3) Å⁻¹ that is not of unit norm, and an empty pattern.
  const auto waves = waves_of<double>(2, [](int b, double kx, double ky) {
    return b == 0 && std::hypot(kx - 6 / 15.0, ky + 4 / 14.0) < 0.5 ? 0.01 : 0.0;
  });
  const auto n = numbers_of(set, waves, 0.5);
  EXPECT_NEAR(n[0][0], mrad_per_k * 0.4, 1e-10);
  EXPECT_NEAR(n[0][1], -mrad_per_k * 4 / 14.0, 1e-10);
  EXPECT_NEAR(n[0][2], 0.4, 1e-12);
  EXPECT_NEAR(n[0][3], -4 / 14.0, 1e-12);
  EXPECT_EQ(n[1], std::vector<double>(5, 0.0));
}

TEST(DetectorSet, PatternsAreCentredAndTheirAxesSayWhere) {
  for (const int bin : {1, 2, 3, 4}) {
    auto config = detector("pixelated", -1.0, 30.0);
    config.bin = bin;
    const DetectorSet set(grid, energy, convergence, {config});
    const auto& p = set.patterns()[0];
    for (const auto& [fx, fy] : {std::pair{0, 0}, {7, -5}, {-13, 2}, {1, 13}}) {
      const double x = fx / grid.lx, y = fy / grid.ly;
      const auto waves = waves_of<double>(2, [=](int b, double kx, double ky) {
        return b == 1 && std::abs(kx - x) < 1e-6 && std::abs(ky - y) < 1e-6 ? 1.0 : 0.0;
      });
      const Patterns<double> pattern("pattern", 2, p.nx, p.ny);
      set.add_pattern(ExecutionSpace(), 0, waves, 2, 0.25, pattern);
      const auto host = host_copy(pattern);
      int found = 0;
      for (int ox = 0; ox < p.nx; ++ox)
        for (int oy = 0; oy < p.ny; ++oy) {
          EXPECT_EQ(host(0, ox, oy), 0.0);
          if (host(1, ox, oy) == 0.0) continue;
          ++found;
          EXPECT_NEAR(host(1, ox, oy), 0.25, 1e-15);
          EXPECT_NEAR(p.qx.values[ox], x, 0.5 * bin / grid.lx);
          EXPECT_NEAR(p.qy.values[oy], y, 0.5 * bin / grid.ly);
        }
      EXPECT_EQ(found, 1) << bin << ": " << fx << ", " << fy;
    }
    EXPECT_NEAR(p.qx.values[1] - p.qx.values[0], bin / grid.lx, 1e-14);
    // The beam's own pixel: centred on the axis, or half a grid point below it.
    const double beam = bin % 2 == 1 ? 0.0 : -0.5 / grid.lx;
    EXPECT_THAT(p.qx.values, Contains(DoubleNear(beam, 1e-14)));
    EXPECT_GE(p.qx.values.back() + 0.5 * bin / grid.lx, 30.0 / mrad_per_k - 1.0 / grid.lx);
  }
}

TEST(DetectorSet, BinnedPixelsAreSumsOfFineOnes) {
  auto fine = detector("pixelated"), coarse = fine;
  coarse.bin = 3;
  coarse.name = "coarse";
  const DetectorSet set(grid, energy, convergence, {fine, coarse});
  const auto waves = waves_of<float>(1, ragged_pattern);
  const auto& f = set.patterns()[0];
  const auto& c = set.patterns()[1];
  const Patterns<float> a("fine", 1, f.nx, f.ny), b("coarse", 1, c.nx, c.ny);
  set.add_pattern(ExecutionSpace(), 0, waves, 1, 1.0, a);
  set.add_pattern(ExecutionSpace(), 1, waves, 1, 1.0, b);
  const auto fine_host = host_copy(a), coarse_host = host_copy(b);
  for (int x = 1; x < c.nx - 1; ++x)
    for (int y = 1; y < c.ny - 1; ++y) {
      double sum = 0.0;
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j)
          sum += fine_host(0, c.first_x + 3 * x + i - f.first_x, c.first_y + 3 * y + j - f.first_y);
      EXPECT_NEAR(coarse_host(0, x, y), sum, 1e-6 * (1.0 + sum));  // sums of floats
    }
}

TEST(DetectorSet, AWavesNumbersDoNotDependOnItsBatch) {
  const DetectorSet set(grid, energy, convergence,
                        {detector("bf"), detector("adf"), detector("com"), detector("radial")});
  const auto together = numbers_of(set, waves_of<float>(5, ragged_pattern));
  for (int b = 0; b < 5; ++b) {
    const auto alone =
        numbers_of(set, waves_of<float>(1, [&](int, double kx, double ky) { return ragged_pattern(b, kx, ky); }));
    EXPECT_EQ(alone[0], together[b]);
  }
}

TEST(DetectorSet, FloatDiffersFromDoubleByTheRoundingOfTheWave) {
  const DetectorSet set(grid, energy, convergence, {detector("bf"), detector("abf"), detector("adf")});
  const auto a = numbers_of(set, waves_of<float>(1, ragged_pattern))[0],
             b = numbers_of(set, waves_of<double>(1, ragged_pattern))[0];
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(a[c], b[c], 3e-7 * b[c]);  // a few roundings of 6e-8; the sum itself is double
}

TEST(DetectorSet, NamedDetectorsTakeTheirAnglesFromTheConvergence) {
  const double limit = 80.0;
  EXPECT_EQ(resolve(detector("bf"), 20.0, limit, 0.1).outer, 10.0);
  EXPECT_EQ(resolve(detector("abf"), 20.0, limit, 0.1).inner, 10.0);
  EXPECT_EQ(resolve(detector("adf"), 20.0, limit, 0.1).inner, 25.0);
  EXPECT_EQ(resolve(detector("maadf"), 20.0, limit, 0.1).outer, 70.0);
  const auto haadf = resolve(detector("haadf"), 20.0, limit, 0.1);
  EXPECT_EQ(haadf.inner, 60.0);
  EXPECT_EQ(haadf.outer, 80.0);
  EXPECT_EQ(haadf.name, "haadf");
  EXPECT_EQ(resolve(detector("bf", 1.0, 5.0), 20.0, limit, 0.1).outer, 5.0);
  EXPECT_THROW(resolve(detector("bf"), 0.0, limit, 0.1), ConfigError);  // a plane wave has none
  EXPECT_EQ(resolve(detector("bf", 0.0, 5.0), 0.0, limit, 0.1).outer, 5.0);
}

TEST(DetectorSet, ADetectorBeyondTheBandLimitIsRefusedWithTheSamplingThatHoldsIt) {
  const auto text = test::message_of([] { DetectorSet(grid, energy, convergence, {detector("annular", 40.0, 60.0)}); });
  EXPECT_THAT(text, HasSubstr("60 mrad"));
  EXPECT_THAT(text, HasSubstr("50.1587 mrad"));
  EXPECT_THAT(text, HasSubstr("0.1393 Å"));  // 0.16667 · 50.16 / 60
  const Grid finer{108, 101, 15.0, 14.0};
  EXPECT_NO_THROW(DetectorSet(finer, energy, convergence, {detector("annular", 40.0, 60.0)}));
  // HAADF from 60 mrad on has no room at all here.
  EXPECT_THAT(test::message_of([] { DetectorSet(grid, energy, convergence, {detector("haadf")}); }), HasSubstr("60"));
}

TEST(DetectorSet, WhatHoldsNoPixelIsRefused) {
  auto radial = detector("radial");
  radial.width = 0.3;
  EXPECT_THAT(test::message_of([&] { DetectorSet(grid, energy, convergence, {radial}); }), HasSubstr("holds no pixel"));
  EXPECT_THROW(DetectorSet(grid, energy, convergence, {detector("bf"), detector("bf")}), ConfigError);
  EXPECT_THAT(test::message_of([] { DetectorSet(grid, energy, convergence, {detector("hadf")}); }),
              HasSubstr("did you mean"));
  radial = detector("radial", 0.0, 10.5);
  radial.width = 2.0;
  EXPECT_THAT(test::message_of([&] { DetectorSet(grid, energy, convergence, {radial}); }), HasSubstr("outer = 10"));
}

TEST(DetectorSet, NoDetectorsAndNoWavesAreNoMatter) {
  const DetectorSet none(grid, energy, convergence, {}), set(grid, energy, convergence, {detector("bf")});
  const auto waves = waves_of<float>(2, uniform_pattern);
  const ExecutionSpace space;
  EXPECT_EQ(none.channels(), 0);
  EXPECT_NO_THROW(none.add_channels(space, waves, 2, 1.0, ChannelSums("none", 2, 0)));
  EXPECT_NO_THROW(set.add_channels(space, waves, 0, 1.0, ChannelSums("none", 0, 1)));
  EXPECT_THROW(set.add_channels(space, waves, 3, 1.0, ChannelSums("sums", 3, 1)), ConfigError);
  EXPECT_THROW(set.add_channels(space, waves, 2, 1.0, ChannelSums("sums", 2, 2)), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
