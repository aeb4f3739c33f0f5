#include "solvers/imaging/specimen/crystal_particle.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr double gold_edge = 4.0782;

Crystal gold() { return prototype("fcc", {"Au"}, gold_edge); }

// The regular truncated octahedra of close-packed spheres around an atom: 201 atoms with faces 2 a from the centre.
TEST(CrystalParticle, TheTruncatedOctahedronHasItsMagicNumber) {
  ParticleConfig config;
  config.diameter = 4.0 * gold_edge;
  const auto particle = nanoparticle(gold(), config);
  EXPECT_EQ(particle.position.size(), 201u);
  EXPECT_EQ(particle.lx, 45.0);
  for (const Vec3& r : particle.position) {
    EXPECT_NEAR(r.x, 22.5, 2.0 * gold_edge + 1e-9);
    EXPECT_NEAR(r.z, 20.0, 2.0 * gold_edge + 1e-9);
  }
}

TEST(CrystalParticle, ASphereHasItsVolume) {
  ParticleConfig config;
  config.shape = "sphere";
  config.diameter = 60.0;
  config.box = {70.0, 70.0, 70.0};
  const double volume = 3.14159265 / 6.0 * std::pow(60.0, 3);
  const double expected = volume * 4.0 / std::pow(gold_edge, 3);
  // Points of a lattice in a sphere differ from its volume by less than what half a shell's spacing at the surface
  // holds.
  EXPECT_NEAR(nanoparticle(gold(), config).position.size(), expected, 0.02 * expected);
}

TEST(CrystalParticle, ZoneAxisAndRotationTurnIt) {
  ParticleConfig config;
  config.diameter = 20.0;
  config.zone_axis = {1, 1, 1};
  const auto particle = nanoparticle(gold(), config);
  std::set<long> layers;  // {111} planes across the beam: a / √3 apart
  for (const Vec3& r : particle.position) {
    const double layer = (r.z - 20.0) / (gold_edge / std::sqrt(3.0));
    EXPECT_NEAR(layer, std::round(layer), 1e-6);
    layers.insert(std::lround(layer));
  }
  EXPECT_EQ(layers.size(), 7u);  // faces lie 0.866 × 10 Å = 3.7 planes from the centre
  // A right-handed quarter turn about x brings y to z.
  config.zone_axis = {0, 0, 1};
  const auto before = nanoparticle(gold(), config);
  config.rotation = {90.0, 0.0, 0.0};
  const auto after = nanoparticle(gold(), config);
  ASSERT_EQ(before.position.size(), after.position.size());
  for (std::size_t i = 0; i < before.position.size(); ++i) {
    EXPECT_NEAR(after.position[i].z - 20.0, before.position[i].y - 22.5, 1e-9);
    EXPECT_NEAR(after.position[i].x, before.position[i].x, 1e-9);
  }
}

TEST(CrystalParticle, ABoxThatIsTooSmallSaysWhichWouldDo) {
  ParticleConfig config;
  config.diameter = 40.0;
  config.box = {60.0, 60.0, 40.0};
  try {
    nanoparticle(gold(), config);
    FAIL();
  } catch (const ConfigError& e) {
    config.box[2] = std::stod(e.hint()) + 0.05;  // it is rounded to 0.1
    EXPECT_NO_THROW(nanoparticle(gold(), config));
  }
  config.shape = "dodecahedron";
  EXPECT_THROW(nanoparticle(gold(), config), ConfigError);
  config.shape = "sphere";
  config.x_direction = {0, 0, 2};
  EXPECT_THROW(nanoparticle(gold(), config), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
