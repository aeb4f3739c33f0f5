#include "solvers/imaging/optics/coherence.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

double moment(const std::vector<FocalPoint>& rule, int power) {
  double sum = 0.0;
  for (const auto& p : rule) sum += p.weight * std::pow(p.focus, power);
  return sum;
}

TEST(FocalQuadrature, IsExactForPolynomialsUpToTwiceItsPoints) {
  for (const int n : {1, 2, 3, 7, 15, 40}) {
    const auto rule = focal_quadrature(1.0, n);
    ASSERT_EQ(static_cast<int>(rule.size()), n);
    double exact = 1.0;
    for (int power = 0; power <= 2 * n - 1 && power <= 20; power += 2) {
      if (power > 0) exact *= power - 1;  // (power − 1)!!
      EXPECT_NEAR(moment(rule, power), exact, 1e-12 * exact) << n << " points, power " << power;
    }
  }
}

TEST(FocalQuadrature, OddMomentsVanishByTheSymmetryOfItsPoints) {
  for (const int n : {1, 2, 7, 16}) {
    const auto rule = focal_quadrature(30.0, n);
    for (int k = 0; k < n; ++k) {
      EXPECT_EQ(rule[k].focus, -rule[n - 1 - k].focus);
      EXPECT_EQ(rule[k].weight, rule[n - 1 - k].weight);
    }
    EXPECT_LT(std::abs(moment(rule, 1)), 1e-14);
    EXPECT_LT(std::abs(moment(rule, 3)), 1e-11);  // of 27000, rounding of the sum
  }
}

TEST(FocalQuadrature, MissesTheFirstMomentBeyondItsPoints) {
  EXPECT_LT(moment(focal_quadrature(1.0, 3), 6), 14.0);  // ⟨x⁶⟩ = 15; three points give 9
}

TEST(FocalQuadrature, ScalesWithTheSpread) {
  const auto one = focal_quadrature(1.0, 5), wide = focal_quadrature(40.0, 5);
  for (int k = 0; k < 5; ++k) {
    EXPECT_DOUBLE_EQ(wide[k].focus, 40.0 * one[k].focus);
    EXPECT_EQ(wide[k].weight, one[k].weight);
  }
  const auto none = focal_quadrature(0.0, 7);
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].focus, 0.0);
  EXPECT_EQ(none[0].weight, 1.0);
  EXPECT_THROW(focal_quadrature(1.0, 0), ConfigError);
  EXPECT_THROW(focal_quadrature(-1.0, 3), ConfigError);
}

TEST(FocalQuadrature, SumsThePhaseOfADefocusToItsEnvelope) {
  // ⟨cos(p x)⟩ = exp(−p²/2): what a focal spread does to a beam whose phase goes by p per standard deviation.
  for (const double p : {0.5, 1.0, 2.0}) {
    double sum = 0.0;
    for (const auto& q : focal_quadrature(1.0, 11)) sum += q.weight * std::cos(p * q.focus);
    EXPECT_NEAR(sum, std::exp(-0.5 * p * p),
                1e-5);  // the series' 22nd term: 2²² 21!! / 22! = 5e-5 at p = 2, times n-th share
  }
}

TEST(FocalSpread, ComesFromEnergyAndLensCurrent) {
  CoherenceConfig config;
  config.Cc = 1.2;
  config.energy_spread = 0.8;
  // 1.2e7 Å · (1.3914/1.1957) · (0.8/2.3548) / 2e5 = 23.72 Å
  EXPECT_NEAR(focal_spread(config, 200.0), 23.72, 0.01);
  config.energy_spread = 0.0;
  config.current_instability = 0.5;
  EXPECT_NEAR(focal_spread(config, 200.0), 12.0, 1e-9);
  config = {};
  EXPECT_EQ(focal_spread(config, 200.0), 0.0);
  config.focal_spread = 30.0;
  EXPECT_EQ(focal_spread(config, 200.0), 30.0);
  config.Cc = 1.0;
  EXPECT_THROW(focal_spread(config, 200.0), ConfigError);  // which of the two?
  config = {};
  config.energy_spread = 0.8;
  EXPECT_THROW(config.validate(), ConfigError);  // without Cc it does nothing
}

TEST(SourceSize, APeriodicWaveIsDampedAsTheGaussiansTransform) {
  const ScanShape scan{24, 20, 0.3, 0.25, true, true};
  const double lx = 24 * 0.3, ly = 20 * 0.25;
  for (const double sigma : {0.05, 0.34, 2.0}) {  // from far below a step to a fourth of the scan
    for (const auto& [p, q] : {std::pair{0, 0}, {1, 0}, {3, 2}, {0, 7}, {11, 9}}) {
      std::vector<double> image(24 * 20);
      const auto wave = [&](int ix, int iy) { return std::cos(2.0 * M_PI * (p * ix / 24.0 + q * iy / 20.0) + 0.3); };
      for (int ix = 0; ix < 24; ++ix)
        for (int iy = 0; iy < 20; ++iy) image[ix * 20 + iy] = wave(ix, iy);
      blur_source<double>(image, scan, 1, sigma);
      const double damping = std::exp(-2.0 * M_PI * M_PI * sigma * sigma * (p * p / (lx * lx) + q * q / (ly * ly)));
      for (int ix = 0; ix < 24; ++ix)
        for (int iy = 0; iy < 20; ++iy) EXPECT_NEAR(image[ix * 20 + iy], damping * wave(ix, iy), 1e-13);
    }
  }
}

TEST(SourceSize, APeriodicScanKeepsItsSum) {
  const ScanShape scan{7, 5, 0.4, 0.4, true, true};
  std::vector<double> image(35, 0.0);
  image[12] = 1.0;
  blur_source<double>(image, scan, 1, 0.5);
  EXPECT_NEAR(std::accumulate(image.begin(), image.end(), 0.0), 1.0, 1e-14);
  EXPECT_LT(image[12], 0.2);
}

TEST(SourceSize, AConstantStaysConstantUpToTheRimOfAnOpenScan) {
  const ScanShape scan{9, 33, 0.2, 0.2, false, false};
  std::vector<float> image(9 * 33, 2.5f);
  blur_source<float>(image, scan, 1, 0.5);
  for (const float v : image) EXPECT_NEAR(v, 2.5f, 1e-6f);
}

TEST(SourceSize, AnOpenScanSeesTheGaussianInItsMiddle) {
  const ScanShape scan{1, 61, 1.0, 0.2, false, false};
  std::vector<double> image(61, 0.0);
  image[30] = 1.0;
  blur_source<double>(image, scan, 1, 0.4);
  for (int i = 15; i <= 45; ++i) {
    const double x = 0.2 * (i - 30);
    const double gaussian = 0.2 / (0.4 * std::sqrt(2.0 * M_PI)) * std::exp(-0.5 * x * x / 0.16);
    EXPECT_NEAR(image[i], gaussian, 1e-8);  // the kernel ends at six σ, 1e-8 of its height
  }
}

TEST(SourceSize, ChannelsAreBlurredEachByItself) {
  const ScanShape scan{6, 8, 0.3, 0.3, true, false};
  constexpr std::size_t channels = 301;  // more than one piece, no multiple of it
  std::vector<double> all(6 * 8 * channels);
  for (std::size_t e = 0; e < all.size(); ++e) all[e] = std::sin(0.37 * e);
  std::vector<double> one(6 * 8);
  const std::size_t channel = 290;
  for (int p = 0; p < 48; ++p) one[p] = all[p * channels + channel];
  blur_source<double>(all, scan, channels, 0.4);
  blur_source<double>(one, scan, 1, 0.4);
  for (int p = 0; p < 48; ++p) EXPECT_EQ(all[p * channels + channel], one[p]);
}

TEST(SourceSize, ScatteredPointsCannotBeBlurred) {
  std::vector<double> values = {1.0, 2.0, 3.0};
  EXPECT_THROW(blur_source<double>(values, {3, 1, 0.0, 0.0, false, false}, 1, 0.4), ConfigError);
  EXPECT_NO_THROW(blur_source<double>(values, {3, 1, 0.0, 0.0, false, false}, 1, 0.0));
  EXPECT_NO_THROW(blur_source<double>(values, {3, 1, 0.2, 0.0, false, false}, 1, 0.4));  // a line
}

TEST(SourceSize, NothingChangesWithoutASource) {
  std::vector<double> image = {1.0, 2.0, 3.0}, before = image, none;
  blur_source<double>(image, {3, 1, 0.2, 0.2, false, false}, 1, 0.0);
  EXPECT_EQ(image, before);
  EXPECT_NO_THROW(blur_source<double>(none, {0 + 1, 1, 0.2, 0.2, false, false}, 0, 1.0));
  EXPECT_THROW(blur_source<double>(image, {4, 1, 0.2, 0.2, false, false}, 1, 1.0), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
