#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "solvers/md/msd.hpp"
#include "solvers/md/rdf.hpp"
#include "solvers/md/structure.hpp"

namespace locum::md {
namespace {

std::vector<double> flat(const std::vector<Vec3>& r) {
  std::vector<double> values;
  for (const Vec3& x : r)
    for (int d = 0; d < 3; ++d) values.push_back(x[d]);
  return values;
}

Structure silicon(int n) {
  StructureConfig config;
  config.replicate = {n, n, n};
  return make_structure(config, 1);
}

TEST(RadialDistribution, CountsTheShellsOfDiamondInACellThinnerThanItsReach) {
  for (const int n : {1, 2, 3}) {  // 8 atoms: images out to two cells
    const Structure s = silicon(n);
    RadialDistribution rdf(7.0, 700);
    rdf.add_frame(s.cell, flat(s.position));
    const auto number = rdf.coordination();
    EXPECT_NEAR(number[static_cast<int>(3.0 * 100)], 4.0, 1e-12);          // shell at 2.352 Å
    EXPECT_NEAR(number[static_cast<int>(4.2 * 100)], 4.0 + 12.0, 1e-12);   // 3.840 Å
    EXPECT_NEAR(number[static_cast<int>(5.0 * 100)], 16.0 + 12.0, 1e-12);  // 4.503 Å
    EXPECT_NEAR(number[static_cast<int>(5.7 * 100)], 28.0 + 6.0, 1e-12);   // 5.431 Å
    EXPECT_NEAR(number[static_cast<int>(6.3 * 100)], 34.0 + 12.0, 1e-12);  // 5.918 Å
  }
}

TEST(RadialDistribution, IsTheSameInATriclinicCellOfTheSameCrystal) {
  const Structure s = silicon(2);
  const Mat3 h = s.cell.vectors();
  const Cell skewed(Mat3{{{h.m[0][0], 0, 0}, {h.m[0][0], h.m[1][1], 0}, {-h.m[0][0], h.m[1][1], h.m[2][2]}}});
  RadialDistribution a(6.0, 61), b(6.0, 61);
  a.add_frame(s.cell, flat(s.position));
  b.add_frame(skewed, flat(s.position));
  EXPECT_LT(difference(a.value(), b.value()).largest, 1e-12);
}

TEST(RadialDistribution, OfAnIdealGasIsOne) {
  const int n = 300, frames = 30, bins = 10;
  const Cell cell(Mat3{{{12.0, 0, 0}, {3.0, 10.0, 0}, {-2.0, 4.0, 11.0}}});
  RadialDistribution rdf(5.0, bins);
  for (int frame = 0; frame < frames; ++frame) {
    std::vector<Vec3> r;
    for (int i = 0; i < n; ++i) {
      Vec3 s;
      for (int d = 0; d < 3; ++d) s[d] = 3.0 * random::uniform(1, random::Stream::shuffle, i, frame, d);  // unwrapped
      r.push_back(cell.to_cartesian(s));
    }
    rdf.add_frame(cell, flat(r));
  }
  const auto g = rdf.value();
  for (int k = 0; k < bins; ++k) {
    const double shell = 4.0 / 3.0 * 3.14159265 * 0.125 * (std::pow(k + 1, 3) - std::pow(k, 3));
    const double pairs = 0.5 * n * (n - 1) * frames * shell / cell.volume();
    // n − 1 other atoms, not n; four standard deviations of a Poisson count.
    EXPECT_NEAR(g[k], double(n - 1) / n, 4.0 / std::sqrt(pairs)) << k;
  }
}

TEST(RadialDistribution, NonsenseIsRefused) {
  EXPECT_THROW(RadialDistribution(0.0, 10), ConfigError);
  EXPECT_THROW(RadialDistribution(5.0, 0), ConfigError);
  EXPECT_THROW(difference({1.0}, {1.0, 2.0}), ConfigError);
}

TEST(MeanSquareDisplacement, TakesTheCentreOfMassOut) {
  const std::vector<double> from = {0, 0, 0, 1, 1, 1}, mass = {1.0, 3.0};
  // Both drift by (5, 0, 0); the light atom goes 3 along y, the heavy one −1: the centre stays on y.
  const std::vector<double> to = {5, 3, 0, 6, 0, 1};
  EXPECT_DOUBLE_EQ(mean_square_displacement(from, to, mass), (9.0 + 1.0) / 2.0);
}

TEST(MeanSquareDisplacement, OfSteadyMotionGrowsWithTheSquareOfTime) {
  std::vector<std::vector<double>> frames;
  for (int t = 0; t < 8; ++t) frames.push_back({2.0 * t, 0, 0, -2.0 * t, 0, 0});
  const auto msd = mean_square_displacements(frames, {1.0, 1.0}, 5);
  ASSERT_EQ(msd.size(), 6u);
  for (int k = 0; k < 6; ++k) EXPECT_DOUBLE_EQ(msd[k], 4.0 * k * k);
  EXPECT_THROW(mean_square_displacements(frames, {1.0, 1.0}, 8), ConfigError);
}

}  // namespace
}  // namespace locum::md
