#include "solvers/imaging/ptychography/frames/window_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"
#include "tests/support/message_of.hpp"

namespace locum::imaging {
namespace {

using ::testing::HasSubstr;
using Complex = std::complex<double>;
using Probe = std::vector<Ptychogram::Value>;

const Grid window{64, 60, 16.0, 15.0};

ProbeConfig lens_of(double defocus) {
  ProbeConfig lens;
  lens.energy = 300.0;
  lens.convergence = 20.0;
  lens.aberrations.defocus = defocus;
  return lens;
}

Complex product(const Probe& a, std::size_t m, const Probe& b, std::size_t n, std::size_t pixels) {
  Complex sum = 0.0;
  for (std::size_t k = 0; k < pixels; ++k) sum += std::conj(Complex(a[m * pixels + k])) * Complex(b[n * pixels + k]);
  return sum;
}

TEST(WindowProbe, HasItsCountsAroundTheWindowsMiddle) {
  const Probe probe = make_window_probe({}, window, lens_of(120.0), {}, 1e5);
  double counts = 0.0, x = 0.0, y = 0.0;
  for (int ix = 0; ix < window.nx; ++ix)
    for (int iy = 0; iy < window.ny; ++iy) {
      const double i = std::norm(Complex(probe[ix * window.ny + iy]));
      counts += i;
      x += i * ix;
      y += i * iy;
    }
  EXPECT_NEAR(counts, 1e5, 1e-2);       // some roundings of float, of 4000 pixels
  EXPECT_NEAR(x / counts, 32.0, 0.01);  // a window of even size has its last pixel on one side only
  EXPECT_NEAR(y / counts, 30.0, 0.01);
}

TEST(WindowProbe, ADefocusedProbeHasTheDiameterOfItsDisc) {
  // A disc of even intensity holds 90 % within √0.9 of its radius; the aperture's geometric shadow is close to one.
  const ProbeConfig lens = lens_of(200.0);
  const Grid large{128, 128, 32.0, 32.0};
  const Probe probe = make_window_probe({}, large, lens, {}, 1.0);
  const double disc = 2.0 * 200.0 * 0.020;
  EXPECT_NEAR(probe_diameter(probe, large, 1), std::sqrt(0.9) * disc, 0.08 * disc);  // fringes and diffraction's rim
  EXPECT_NEAR(probe_diameter(probe, large, 1, 0.5), std::sqrt(0.5) * disc, 0.08 * disc);
}

TEST(WindowProbe, AWindowThatIsTooSmallIsRefusedWithWhatWouldDo) {
  const auto text = test::message_of([] { make_window_probe({}, window, lens_of(700.0), {}, 1.0); });
  EXPECT_THAT(text, HasSubstr("wider than its window"));
  EXPECT_THAT(text, HasSubstr("pixels or more would do, or a defocus of 22"));
  const auto rim = test::message_of([] { make_window_probe({}, window, lens_of(320.0), {}, 1.0); });
  EXPECT_THAT(rim, HasSubstr("rim holds"));
  WindowProbeConfig lax;
  lax.rim_share = 1.0;
  EXPECT_NO_THROW(make_window_probe({}, window, lens_of(320.0), lax, 1.0));
  EXPECT_NO_THROW(make_window_probe({}, window, lens_of(225.0), {}, 1.0));  // as the message says
  const Grid larger{180, 180, 45.0, 45.0};
  EXPECT_NO_THROW(make_window_probe({}, larger, lens_of(700.0), {}, 1.0));
}

TEST(WindowProbe, ModesOfGivenOccupationAreOrthogonal) {
  WindowProbeConfig config;
  config.modes = 4;
  config.occupation = {0.6, 0.2, 0.15, 0.05};
  const Probe probe = make_window_probe({}, window, lens_of(120.0), config, 1e4);
  const std::size_t pixels = 64 * 60;
  const auto share = mode_occupation(probe, 4);
  for (std::size_t m = 0; m < 4; ++m) {
    EXPECT_NEAR(share[m], config.occupation[m], 1e-5);
    for (std::size_t n = 0; n < m; ++n) EXPECT_LT(std::abs(product(probe, m, probe, n, pixels)), 1e-6 * 1e4);
  }
}

TEST(WindowProbe, ModesOfASourceAreOrthogonalAndMakeItsMutualIntensity) {
  WindowProbeConfig config;
  config.modes = 20;
  config.source_size = 0.7;  // Å, about a resolution element
  config.rim_share = 0.05;
  const ProbeConfig lens = lens_of(120.0);
  const Probe probe = make_window_probe({}, window, lens, config, 1.0);
  const std::size_t pixels = 64 * 60;
  const auto share = mode_occupation(probe, config.modes);
  EXPECT_TRUE(std::is_sorted(share.rbegin(), share.rend()));
  EXPECT_LT(share[0], 0.95);
  EXPECT_LT(share[19], 1e-3);
  for (std::size_t m = 0; m < 20; ++m)
    for (std::size_t n = 0; n < m; ++n) EXPECT_LT(std::abs(product(probe, m, probe, n, pixels)), 1e-6);
  // Their intensity is the coherent one's, blurred: by another way, shifts over a fine raster of the source.
  const Probe coherent = make_window_probe({}, window, lens, {}, 1.0);
  const double sigma = 0.7 / std::sqrt(8.0 * std::log(2.0));
  std::vector<double> blurred(pixels, 0.0);
  double total = 0.0;
  for (int i = -8; i <= 8; ++i)
    for (int j = -8; j <= 8; ++j) {
      const double sx = 0.5 * i * sigma, sy = 0.5 * j * sigma, g = std::exp(-0.125 * (i * i + j * j));
      const Probe moved = shifted_probe(coherent, 1, 64, 60, {sx / window.dx(), sy / window.dy()});
      for (std::size_t k = 0; k < pixels; ++k) blurred[k] += g * std::norm(Complex(moved[k]));
      total += g;
    }
  double largest = 0.0, off = 0.0;
  for (std::size_t k = 0; k < pixels; ++k) {
    double sum = 0.0;
    for (std::size_t m = 0; m < 20; ++m) sum += std::norm(Complex(probe[m * pixels + k]));
    largest = std::max(largest, blurred[k] / total);
    off = std::max(off, std::abs(sum - blurred[k] / total));
  }
  EXPECT_LT(off, 5e-3 * largest);  // what lies beyond 20 modes
}

TEST(WindowProbe, AShiftMovesAndGoesBack) {
  const Probe probe = make_window_probe({}, window, lens_of(120.0), {}, 1.0);
  const Probe moved = shifted_probe(probe, 1, 64, 60, {3.0, -2.0});
  for (int ix = 3; ix < 64; ++ix)
    for (int iy = 0; iy < 58; ++iy) EXPECT_LT(std::abs(moved[ix * 60 + iy] - probe[(ix - 3) * 60 + iy + 2]), 1e-6f);
  const Probe back = shifted_probe(shifted_probe(probe, 1, 64, 60, {0.3, 0.8}), 1, 64, 60, {-0.3, -0.8});
  for (std::size_t k = 0; k < probe.size(); ++k) EXPECT_LT(std::abs(back[k] - probe[k]), 1e-6f);
}

TEST(WindowProbe, NonsenseIsRefused) {
  WindowProbeConfig config;
  config.modes = 3;
  EXPECT_THROW(config.validate(), ConfigError);  // of a coherent probe
  config.occupation = {0.5, 0.5};
  EXPECT_THROW(config.validate(), ConfigError);
  config.occupation = {0.5, 0.5, 0.0};
  EXPECT_THROW(config.validate(), ConfigError);
  config.occupation = {0.5, 0.4, 0.1};
  EXPECT_NO_THROW(config.validate());
  config.source_size = 1.0;
  EXPECT_THROW(config.validate(), ConfigError);
  EXPECT_THROW(make_window_probe({}, window, lens_of(0.0), {}, 0.0), ConfigError);
  EXPECT_THROW(rim_share(Probe(7), 1, 4, 4), ConfigError);
  EXPECT_THROW(probe_diameter(Probe(16), {4, 4, 1.0, 1.0}, 1), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
