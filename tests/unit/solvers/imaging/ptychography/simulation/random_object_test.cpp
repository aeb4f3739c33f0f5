#include "solvers/imaging/ptychography/simulation/random_object.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::imaging {
namespace {

const char* const kinds[] = {"natural", "cells", "binary", "points", "siemens_star", "lines"};

RandomObjectConfig of_kind(const std::string& kind) {
  RandomObjectConfig config;
  config.kind = kind;
  return config;
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double ma = 0.0, mb = 0.0, ab = 0.0, aa = 0.0, bb = 0.0;
  const auto n = static_cast<double>(a.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    ma += a[k] / n;
    mb += b[k] / n;
  }
  for (std::size_t k = 0; k < a.size(); ++k) {
    ab += (a[k] - ma) * (b[k] - mb);
    aa += (a[k] - ma) * (a[k] - ma);
    bb += (b[k] - mb) * (b[k] - mb);
  }
  return ab / std::sqrt(aa * bb);
}

TEST(RandomObject, EveryKindStaysInItsRangesAndVaries) {
  for (const char* kind : kinds) {
    RandomObjectConfig config = of_kind(kind);
    config.phase = 1.5;
    config.amplitude = 0.7;
    const ObjectFunction object = random_object(config, 97, 80, 3);
    ASSERT_EQ(object.value.size(), 97u * 80u);
    double low = 9.0, high = -9.0;
    for (const auto& v : object.value) {
      EXPECT_GE(std::abs(v), 0.7f - 1e-6f) << kind;
      EXPECT_LE(std::abs(v), 1.0f + 1e-6f) << kind;
      const double phase = std::arg(v);
      EXPECT_GE(phase, -1e-6) << kind;
      EXPECT_LE(phase, 1.5 + 1e-6) << kind;
      low = std::min(low, phase);
      high = std::max(high, phase);
    }
    EXPECT_GT(high - low, 0.75) << kind;  // half of what was asked for, at least
  }
}

TEST(RandomObject, IsAFunctionOfSeedAndNumberAlone) {
  for (const char* kind : kinds) {
    RandomObjectConfig config = of_kind(kind);
    const auto first = random_object(config, 40, 33, 7);
    EXPECT_EQ(random_object(config, 40, 33, 7).value, first.value) << kind;
    EXPECT_NE(random_object(config, 40, 33, 8).value, first.value) << kind;
    config.seed = 2;
    EXPECT_NE(random_object(config, 40, 33, 7).value, first.value) << kind;
  }
}

TEST(RandomObject, AnySizeWillDo) {
  for (const char* kind : kinds)
    for (const auto& [nx, ny] : {std::pair{1, 1}, {1, 5}, {2, 3}, {17, 31}}) {
      const auto object = random_object(of_kind(kind), nx, ny, 0);
      ASSERT_EQ(object.value.size(), std::size_t(nx * ny)) << kind;
      for (const auto& v : object.value) EXPECT_TRUE(std::isfinite(v.real()) && std::isfinite(v.imag())) << kind;
    }
  EXPECT_THROW(random_object({}, 0, 5, 0), ConfigError);
  EXPECT_THROW(random_object({}, 5, 5, -1), ConfigError);
}

TEST(RandomObject, ANaturalFieldHasThePowerSpectrumOfItsExponent) {
  for (const double exponent : {2.0, 3.0}) {
    RandomObjectConfig config;
    config.exponent = exponent;
    constexpr int n = 256;
    // log power against log k, by least squares over rings of 4 to 26 Fourier pixels and 8 objects. At 26 the low-pass
    // takes 1 − 100^(−2 (26/128)²) = 32 %; it is divided out.
    double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0, count = 0.0;
    std::vector<double> power(27, 0.0), pixels(27, 0.0);
    const ImageTransform transform(n, n);
    for (int index = 0; index < 8; ++index) {
      const auto p = random_pattern(config, n, n, index, 0);
      Image image(p.begin(), p.end());
      double mean = 0.0, variance = 0.0;
      for (const double v : p) mean += v / (n * n);
      for (const double v : p) variance += (v - mean) * (v - mean);
      transform.forward(image);
      for (int ix = 0; ix < n; ++ix)
        for (int iy = 0; iy < n; ++iy) {
          const double k = std::hypot(signed_index(ix, n), signed_index(iy, n));
          const auto ring = static_cast<std::size_t>(std::lround(k));
          if (ring < 4 || ring > 26) continue;
          power[ring] += std::norm(image[ix * n + iy]) / variance * std::pow(100.0, 2.0 * std::pow(k / 128.0, 2));
          pixels[ring] += 1.0;
        }
    }
    for (std::size_t ring = 4; ring <= 26; ++ring) {
      const double x = std::log(static_cast<double>(ring)), y = std::log(power[ring] / pixels[ring]);
      count += 1.0;
      sx += x;
      sy += y;
      sxx += x * x;
      sxy += x * y;
    }
    const double slope = (count * sxy - sx * sy) / (count * sxx - sx * sx);
    // A ring of k pixels has some 2πk · 8 numbers of exponential distribution: 0.07 at k = 4, where a fit over ln 6.5
    // leaves 0.03.
    EXPECT_NEAR(slope, -exponent, 0.1);
  }
}

TEST(RandomObject, CorrelationRunsFromIndependentToEqual) {
  RandomObjectConfig config;
  config.amplitude = 0.5;
  const auto parts = [&](double c) {
    config.correlation = c;
    const auto object = random_object(config, 128, 128, 1);
    std::vector<double> phase, loss;
    for (const auto& v : object.value) {
      phase.push_back(std::arg(v));
      loss.push_back(1.0 - std::abs(v));
    }
    return correlation(phase, loss);
  };
  EXPECT_GT(parts(1.0), 0.9999);
  // 1/k^2.5 fields have few large waves: some tens of independent numbers.
  EXPECT_LT(std::abs(parts(0.0)), 0.5);
  EXPECT_GT(parts(0.5), parts(0.0));
}

TEST(RandomObject, BinaryIsTwoLevelsOfEqualArea) {
  RandomObjectConfig config = of_kind("binary");
  config.band = 10.0;  // no low-pass to speak of
  const auto p = random_pattern(config, 64, 64, 0, 0);
  EXPECT_NEAR(std::count_if(p.begin(), p.end(), [](double v) { return v > 0.5; }), 2048, 1);
  EXPECT_TRUE(std::all_of(p.begin(), p.end(), [](double v) { return v < 0.1 || v > 0.9; }));
}

TEST(RandomObject, APureObjectHasNoAmplitudeContrast) {
  RandomObjectConfig config;
  config.amplitude = 1.0;
  for (const auto& v : random_object(config, 32, 32, 0).value) EXPECT_NEAR(std::abs(v), 1.0f, 1e-6f);
  config.phase = 0.0;
  for (const auto& v : random_object(config, 32, 32, 0).value) EXPECT_EQ(v, std::complex<float>(1.0f));
}

TEST(RandomObject, NonsenseIsRefusedWithTheKnownKinds) {
  RandomObjectConfig config = of_kind("fog");
  try {
    config.validate();
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(e.hint().find("siemens_star"), std::string::npos);
  }
  config = {};
  config.amplitude = 1.5;
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.feature = 0.0;
  EXPECT_THROW(config.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
