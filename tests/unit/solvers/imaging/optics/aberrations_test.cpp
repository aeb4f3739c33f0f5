#include "solvers/imaging/optics/aberrations.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

constexpr double pi = 3.14159265358979323846;

AberrationsConfig every_aberration() {
  AberrationsConfig c;
  c.defocus = 150.0;
  c.Cs = -0.02;
  c.C12 = 12.0, c.phi12 = 20.0;
  c.C21 = 400.0, c.phi21 = -50.0, c.C23 = 300.0, c.phi23 = 11.0;
  c.C32 = 9e3, c.phi32 = 75.0, c.C34 = 7e3, c.phi34 = -8.0;
  c.C41 = 2e5, c.phi41 = 130.0, c.C43 = 3e5, c.phi43 = 17.0, c.C45 = 1e5, c.phi45 = 5.0;
  c.C50 = 2e7;
  c.C52 = 1e7, c.phi52 = 33.0, c.C54 = 2e7, c.phi54 = 3.0, c.C56 = 4e7, c.phi56 = -21.0;
  return c;
}

TEST(Aberrations, PhaseIsThatOfDefocusAndSphericalAberration) {
  AberrationsConfig c;
  c.defocus = 700.0;
  c.Cs = 1.3;
  const double lambda = wavelength(200.0), k = 0.3;
  // χ = ½π Cs λ³k⁴ − π Δf λ k² (Kirkland, equation 2.10), Cs in Å.
  const double expected = pi * lambda * k * k * (0.5 * 1.3e7 * lambda * lambda * k * k - 700.0);
  const Aberrations lens(c, 200.0);
  EXPECT_NEAR(lens.phase(k, 0.0), expected, 1e-12 * std::abs(expected));
  EXPECT_NEAR(lens.phase(0.6 * k, -0.8 * k), expected, 1e-12 * std::abs(expected));
  EXPECT_EQ(lens.defocus(), 700.0);
  EXPECT_EQ(Aberrations(c, 200.0, -50.0).defocus(), 650.0);
}

TEST(Aberrations, EveryTermHasItsOrderMultiplicityAndAzimuth) {
  const double lambda = wavelength(80.0), k = 0.45, alpha = lambda * k;
  AberrationsConfig c;
  c.C34 = 5e3;
  c.phi34 = 10.0;
  const Aberrations fourfold(c, 80.0);
  const auto at = [&](double degrees) {
    return fourfold.phase(k * std::cos(degrees * pi / 180.0), k * std::sin(degrees * pi / 180.0));
  };
  const double top = 2.0 * pi / lambda * 5e3 * std::pow(alpha, 4) / 4.0;
  EXPECT_NEAR(at(10.0), top, 1e-12 * top);
  EXPECT_NEAR(at(100.0), top, 1e-11 * top);  // every quarter of a turn
  EXPECT_NEAR(at(55.0), -top, 1e-11 * top);  // least half way between
  EXPECT_EQ(Aberrations(every_aberration(), 80.0).terms().size(), 14u);
  EXPECT_TRUE(Aberrations(AberrationsConfig{}, 80.0).terms().empty());
  EXPECT_EQ(Aberrations(AberrationsConfig{}, 80.0).phase(0.1, 0.2), 0.0);
}

TEST(Aberrations, RaysAreTheGradientOfThePhase) {
  const Aberrations lens(every_aberration(), 120.0);
  const double h = 1e-5;
  const double k[][2] = {{0.4, 0.1}, {-0.3, 0.5}, {0.05, -0.6}, {-0.2, -0.01}};
  for (const auto& [kx, ky] : k) {
    const auto ray = lens.ray(kx, ky);
    const double x = (lens.phase(kx + h, ky) - lens.phase(kx - h, ky)) / (4.0 * pi * h);
    const double y = (lens.phase(kx, ky + h) - lens.phase(kx, ky - h)) / (4.0 * pi * h);
    // Second-order differences: relative h² times the third derivative, and rounding 1e-16/h of phases up to 1e3.
    const double bound = 1e-6 * std::hypot(x, y);
    EXPECT_NEAR(ray.x, x, bound);
    EXPECT_NEAR(ray.y, y, bound);
  }
}

// 200 keV and Cs = 1.3 mm: Kirkland's example, some 700 Å.
TEST(Aberrations, ScherzerDefocusIsTheTextbooks) {
  EXPECT_NEAR(scherzer_defocus(1.3e7, 200.0), 699.3, 0.1);
  EXPECT_EQ(scherzer_defocus(-1.3e7, 200.0), -scherzer_defocus(1.3e7, 200.0));
  AberrationsConfig c;
  c.Cs = 1.3;
  c.scherzer = true;
  EXPECT_EQ(Aberrations(c, 200.0).defocus(), scherzer_defocus(1.3e7, 200.0));
}

TEST(Aberrations, ContradictionsAndNonsenseAreRefused) {
  AberrationsConfig c;
  c.scherzer = true;
  EXPECT_THROW(c.validate(), ConfigError);  // no Cs to take it from
  c.Cs = 1.0;
  EXPECT_NO_THROW(c.validate());
  c.defocus = 10.0;
  EXPECT_THROW(c.validate(), ConfigError);
  AberrationsConfig turned;
  turned.phi12 = 1000.0;
  EXPECT_THROW(turned.validate(), ConfigError);
  turned.phi12 = 0.0;
  turned.Cs = 1.3e7;  // typed in Å
  EXPECT_THROW(turned.validate(), ConfigError);
  turned.Cs = std::nan("");
  EXPECT_THROW(turned.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
