#include "solvers/imaging/specimen/thermal.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

Specimen silicon_and_oxygen(int n) {
  Specimen specimen{10.0, 20.0, 30.0, {}, {}, {}};
  for (int i = 0; i < n; ++i) {
    specimen.position.push_back({0.01, 19.99, 30.0 * (i % 2)});
    specimen.atomic_number.push_back(i % 2 ? 8 : 14);
  }
  return specimen;
}

ThermalConfig given(const std::string& quantity, double silicon, double oxygen) {
  ThermalConfig config;
  config.quantity = quantity;
  config.elements = {"Si", "O"};
  config.values = {silicon, oxygen};
  return config;
}

// International Tables: silicon at 300 K, B = 0.4632 Å², ⟨u_x²⟩ = 0.005866 Å², √⟨u_x²⟩ = 0.0766 Å.
TEST(Thermal, TheThreeQuantitiesAreOneDisplacement) {
  EXPECT_NEAR(rms_from_b(0.4632), 0.0766, 0.5e-4);
  EXPECT_NEAR(rms_from_u_iso(0.005866), 0.0766, 0.5e-4);
  EXPECT_NEAR(b_from_rms(rms_from_b(0.7)), 0.7, 1e-14);
  EXPECT_NEAR(u_iso_from_rms(0.3), 0.09, 1e-15);
  auto specimen = silicon_and_oxygen(4);
  set_rms_displacement(specimen, given("b_iso", 0.4632, 0.0));
  EXPECT_NEAR(specimen.rms_displacement[0], 0.0766, 0.5e-4);
  EXPECT_EQ(specimen.rms_displacement[1], 0.0);
  set_rms_displacement(specimen, given("u_iso", 0.04, 0.01));
  EXPECT_NEAR(specimen.rms_displacement[0], 0.2, 1e-15);
  EXPECT_NEAR(specimen.rms_displacement[1], 0.1, 1e-15);
}

TEST(Thermal, DisplacementsHaveTheirVarianceAndAreWrappedAcrossOnly) {
  auto specimen = silicon_and_oxygen(20000);
  set_rms_displacement(specimen, given("rms_displacement", 0.08, 0.0));
  const auto snapshot = displaced(specimen, 7, 3);
  Vec3 square;
  double outside = 0.0;
  for (std::size_t i = 0; i < snapshot.position.size(); ++i) {
    const Vec3 r = snapshot.position[i];
    ASSERT_TRUE(r.x >= 0.0 && r.x < 10.0 && r.y >= 0.0 && r.y < 20.0);
    Vec3 u = r - specimen.position[i];
    u.x -= 10.0 * std::round(u.x / 10.0);
    u.y -= 20.0 * std::round(u.y / 20.0);
    if (i % 2) {
      ASSERT_EQ(norm(u), 0.0);
      continue;
    }
    square = square + Vec3{u.x * u.x, u.y * u.y, u.z * u.z};
    outside += r.z < 0.0;
  }
  // 10⁴ atoms: the variance has a relative standard deviation of √(2 / 10⁴) = 1.4 %; four of them.
  for (int d = 0; d < 3; ++d) EXPECT_NEAR(square[d] / 1e4 / 0.0064, 1.0, 0.057);
  EXPECT_NEAR(outside / 1e4, 0.5, 0.02);  // half of the silicon atoms, which are at z = 0, leave at the top
}

TEST(Thermal, AnAtomsDisplacementIsAFunctionOfSeedAtomAndConfiguration) {
  auto many = silicon_and_oxygen(10), few = silicon_and_oxygen(3);
  set_rms_displacement(many, given("rms_displacement", 0.08, 0.08));
  set_rms_displacement(few, given("rms_displacement", 0.08, 0.08));
  EXPECT_EQ(displaced(many, 1, 5).position[2].z, displaced(few, 1, 5).position[2].z);
  EXPECT_NE(displaced(many, 1, 5).position[2].z, displaced(many, 1, 6).position[2].z);
  EXPECT_NE(displaced(many, 1, 5).position[2].z, displaced(many, 2, 5).position[2].z);
}

TEST(Thermal, AMissingOrImpossibleDisplacementIsRefused) {
  auto specimen = silicon_and_oxygen(2);
  EXPECT_THROW(displaced(specimen, 1, 0), ConfigError);
  ThermalConfig silicon_only;
  silicon_only.elements = {"Si"};
  silicon_only.values = {0.08};
  EXPECT_THROW(set_rms_displacement(specimen, silicon_only), ConfigError);
  EXPECT_THROW(set_rms_displacement(specimen, given("rms_displacement", 1.5, 0.1)), ConfigError);
  EXPECT_THROW(set_rms_displacement(specimen, given("sigma", 0.1, 0.1)), ConfigError);
  silicon_only.values = {};
  EXPECT_THROW(silicon_only.validate(), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
