#include "solvers/imaging/ptychography/quality/quality.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/imaging/ptychography/quality/image_alignment.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"

namespace locum::imaging {
namespace {

using Value = Ptychogram::Value;
using Values = std::vector<Value>;

constexpr int nx = 72, ny = 65;

Values image_of(int index, double phase = 1.0) {
  RandomObjectConfig config;
  config.phase = phase;
  config.amplitude = 0.8;
  config.correlation = 0.3;
  config.band = 0.7;  // what moving by fractions is exact for
  return random_object(config, nx, ny, index).value;
}

// An illumination that is even in the middle and falls off at its rim, 0 near the edges.
std::vector<float> light() {
  std::vector<float> w;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const int edge = std::min({ix, iy, nx - 1 - ix, ny - 1 - iy});
      w.push_back(edge < 10 ? 0.0f : std::min(1.0f, 0.2f * float(edge - 9)));
    }
  return w;
}

Values changed(const Values& image, std::complex<double> factor, std::array<double, 2> ramp) {
  Values out;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy)
      out.push_back(
          Value(factor * std::polar(1.0, ramp[0] * ix + ramp[1] * iy) * std::complex<double>(image[ix * ny + iy])));
  return out;
}

// Adds normal phase errors of deviation `sigma` rad.
Values with_phase_errors(Values image, double sigma) {
  for (std::size_t k = 0; k < image.size(); ++k)
    image[k] *= Value(std::polar(1.0, sigma * random::normal_pair(3, random::Stream::shuffle, k, 0).first));
  return image;
}

TEST(CompareImages, AnImageIsItself) {
  const Values image = image_of(0);
  const auto found = compare_images(image, image, light(), nx, ny, {true, 3.0});
  EXPECT_LT(found.complex_error, 1e-7);
  EXPECT_LT(found.phase_error, 1e-7);
  EXPECT_LT(found.amplitude_error, 1e-7);
  EXPECT_NEAR(found.alignment.shift[0], 0.0, 1e-6);
}

TEST(CompareImages, FactorAndRampAreTakenOff) {
  for (const double phase : {1.0, 6.0}) {  // the larger wraps several times
    const Values image = image_of(0, phase);
    for (const auto& ramp : {std::array{0.0, 0.0}, {0.013, -0.021}, {0.31, 0.402}, {-1.9, 0.7}}) {
      const auto found = compare_images(image, changed(image, {0.3, -1.7}, ramp), light(), nx, ny);
      EXPECT_LT(found.complex_error, 1e-5)
          << ramp[0];  // float's rounding of the changed image, some 1e-7, and the fit's
      EXPECT_LT(found.phase_error, 1e-5) << ramp[0];
      EXPECT_NEAR(found.alignment.ramp[0], -ramp[0], 1e-6);
      EXPECT_NEAR(found.alignment.ramp[1], -ramp[1], 1e-6);
      EXPECT_NEAR(std::abs(found.alignment.factor), 1.0 / std::abs(std::complex<double>(0.3, -1.7)), 1e-5);
    }
  }
}

TEST(CompareImages, ARampThatMayNotBeTakenOffIsAnError) {
  const Values image = image_of(0);
  const auto found = compare_images(image, changed(image, 1.0, {0.01, 0.0}), light(), nx, ny, {false, 0.0});
  EXPECT_GT(found.phase_error, 0.1);  // 0.01 rad over some 50 pixels: 0.14 rad of deviation
  EXPECT_EQ(found.alignment.ramp[0], 0.0);
}

TEST(CompareImages, WholeAndFractionalShiftsAreTakenOff) {
  const Values image = image_of(1);
  for (const auto& shift : {std::array{2.0, -3.0}, {0.4, -0.7}, {-2.6, 1.35}})
    for (const double steep : {1.0, 40.0}) {  // the second ramp carries the image beyond the Nyquist frequency
      const Image original(image.begin(), image.end());
      const Image there = moved(original, nx, ny, shift);
      const Values answer = changed(Values(there.begin(), there.end()), {0.0, 2.0}, {0.02 * steep, -0.01 * steep});
      const auto found = compare_images(image, answer, light(), nx, ny, {true, 4.0});
      // Moved twice, forth and back, each to 3e-4 of what varies.
      EXPECT_NEAR(found.alignment.shift[0], -shift[0], 2e-3);
      EXPECT_NEAR(found.alignment.shift[1], -shift[1], 2e-3);
      EXPECT_LT(found.complex_error, 1e-3);
      EXPECT_LT(found.phase_error, 1e-3);
    }
}

TEST(CompareImages, ErrorsAreWhatWasPutIn) {
  const Values image = image_of(2);
  const auto weight = light();
  const auto phase =
      compare_images(image, changed(with_phase_errors(image, 0.05), {0.0, -0.6}, {0.2, 0.1}), weight, nx, ny);
  // 2500 pixels: 0.05/√5000 · 4 = 3e-3 of chance.
  EXPECT_NEAR(phase.phase_error, 0.05, 3e-3);
  EXPECT_NEAR(phase.complex_error, 0.05, 3e-3);
  EXPECT_LT(phase.amplitude_error, 1.3e-3);  // the factor's fit shrinks it by 0.05²/2
  Values amplitude = image;
  for (std::size_t k = 0; k < amplitude.size(); ++k)
    amplitude[k] *= static_cast<float>(1.0 + 0.05 * random::normal_pair(4, random::Stream::shuffle, k, 0).first);
  const auto other = compare_images(image, amplitude, weight, nx, ny);
  EXPECT_NEAR(other.amplitude_error, 0.05 * 0.9, 5e-3);  // |T| is 0.8 … 1
  EXPECT_LT(other.phase_error, 1e-3);
}

TEST(CompareImages, ErrorsDoNotDependOnWhatFramesCannotTell) {
  const Values image = image_of(2), answer = with_phase_errors(image, 0.1);
  const auto weight = light();
  const auto plain = compare_images(image, answer, weight, nx, ny);
  const auto turned = compare_images(image, changed(answer, {-3.0, 0.4}, {0.11, -0.23}), weight, nx, ny);
  EXPECT_NEAR(turned.phase_error, plain.phase_error, 1e-5);
  EXPECT_NEAR(turned.complex_error, plain.complex_error, 1e-5);
  EXPECT_NEAR(turned.amplitude_error, plain.amplitude_error, 1e-5);
}

TEST(CompareImages, PixelsWithoutWeightDoNotCount) {
  const Values image = image_of(0);
  Values answer = image;
  const auto weight = light();
  for (std::size_t k = 0; k < answer.size(); ++k)
    if (weight[k] == 0.0f) answer[k] = Value(-5.0f, 3.0f);
  EXPECT_LT(compare_images(image, answer, weight, nx, ny).complex_error, 1e-6);
}

TEST(CompareImages, NonsenseIsRefused) {
  const Values image = image_of(0), zero(image.size());
  const std::vector<float> none(image.size(), 0.0f);
  EXPECT_THROW(compare_images(image, Values(7), light(), nx, ny), ConfigError);
  EXPECT_THROW(compare_images(image, image, light(), nx, ny, {true, -1.0}), ConfigError);
  EXPECT_THROW(compare_images(image, image, none, nx, ny), NumericalError);
  EXPECT_THROW(compare_images(image, zero, light(), nx, ny), NumericalError);
  Values broken = image;
  broken[30 * ny + 30] = Value(std::nanf(""), 0.0f);
  EXPECT_THROW(compare_images(image, broken, light(), nx, ny), NumericalError);
}

TEST(CompareImages, AFlatImageDoesNotMove) {
  const Values flat(image_of(0).size(), Value(0.5f, 0.5f));
  const auto found = compare_images(flat, flat, light(), nx, ny, {true, 3.0});
  EXPECT_EQ(found.alignment.shift, (std::array{0.0, 0.0}));
  EXPECT_LT(found.complex_error, 1e-6);
}

TEST(Moved, IsExactBelowSevenTenthsOfNyquist) {
  for (const double band : {0.2, 0.5, 0.7}) {
    Image wave;
    const double kx = units::pi * band, ky = -0.6 * units::pi * band;
    for (int ix = 0; ix < nx; ++ix)
      for (int iy = 0; iy < ny; ++iy) wave.push_back(std::polar(1.0, kx * ix + ky * iy));
    const Image there = moved(wave, nx, ny, {0.5, -1.3}), slope = moved(wave, nx, ny, {0.5, -1.3}, 0);
    for (int ix = 10; ix < nx - 10; ++ix)
      for (int iy = 10; iy < ny - 10; ++iy) {
        const auto expected = std::polar(1.0, kx * (ix - 0.5) + ky * (iy + 1.3));
        EXPECT_LT(std::abs(there[ix * ny + iy] - expected), 5e-4) << band;
        EXPECT_LT(std::abs(slope[ix * ny + iy] + std::complex<double>(0.0, kx) * expected), 4e-3) << band;
      }
  }
}

TEST(Aligned, GivesTheImageThatWasCompared) {
  const Values image = image_of(3), answer = changed(image, {0.2, 0.9}, {0.05, 0.0});
  const auto found = compare_images(image, answer, light(), nx, ny);
  const Values back = aligned(answer, nx, ny, found.alignment);
  for (std::size_t k = 0; k < back.size(); ++k) EXPECT_LT(std::abs(back[k] - image[k]), 1e-4f);
}

SimulatedPtychogram experiment() {
  SimulatedPtychogramConfig config;
  config.pixels = 32;
  config.probe.aberrations.defocus = 60.0;
  config.window.rim_share = 0.05;
  config.window.modes = 3;
  config.window.occupation = {0.7, 0.2, 0.1};
  config.scan.points = {4, 4};
  return simulated_geometry({}, config, 0);
}

TEST(Illumination, IsTheSumOfTheProbesIntensities) {
  const SimulatedPtychogram e = experiment();
  const auto light = illumination(e.data);
  double sum = 0.0, x = 0.0, px = 0.0, beam = 0.0, bx = 0.0;
  for (std::size_t k = 0; k < light.size(); ++k) {
    sum += light[k];
    x += light[k] * double(k / e.data.object_ny);
  }
  EXPECT_NEAR(sum, 16e6, 16.0);  // 16 frames of 1e6, float's rounding
  for (std::size_t k = 0; k < e.data.probe.size(); ++k) {
    beam += std::norm(e.data.probe[k]);
    bx += std::norm(e.data.probe[k]) * double(k % 1024 / 32);
  }
  for (const auto& p : e.data.position) px += p[0] / 16.0;
  EXPECT_NEAR(x / sum, px + bx / beam, 1e-4);  // its centre too, fractions of a pixel included
  const auto region = scanned_region(e.data);
  const PixelBox box = box_of(region, e.data.object_nx, e.data.object_ny);
  EXPECT_FALSE(box.empty());
  EXPECT_NE(box, e.data.whole());
  EXPECT_TRUE(box_of(std::vector<float>(6, 0.0f), 2, 3).empty());
}

TEST(CompareObjects, LooksAtTheScannedRegion) {
  SimulatedPtychogram e = experiment();
  const ObjectFunction truth = random_object({}, e.data.object_nx, e.data.object_ny, 0);
  ObjectFunction answer = truth;
  answer.value[0] = Value(100.0f);
  EXPECT_LT(compare_objects(e.data, truth, answer).complex_error, 1e-6);
}

TEST(ProbeError, KnowsWhatFramesCannotTell) {
  const SimulatedPtychogram e = experiment();
  const auto& probe = e.data.probe;
  EXPECT_LT(probe_error(probe, probe, 32, 32), 1e-5);
  // Moved, turned, scaled, with a ramp; and two modes mixed by a unitary matrix.
  Values other = shifted_probe(probe, 3, 32, 32, {0.6, -1.2});
  for (std::size_t k = 0; k < other.size(); ++k)
    other[k] *= std::polar(1.5f, 1.0f + 0.03f * float(k % 1024 / 32) - 0.02f * float(k % 32));
  EXPECT_LT(probe_error(probe, other, 32, 32), 1e-3);  // the shift's 5e-4
  other = probe;
  for (std::size_t k = 0; k < 1024; ++k) {
    const Value a = probe[1024 + k], b = probe[2048 + k];
    other[1024 + k] = 0.6f * a + Value(0.0f, 0.8f) * b;
    other[2048 + k] = Value(0.0f, 0.8f) * a + 0.6f * b;
  }
  EXPECT_LT(probe_error(probe, other, 32, 32), 1e-4);
  other.resize(1024);  // without the weaker modes: J_B is one mode of share 0.7
  const double expected = std::sqrt(1.0 - 0.49 / (0.49 + 0.04 + 0.01));
  EXPECT_NEAR(probe_error(probe, other, 32, 32), expected, 1e-3);
  EXPECT_THROW(probe_error(probe, Values(5), 32, 32), ConfigError);
}

TEST(PositionError, IgnoresACommonShift) {
  using Positions = std::vector<std::array<double, 2>>;
  const Positions truth = {{1, 2}, {3, 4}, {5, 7}}, answer = {{2, 1}, {4, 3}, {6, 6}};
  EXPECT_NEAR(position_error(truth, answer), 0.0, 1e-12);
  EXPECT_NEAR(position_error(Positions{{0, 0}, {0, 0}}, Positions{{0, 3}, {0, -3}}), 3.0, 1e-12);
  EXPECT_EQ(position_error({}, {}), 0.0);
  EXPECT_THROW(position_error(truth, Positions{{0, 0}}), ConfigError);
}

// A beam that was off, a detector that did not read out: all that the object promised is missing.
TEST(FourierError, AFrameWithoutCountsIsWrongWhereLightWasExpected) {
  FourierError lost, weak, dark, right;
  lost.off = 1e4;
  lost.noise = 300.0;
  EXPECT_NEAR(lost.excess(), std::sqrt(9700.0), 1e-9);
  weak = lost;
  weak.counts = 2.0;
  EXPECT_GT(lost.excess(), weak.excess()) << "less than little is not better than little";
  dark.off = 0.01;  // next to nothing was expected: Poisson's noise alone makes 2λ of it, and nothing came
  dark.noise = 0.02;
  EXPECT_EQ(dark.excess(), 0.0);
  right.off = right.noise = 250.0;
  right.counts = 1e4;
  right.amplitude = 3.0;
  right.amplitudes = 60.0;
  EXPECT_EQ(right.excess(), 0.0);
  EXPECT_DOUBLE_EQ(right.r(), 0.05);
  EXPECT_TRUE(std::isnan(lost.r())) << "0 would say perfect";
  right.off = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(right.excess())) << "nor is an object that is no number perfect";
}

TEST(RFactor, IsTheQuotientOfSums) {
  std::vector<FourierError> errors(2);
  errors[0].amplitude = 1.0;
  errors[0].amplitudes = 10.0;
  errors[1].amplitude = 3.0;
  errors[1].amplitudes = 30.0;
  EXPECT_DOUBLE_EQ(r_factor(errors), 0.1);
  EXPECT_EQ(r_factor({}), 0.0);
}

}  // namespace
}  // namespace locum::imaging
