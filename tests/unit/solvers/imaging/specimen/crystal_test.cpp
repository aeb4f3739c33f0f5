#include "solvers/imaging/specimen/crystal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr double silicon_edge = 5.431;

CrystalConfig along(std::vector<std::int64_t> zone, std::vector<double> size) {
  CrystalConfig config;
  config.zone_axis = std::move(zone);
  config.size = std::move(size);
  return config;
}

// Distances from each atom to all others and their images in all three directions, up to `cutoff`, sorted.
std::vector<std::vector<double>> neighbours(const Specimen& s, double cutoff) {
  std::vector<std::vector<double>> found(s.position.size());
  const double length[3] = {s.lx, s.ly, s.lz};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t j = 0; j < found.size(); ++j)
      for (int x = -1; x <= 1; ++x)
        for (int y = -1; y <= 1; ++y)
          for (int z = -1; z <= 1; ++z) {
            const double r = norm(s.position[j] - s.position[i] + Vec3{x * length[0], y * length[1], z * length[2]});
            if (r < cutoff && (i != j || x || y || z)) found[i].push_back(r);
          }
    std::sort(found[i].begin(), found[i].end());
  }
  return found;
}

// Every bond of the diamond structure, across the boundaries too, no atom twice and none missing: whatever the zone
// axis.
TEST(Crystal, SiliconIsSiliconAlongEveryZoneAxis) {
  for (const std::vector<std::int64_t>& zone : std::vector<std::vector<std::int64_t>>{{0, 0, 1},
                                                                                      {1, 0, 0},
                                                                                      {0, -1, 0},
                                                                                      {1, 1, 0},
                                                                                      {1, -1, 0},
                                                                                      {2, 2, 0},
                                                                                      {1, 1, 1},
                                                                                      {1, 1, 2},
                                                                                      {3, 1, 0},
                                                                                      {1, 2, 3}}) {
    const auto s = oriented(along(zone, {7.0, 7.0, 7.0}));
    EXPECT_GE(std::min({s.lx, s.ly, s.lz}), 7.0);
    EXPECT_NEAR(s.position.size() / (s.lx * s.ly * s.lz), 8.0 / std::pow(silicon_edge, 3), 1e-12);
    for (const Vec3& r : s.position)
      EXPECT_TRUE(r.x >= 0.0 && r.x < s.lx && r.y >= 0.0 && r.y < s.ly && r.z >= 0.0 && r.z < s.lz);
    for (const auto& near : neighbours(s, 0.75 * silicon_edge)) {
      ASSERT_EQ(near.size(), 16u);
      for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(near[k], std::sqrt(3.0) / 4.0 * silicon_edge, 1e-9);
      for (std::size_t k = 4; k < 16; ++k) EXPECT_NEAR(near[k], std::sqrt(0.5) * silicon_edge, 1e-9);
    }
  }
}

TEST(Crystal, TheCellIsTheSmallestAndAxesAreWhereOneExpectsThem) {
  const auto silicon = prototype("diamond", {"Si"}, silicon_edge);
  const auto shifts = centrings(silicon.fractional, silicon.atomic_number);
  EXPECT_EQ(shifts.size(), 3u);
  const auto cube = orthogonal_cell(silicon.cell, shifts, {0, 0, 1}, {}, 1e-3);
  for (int d = 0; d < 3; ++d) EXPECT_NEAR(cube.length[d], silicon_edge, 1e-12);
  EXPECT_NEAR(cube.vector[0].x, 1.0, 1e-12);
  const auto edge_on = orthogonal_cell(silicon.cell, shifts, {1, 1, 0}, {}, 1e-3);
  EXPECT_NEAR(edge_on.length.x, silicon_edge, 1e-9);
  EXPECT_NEAR(edge_on.length.y, silicon_edge / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(edge_on.length.z, silicon_edge / std::sqrt(2.0), 1e-9);
  const auto turned = orthogonal_cell(silicon.cell, shifts, {1, 1, 0}, {1, -1, 0}, 1e-3);
  EXPECT_NEAR(turned.length.x, silicon_edge / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(turned.length.y, silicon_edge, 1e-9);
  for (const auto& cell : {cube, edge_on, turned}) {
    EXPECT_LE(cell.strain, 1e-12);
    EXPECT_GT(dot(cross(cell.vector[0], cell.vector[1]), cell.vector[2]), 0.0);
  }
}

TEST(Crystal, PrototypesHaveTheirAtoms) {
  const auto titanate = prototype("perovskite", {"Sr", "Ti", "O"}, 3.905);
  EXPECT_EQ(titanate.atomic_number, (std::vector<int>{38, 22, 8, 8, 8}));
  const auto s = oriented(titanate, along({0, 0, 1}, {3.905, 3.905, 3.905}));
  ASSERT_EQ(s.position.size(), 5u);
  const auto near = neighbours(s, 2.0);  // titanium has six oxygens at a / 2
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(near[i].size(), s.atomic_number[i] == 22 ? 6u : s.atomic_number[i] == 8 ? 2u : 0u);
  EXPECT_EQ(prototype("fcc", {"Au"}, 4.08).fractional.size(), 4u);
  EXPECT_EQ(prototype("bcc", {"Fe"}, 2.87).fractional.size(), 2u);
  EXPECT_EQ(prototype("rocksalt", {"Mg", "O"}, 4.21).fractional.size(), 8u);
  EXPECT_EQ(prototype("zincblende", {"Ga", "As"}, 5.65).fractional.size(), 8u);
  for (const auto& name : prototype_names()) {
    const std::size_t kinds = name == "perovskite"                                                       ? 3
                              : name == "zincblende" || name == "rocksalt" || name == "caesium_chloride" ? 2
                                                                                                         : 1;
    const std::vector<std::string> elements = {"Na", "Cl", "O"};
    EXPECT_NO_THROW(prototype(name, {elements.begin(), elements.begin() + kinds}, 5.0).validate()) << name;
  }
  EXPECT_THROW(prototype("zincblende", {"Ga"}, 5.65), ConfigError);
  EXPECT_THROW(prototype("dimond", {"Si"}, 5.65), ConfigError);
}

TEST(Crystal, DisplacementsFollowTheirSites) {
  auto rock = prototype("caesium_chloride", {"Cs", "Cl"}, 4.12);
  rock.rms_displacement = {0.1, 0.2};
  const auto s = oriented(rock, along({1, 1, 0}, {9.0, 9.0, 9.0}));
  ASSERT_EQ(s.rms_displacement.size(), s.position.size());
  for (std::size_t i = 0; i < s.position.size(); ++i)
    EXPECT_EQ(s.rms_displacement[i], s.atomic_number[i] == 55 ? 0.1 : 0.2);
}

TEST(Crystal, AHexagonalCellBecomesARectangle) {
  const double a = 2.46, c = 6.7;
  Crystal graphite;
  graphite.cell = Cell({{{a, 0, 0}, {-a / 2, a * std::sqrt(3.0) / 2, 0}, {0, 0, c}}});
  graphite.fractional = {{0, 0, 0}, {1.0 / 3, 2.0 / 3, 0}, {0, 0, 0.5}, {2.0 / 3, 1.0 / 3, 0.5}};
  graphite.atomic_number = {6, 6, 6, 6};
  auto config = along({0, 0, 1}, {});
  config.size = {0, 0, 0};
  const auto s = oriented(graphite, config);
  EXPECT_EQ(s.position.size(), 8u);
  EXPECT_NEAR(s.lx, a, 1e-9);
  EXPECT_NEAR(s.ly, a * std::sqrt(3.0), 1e-9);
  config.size = {5, 5, 5};
  for (const auto& near : neighbours(oriented(graphite, config), 1.6)) {
    ASSERT_EQ(near.size(), 3u);
    for (const double r : near) EXPECT_NEAR(r, a / std::sqrt(3.0), 1e-9);
  }
}

// The number in the hint is one that works, and the shear is what it says.
TEST(Crystal, ALatticeWithoutRightAnglesIsRefusedWithTheNearestCell) {
  Crystal skew;
  const double beta = 97.3 * 3.14159265358979 / 180.0;
  skew.cell = Cell({{{5.1, 0, 0}, {0, 5.2, 0}, {5.3 * std::cos(beta), 0, 5.3 * std::sin(beta)}}});
  skew.fractional = {{0, 0, 0}};
  skew.atomic_number = {40};
  auto config = along({0, 0, 1}, {1.0, 1.0, 1.0});
  config.strain_tolerance = 0.0;
  try {
    oriented(skew, config);
    FAIL();
  } catch (const ConfigError& e) {
    config.strain_tolerance = std::stod(e.hint());
    const auto s = oriented(skew, config);
    const double cells = s.lx * s.ly * s.lz / skew.cell.volume();
    EXPECT_NEAR(cells, double(s.position.size()), 2.0 * config.strain_tolerance * cells);
  }
}

TEST(Crystal, SizesAndRepeatsAreKept) {
  auto config = along({0, 0, 1}, {2 * silicon_edge, 2.01 * silicon_edge, 0.0});
  auto s = oriented(config);
  EXPECT_NEAR(s.lx, 2 * silicon_edge, 1e-9);
  EXPECT_NEAR(s.ly, 3 * silicon_edge, 1e-9);
  EXPECT_NEAR(s.lz, silicon_edge, 1e-9);
  config.repeat = {1, 2, 5};
  s = oriented(config);
  EXPECT_EQ(s.position.size(), 80u);
  EXPECT_NEAR(s.lz, 5 * silicon_edge, 1e-9);
}

TEST(Crystal, WhatIsNoCrystalIsRefused) {
  auto config = along({0, 0, 0}, {5, 5, 5});
  EXPECT_THROW(oriented(config), ConfigError);
  config.zone_axis = {0, 1};
  EXPECT_THROW(oriented(config), ConfigError);
  config.zone_axis = {0, 0, 1};
  config.x_direction = {1, 0, 1};
  EXPECT_THROW(oriented(config), ConfigError);
  config.x_direction = {};
  config.size = {5, 5};
  EXPECT_THROW(oriented(config), ConfigError);
  config.size = {5, 5, 1e5};
  config.repeat = {1, 0, 1};
  EXPECT_THROW(oriented(config), ConfigError);
  Crystal twice = prototype("sc", {"Po"}, 3.3);
  twice.fractional.push_back({0.999, 0.0, 1.0});
  twice.atomic_number.push_back(84);
  EXPECT_THROW(oriented(twice, along({0, 0, 1}, {5, 5, 5})), ConfigError);
}

}  // namespace
}  // namespace locum::imaging
