#include "solvers/quantum/slater_koster.hpp"

#include <gtest/gtest.h>

namespace locum::quantum {
namespace {

const double values[channel_count] = {-1.7, 1.3, 2.1, -0.6};

TEST(SlaterKoster, ABondAlongZHasTheTextbookIntegrals) {
  double h[16];
  slater_koster_block(values, {0, 0, 1}, h);
  EXPECT_EQ(h[0], values[ss_sigma]);
  EXPECT_EQ(h[3], values[sp_sigma]);       // ⟨s|pz⟩
  EXPECT_EQ(h[4 * 3], -values[sp_sigma]);  // ⟨pz|s⟩
  EXPECT_EQ(h[4 * 3 + 3], values[pp_sigma]);
  EXPECT_EQ(h[4 * 1 + 1], values[pp_pi]);
  EXPECT_EQ(h[4 * 1 + 2], 0.0);
}

TEST(SlaterKoster, TheReversedBondIsTheTranspose) {
  double h[16], reversed[16];
  const Vec3 l = (1.0 / norm({1, -2, 0.5})) * Vec3{1, -2, 0.5};
  slater_koster_block(values, l, h);
  slater_koster_block(values, -1.0 * l, reversed);
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b) EXPECT_NEAR(h[4 * a + b], reversed[4 * b + a], 1e-15);
}

TEST(SlaterKoster, GradientIsThatOfTheContractedBlock) {
  const Radial f = with_tail({2.3, 2.0, 3.4, 7.0}, 4.0, 4.2);
  double density[16];
  for (int k = 0; k < 16; ++k) density[k] = std::sin(1.0 + k * k);
  const auto energy = [&](Vec3 d, double* v, double* slope) {
    const ValueAndSlope radial = f(norm(d));
    for (int c = 0; c < channel_count; ++c) {
      v[c] = values[c] * radial.value;
      slope[c] = values[c] * radial.slope;
    }
    double block[16], sum = 0.0;
    slater_koster_block(v, (1.0 / norm(d)) * d, block);
    for (int k = 0; k < 16; ++k) sum += block[k] * density[k];
    return sum;
  };
  const Vec3 d{1.1, -1.7, 0.9};
  double v[channel_count], slope[channel_count], unused[channel_count];
  const double expected = energy(d, v, slope);
  const BondEnergy bond = slater_koster_energy(v, slope, (1.0 / norm(d)) * d, norm(d), density);
  EXPECT_NEAR(bond.energy, expected, 1e-14);
  const double h = 1e-5;
  for (int k = 0; k < 3; ++k) {
    Vec3 up = d, down = d;
    up[k] += h;
    down[k] -= h;
    double w[channel_count];
    EXPECT_NEAR(bond.gradient[k], (energy(up, w, unused) - energy(down, w, unused)) / (2.0 * h), 1e-9);  // h² f‴/6
  }
}

}  // namespace
}  // namespace locum::quantum
