#include "solvers/imaging/ptychography/quality/ring_correlation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"
#include "solvers/imaging/ptychography/simulation/random_object.hpp"

namespace locum::imaging {
namespace {

using Value = Ptychogram::Value;
using Values = std::vector<Value>;

Values noise(int nx, int ny, std::uint64_t seed) {
  Values image;
  for (int k = 0; k < nx * ny; ++k) {
    const auto pair = random::normal_pair(seed, random::Stream::shuffle, static_cast<std::uint64_t>(k), 0);
    image.push_back(Value(float(pair.first), float(pair.second)));
  }
  return image;
}

TEST(RingCorrelation, AnImageAgreesWithItselfEverywhere) {
  for (const auto& [nx, ny] : {std::pair{8, 8}, {31, 40}, {64, 64}}) {
    const Values image = random_object({}, nx, ny, 0).value;
    const auto found = ring_correlation(image, image, nx, ny, 0.2, 0.2);
    for (std::size_t i = 1; i < found.correlation.size(); ++i) EXPECT_NEAR(found.correlation[i], 1.0, 1e-12);
    EXPECT_TRUE(found.limited_half_bit && found.limited_seventh);
    EXPECT_DOUBLE_EQ(found.resolution_half_bit, 0.4);  // two pixels
  }
}

TEST(RingCorrelation, IndependentNoiseStaysInItsBand) {
  constexpr int n = 128;
  double square = 0.0, count = 0.0;
  for (int pair = 0; pair < 20; ++pair) {
    const auto found = ring_correlation(noise(n, n, 100 + pair), noise(n, n, 200 + pair), n, n, 1.0, 1.0);
    for (std::size_t i = 4; i < found.correlation.size(); ++i) {
      // The threshold of half a bit gives n back: T = (0.2071 + 1.9102/√n) / (1.2071 + 0.9102/√n).
      const double t = found.half_bit[i], root = (1.9102 - 0.9102 * t) / (1.2071 * t - 0.2071);
      EXPECT_LT(std::abs(found.correlation[i]), 5.0 / root);
      square += found.correlation[i] * found.correlation[i] * root * root;
      count += 1.0;
    }
  }
  // The real part of a correlation of n complex numbers has variance 1/(2n), if n counts the independent ones rightly.
  EXPECT_NEAR(square / count, 0.5, 4.0 * 0.5 * std::sqrt(2.0 / count));  // a mean of as many squares of normal numbers
}

TEST(RingCorrelation, SignalAndNoiseOfEqualPowerCorrelateByHalf) {
  constexpr int n = 128;
  const Values signal = noise(n, n, 1);
  Values a = noise(n, n, 2), b = noise(n, n, 3);
  for (std::size_t k = 0; k < a.size(); ++k) {
    a[k] += signal[k];
    b[k] += signal[k];
  }
  const auto found = ring_correlation(a, b, n, n, 1.0, 1.0);
  double mean = 0.0;
  for (std::size_t i = 10; i < found.correlation.size(); ++i)
    mean += found.correlation[i] / double(found.correlation.size() - 10);
  EXPECT_NEAR(mean, 0.5, 0.02);  // S / (S + N); 55 rings of hundreds of numbers
}

TEST(RingCorrelation, ResolutionIsWhereTheSignalEnds) {
  constexpr int n = 256;
  constexpr double dx = 0.1, dy = 0.1, cut = 2.0;  // Å⁻¹; the Nyquist frequency is 5
  const Values white = noise(n, n, 7);
  Image signal(white.begin(), white.end());
  const ImageTransform transform(n, n);
  transform.forward(signal);
  for (int ix = 0; ix < n; ++ix)
    for (int iy = 0; iy < n; ++iy)
      if (std::hypot(frequency(ix, n) / dx, frequency(iy, n) / dy) > cut) signal[ix * n + iy] = 0.0;
  transform.inverse(signal);
  Values a = noise(n, n, 8), b = noise(n, n, 9);
  for (std::size_t k = 0; k < a.size(); ++k) {
    a[k] = 0.5f * a[k] + Value(signal[k]);
    b[k] = 0.5f * b[k] + Value(signal[k]);
  }
  const auto found = ring_correlation(a, b, n, n, dx, dy);
  EXPECT_NEAR(1.0 / found.resolution_half_bit, cut, 0.08);  // two rings of 0.039 Å⁻¹, which the window blurs
  EXPECT_NEAR(1.0 / found.resolution_seventh, cut, 0.08);
  EXPECT_FALSE(found.limited_half_bit);
  // Pixels twice as large in x, and half as many of them, say the same in Å.
  const auto wide = ring_correlation(a, b, n, n, 2 * dx, 2 * dy);
  EXPECT_DOUBLE_EQ(wide.resolution_half_bit, 2.0 * found.resolution_half_bit);
}

TEST(RingCorrelation, ThresholdsAreVanHeelAndSchatzs) {
  const auto found = ring_correlation(noise(64, 64, 1), noise(64, 64, 2), 64, 64, 1.0, 1.0, {0.0});
  // Without an edge all pixels are independent: ring 1 has those at 1, √2: 8 pixels.
  EXPECT_NEAR(found.half_bit[1], (0.2071 + 1.9102 / std::sqrt(8.0)) / (1.2071 + 0.9102 / std::sqrt(8.0)), 1e-12);
  EXPECT_NEAR(found.half_bit.back(), 0.2071 / 1.2071, 0.12);  // 200 pixels: nearing the limit of many, 0.1716
  EXPECT_DOUBLE_EQ(found.frequency[1], 1.0 / 64.0);
  EXPECT_DOUBLE_EQ(found.seventh, 1.0 / 7.0);
}

TEST(RingCorrelation, ImagesWithoutPowerDoNotCorrelate) {
  const Values flat(100, Value(1.0f));
  const auto found = ring_correlation(flat, flat, 10, 10, 1.0, 1.0);
  for (const double c : found.correlation) EXPECT_EQ(c, 0.0);
}

TEST(RingCorrelation, NonsenseIsRefused) {
  const Values image(64);
  EXPECT_THROW(ring_correlation(image, image, 7, 9, 1.0, 1.0), ConfigError);
  EXPECT_THROW(ring_correlation(image, Values(63), 8, 8, 1.0, 1.0), ConfigError);
  EXPECT_THROW(ring_correlation(image, image, 8, 8, 0.0, 1.0), ConfigError);
  EXPECT_THROW(ring_correlation(image, image, 8, 8, 1.0, 1.0, {2.0}), ConfigError);
}

TEST(Cropped, TakesABox) {
  Values image;
  for (int k = 0; k < 12; ++k) image.push_back(Value(float(k)));
  EXPECT_EQ(cropped(image, 3, 4, {1, 2, 3, 4}), (Values{6.0f, 7.0f, 10.0f, 11.0f}));
  EXPECT_THROW(cropped(image, 3, 4, {1, 2, 4, 4}), ConfigError);
  EXPECT_THROW(cropped(image, 3, 4, {1, 2, 1, 4}), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
