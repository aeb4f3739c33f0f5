#include "solvers/imaging/specimen/crystal_slab.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

const bool everywhere[3] = {true, true, true};
const bool not_along_z[3] = {true, true, false};
const Cell box({{{10, 0, 0}, {0, 20, 0}, {0, 0, 30}}});

TEST(CrystalSlab, AtomsAreWrappedAndRepeated) {
  SlabConfig config;
  config.repeat = {2, 1, 3};
  const auto s = slab({{-1.0, 41.0, 31.0}, {3.0, 4.0, 5.0}}, {14, 8}, box, everywhere, config);
  EXPECT_EQ(s.lx, 20.0);
  EXPECT_EQ(s.ly, 20.0);
  EXPECT_EQ(s.lz, 90.0);
  ASSERT_EQ(s.position.size(), 12u);
  EXPECT_NEAR(s.position[0].x, 9.0, 1e-12);
  EXPECT_NEAR(s.position[0].y, 1.0, 1e-12);
  EXPECT_NEAR(s.position[0].z, 1.0, 1e-12);
  EXPECT_NEAR(s.position[5].x, 19.0, 1e-12);
  EXPECT_NEAR(s.position[5].z, 61.0, 1e-12);
  EXPECT_EQ(s.atomic_number[11], 8);
}

TEST(CrystalSlab, TheBeamFollowsTheVectorThatIsNamed) {
  SlabConfig config;
  config.beam = "x";
  const auto x = slab({{1.0, 2.0, 3.0}}, {14}, box, everywhere, config);
  EXPECT_EQ((std::vector<double>{x.lx, x.ly, x.lz}), (std::vector<double>{20, 30, 10}));
  EXPECT_NEAR(x.position[0].x, 2.0, 1e-12);
  EXPECT_NEAR(x.position[0].z, 1.0, 1e-12);
  config.beam = "y";
  config.repeat = {1, 2, 1};
  const auto y = slab({{1.0, 2.0, 3.0}}, {14}, box, everywhere, config);
  EXPECT_EQ((std::vector<double>{y.lx, y.ly, y.lz}), (std::vector<double>{30, 10, 40}));
  EXPECT_NEAR(y.position[1].z, 22.0, 1e-12);
}

TEST(CrystalSlab, ACutKeepsWhatLiesInIt) {
  SlabConfig config;
  config.cut = {5.0, 25.0};
  const auto s =
      slab({{1, 1, 4.999}, {1, 1, 5.0}, {1, 1, 24.9}, {1, 1, 25.0}}, {14, 14, 8, 8}, box, everywhere, config);
  EXPECT_EQ(s.lz, 20.0);
  ASSERT_EQ(s.position.size(), 2u);
  EXPECT_NEAR(s.position[0].z, 0.0, 1e-12);
  EXPECT_NEAR(s.position[1].z, 19.9, 1e-12);
  config.cut = {40.0, 50.0};
  EXPECT_THROW(slab({{1, 1, 1}}, {14}, box, everywhere, config), ConfigError);
}

TEST(CrystalSlab, AnAtomOutsideOfAnOpenBoxIsNamed) {
  try {
    slab({{1, 1, 1}, {1, 1, 30.4}}, {14, 8}, box, not_along_z, {});
    FAIL();
  } catch (const ConfigError& e) {
    const std::string what = e.what();
    EXPECT_NE(what.find("atom 1 (O)"), std::string::npos) << what;
    EXPECT_NE(what.find("30.4"), std::string::npos) << what;
    EXPECT_NE(what.find("30.0000 Å long"), std::string::npos) << what;
  }
  EXPECT_NO_THROW(slab({{-3, 99, 30.0}}, {14}, box, not_along_z, {}));
  EXPECT_THROW(slab({{1, std::nan(""), 1}}, {14}, box, everywhere, {}), ConfigError);
}

TEST(CrystalSlab, ASkewCellIsShearedWithinTheToleranceOnly) {
  const Cell skew({{{10, 0, 0}, {0.05, 20, 0}, {0, 0, 30}}});
  const auto s = slab({{5.025, 10.0, 15.0}}, {14}, skew, everywhere, {});
  EXPECT_NEAR(s.position[0].x, 5.0, 1e-9);
  SlabConfig config;
  config.strain_tolerance = 1e-3;
  try {
    slab({{5, 10, 15}}, {14}, skew, everywhere, config);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(e.hint().find("0.0025"), std::string::npos) << e.hint();
  }
}

}  // namespace
}  // namespace locum::imaging
