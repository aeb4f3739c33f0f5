// How many counts a probe is given.
#include "apps/ptychography/starting_probe.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

// 6 × 5 pixels, two modes; with a mask all frequencies but a few count.
DiffractionData some_data(bool masked) {
  DiffractionData data;
  Ptychogram& in = data.input;
  in.nx = 6;
  in.ny = 5;
  in.modes = 2;
  for (int k = 0; k < 60; ++k)
    in.probe.emplace_back(static_cast<float>(std::cos(0.7 * k * k) + 0.3), static_cast<float>(std::sin(1.3 * k)));
  if (masked) {
    in.mask.assign(30, 1.0f);
    for (const std::size_t k : {0u, 1u, 4u, 7u, 12u}) in.mask[k] = 0.0f;
  }
  return data;
}

double power_of(const Ptychogram& in) {
  double sum = 0.0;
  for (const auto& p : in.probe) sum += std::norm(p);
  return sum;
}

// Σ over valid pixels of Σ_m |F P_m|² / N, by the definition.
double seen(const Ptychogram& in) {
  double sum = 0.0;
  for (int m = 0; m < in.modes; ++m)
    for (int kx = 0; kx < in.nx; ++kx)
      for (int ky = 0; ky < in.ny; ++ky) {
        if (!in.mask.empty() && in.mask[static_cast<std::size_t>(kx * in.ny + ky)] == 0.0f) continue;
        std::complex<double> f = 0.0;
        for (int x = 0; x < in.nx; ++x)
          for (int y = 0; y < in.ny; ++y)
            f += std::complex<double>(in.probe[static_cast<std::size_t>((m * in.nx + x) * in.ny + y)]) *
                 std::polar(1.0, -2.0 * std::numbers::pi * (double(kx * x) / in.nx + double(ky * y) / in.ny));
        sum += std::norm(f) / static_cast<double>(in.window());
      }
  return sum;
}

TEST(ProbeOfMeanFrame, HasTheAmplitudesOfTheMeanInTheMiddleOfTheWindow) {
  for (const int ny : {20, 15}) {
    Ptychogram in;
    in.nx = 24;
    in.ny = ny;
    in.dx = in.dy = 0.5;
    in.background.assign(in.window(), 3.0f);
    FrameStatistics statistics;
    for (int ix = 0; ix < in.nx; ++ix)
      for (int iy = 0; iy < ny; ++iy) {
        const double x = ix < 12 ? ix : ix - 24, y = 2 * iy < ny ? iy : iy - ny;
        statistics.mean_frame.push_back(3.0 + (x * x + y * y < 20.0 ? 50.0 : 0.0));
      }
    for (const double defocus : {0.0, 200.0}) {
      in.probe = probe_of_mean_frame(in, statistics, 0.02, defocus);
      in.mask.assign(in.window(), 0.0f);
      for (std::size_t k = 0; k < in.window(); ++k) in.mask[k] = statistics.mean_frame[k] > 3.0 ? 1.0f : 0.0f;
      EXPECT_NEAR(visible_share(in), 1.0, 1e-6) << ny;  // roundings of float
      double sum = 0.0, x = 0.0, y = 0.0;
      for (std::size_t k = 0; k < in.window(); ++k) {
        sum += std::norm(in.probe[k]);
        x += std::norm(in.probe[k]) * static_cast<double>(k / static_cast<std::size_t>(ny));
        y += std::norm(in.probe[k]) * static_cast<double>(k % static_cast<std::size_t>(ny));
      }
      // The rings of a sharp disc reach the window's rim, and on an even side one row more lies before the middle.
      EXPECT_NEAR(x / sum, 12.0, 0.2) << ny << ", " << defocus;
      EXPECT_NEAR(y / sum, ny / 2, 0.2) << ny << ", " << defocus;
    }
  }
  EXPECT_THROW(probe_of_mean_frame(some_data(false).input, {}, 0.0, 5.0), ConfigError);
}

TEST(VisibleShare, IsWhatValidPixelsSeeOfTheBeam) {
  EXPECT_EQ(visible_share(some_data(false).input), 1.0);
  const Ptychogram in = some_data(true).input;
  EXPECT_NEAR(visible_share(in), seen(in) / power_of(in), 1e-9);  // roundings of double
  EXPECT_LT(visible_share(in), 0.9);
}

TEST(CountsOfBeam, AreWithoutTheBackgroundOfValidPixels) {
  DiffractionData data = some_data(true);
  data.input.background.assign(30, 2.0f);
  data.statistics.mean = 100.0 + 25 * 2.0;
  EXPECT_NEAR(counts_of_beam(data.input, data.statistics), 100.0 / visible_share(data.input), 1e-9);
}

TEST(ScaleProbe, LeavesAProbeThatAgreesWithWhatAMaskLetsThrough) {
  DiffractionData data = some_data(true);
  data.input.mask.assign(30, 0.0f);
  for (const std::size_t k : {2u, 9u, 17u, 22u, 28u}) data.input.mask[k] = 1.0f;  // a sixth of the pixels
  const auto before = data.input.probe;
  data.statistics.mean = seen(data.input);
  ASSERT_LT(data.statistics.mean, power_of(data.input) / 3.0);  // all of the probe's counts would be too many
  scale_probe(data, false);
  EXPECT_EQ(data.input.probe, before);
}

TEST(ScaleProbe, ScalesOneThatIsFarOffAndOneWhoseCountsAreNotKnown) {
  for (const bool always : {false, true}) {
    DiffractionData data = some_data(true);
    data.statistics.mean = (always ? 1.5 : 10.0) * seen(data.input);
    scale_probe(data, always);
    EXPECT_NEAR(seen(data.input) / data.statistics.mean, 1.0, 1e-5) << always;  // a factor in float
  }
}

TEST(ScaleProbe, LeavesTheFilesProbeWhereTheMaskHidesTheBeam) {
  DiffractionData data = some_data(false);
  data.input.probe.assign(60, 1.0f);  // all of it at frequency 0
  data.input.mask.assign(30, 1.0f);
  data.input.mask[0] = 0.0f;
  data.statistics.mean = 0.5;
  scale_probe(data, false);
  EXPECT_EQ(data.input.probe.front(), 1.0f);
  scale_probe(data, true);
  EXPECT_NEAR(power_of(data.input), 0.5, 1e-6);
}

TEST(ScaleProbe, RefusesAProbeThatIsZero) {
  DiffractionData data = some_data(false);
  data.input.probe.assign(60, 0.0f);
  EXPECT_THROW(scale_probe(data, false), ConfigError);
}

}  // namespace
}  // namespace locum::apps
