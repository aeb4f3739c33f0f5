#include "solvers/quantum/occupation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::quantum {
namespace {

double electrons_in(const Occupation& o, const std::vector<double>& weights) {
  double sum = 0.0;
  for (std::size_t k = 0; k < weights.size(); ++k) sum += 2.0 * weights[k] * o.filling[k];
  return sum;
}

// Levels spread over a band, with a gap or without.
std::vector<double> band(int levels, double gap) {
  std::vector<double> e;
  for (int k = 0; k < levels; ++k) e.push_back(-8.0 + 0.37 * k + 0.1 * std::sin(7.0 * k) + (k >= levels / 2 ? gap : 0));
  return e;
}

TEST(Occupation, ElectronsAreAllThereAtAnyTemperature) {
  for (const double gap : {0.0, 1.1})
    for (const double kelvin : {0.0, 1.0, 10.0, 300.0, 3000.0, 1e5}) {
      const std::vector<double> e = band(41, gap), w(41, 1.0);
      for (const double electrons : {2.0, 40.0, 41.0, 80.0}) {
        const Occupation o = occupy(e, w, electrons, kelvin * units::boltzmann);
        EXPECT_NEAR(electrons_in(o, w), electrons, 1e-12 * electrons) << kelvin << " K, gap " << gap;
      }
    }
}

TEST(Occupation, TheMiddleOfAGapIsFoundWhereNoElectronIsExcited) {
  const std::vector<double> e{-3.0, -1.0, 1.0, 2.0}, w(4, 1.0);
  // exp(−1 eV / kT) is 1e-505 at 10 K: below the smallest double.
  EXPECT_NEAR(occupy(e, w, 4.0, 10.0 * units::boltzmann).chemical_potential, 0.0, 1e-12);
  EXPECT_NEAR(occupy(e, w, 4.0, 300.0 * units::boltzmann).chemical_potential, 0.0, 1e-12);
  EXPECT_NEAR(occupy(e, w, 4.0, 0.0).chemical_potential, 0.0, 1e-12);
}

TEST(Occupation, TwoLevelsHaveTheClosedFormOfTheFreeEnergy) {
  // One electron pair in two levels a gap apart: μ in the middle, A = ε1 + ε2 − 4 kT ln(2 cosh(gap / 4 kT)).
  const double kt = 0.2, gap = 0.7;
  const Occupation o = occupy({-gap / 2, gap / 2}, {1.0, 1.0}, 2.0, kt);
  EXPECT_NEAR(o.free_energy, -4.0 * kt * std::log(2.0 * std::cosh(gap / (4.0 * kt))), 1e-14);
  EXPECT_NEAR(o.filling[1], 1.0 / (1.0 + std::exp(gap / (2.0 * kt))), 1e-15);
}

TEST(Occupation, EqualLevelsShareTheLastElectronsAtZeroTemperature) {
  const Occupation o = occupy({-2.0, 1.0, 1.0 + 1e-12, 1.0, 5.0}, std::vector<double>(5, 1.0), 4.0, 0.0);
  for (const int k : {1, 2, 3}) EXPECT_NEAR(o.filling[k], 1.0 / 3.0, 1e-14);
  EXPECT_EQ(o.filling[4], 0.0);
  EXPECT_EQ(o.free_energy, o.band_energy);
}

TEST(Occupation, WeightsOfKPointsCount) {
  // Two k-points of weight 1/4 and 3/4, two levels each.
  const std::vector<double> e{-1.0, 1.0, -0.5, 0.8}, w{0.25, 0.25, 0.75, 0.75};
  const Occupation o = occupy(e, w, 2.0, 0.0);
  EXPECT_NEAR(o.band_energy, 2.0 * (0.25 * -1.0 + 0.75 * -0.5), 1e-15);
  EXPECT_NEAR(electrons_in(occupy(e, w, 2.0, 0.1), w), 2.0, 1e-14);
}

TEST(Occupation, FreeEnergyIsStationaryInTheFilling) {
  // dA/dε_n = 2 f_n: the fillings' own change does not enter.
  std::vector<double> e = band(9, 0.2);
  const std::vector<double> w(9, 1.0);
  const double kt = 0.3, h = 1e-4;
  const Occupation o = occupy(e, w, 9.0, kt);
  for (std::size_t n = 0; n < e.size(); ++n) {
    std::vector<double> up = e, down = e;
    up[n] += h;
    down[n] -= h;
    const double slope = (occupy(up, w, 9.0, kt).free_energy - occupy(down, w, 9.0, kt).free_energy) / (2.0 * h);
    EXPECT_NEAR(slope, 2.0 * o.filling[n], 1e-7);  // h²/6 times a third derivative of order 1/kT²
  }
}

TEST(Occupation, NumbersThatAreNotFiniteAndTooManyElectronsAreRefused) {
  EXPECT_THROW(occupy({0.0, std::numeric_limits<double>::quiet_NaN()}, {1.0, 1.0}, 2.0, 0.1), NumericalError);
  EXPECT_THROW(occupy({0.0, 1.0}, {1.0, 1.0}, 4.1, 0.1), NumericalError);
}

}  // namespace
}  // namespace locum::quantum
