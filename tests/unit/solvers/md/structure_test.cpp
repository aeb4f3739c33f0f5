#include "solvers/md/structure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::md {
namespace {

Structure lattice(const std::string& name, int n = 2) {
  StructureConfig config;
  config.lattice = name;
  config.lattice_constant = 4.0;
  config.replicate = {n, n, n};
  return make_structure(config, 1);
}

// Distance to the nearest atom of atom 0 and how many stand there, over images.
std::pair<double, int> first_shell(const Structure& s) {
  double nearest = 1e9;
  int count = 0;
  for (int pass = 0; pass < 2; ++pass)
    for (const Vec3& r : s.position)
      for (int image = 0; image < 27; ++image) {
        const Vec3 shift{double(image % 3 - 1), double(image / 3 % 3 - 1), double(image / 9 - 1)};
        const double d = norm(r - s.position[0] + s.cell.to_cartesian(shift));
        if (d < 1e-9) continue;
        if (pass == 0)
          nearest = std::min(nearest, d);
        else
          count += d < nearest + 1e-9;
      }
  return {nearest, count};
}

TEST(Lattice, HasItsNumberOfAtomsAndItsFirstShell) {
  const double a = 4.0;
  const struct {
    std::string name;
    int atoms, neighbors;
    double distance;
  } known[] = {{"sc", 1, 6, a},
               {"bcc", 2, 8, a * std::sqrt(3.0) / 2},
               {"fcc", 4, 12, a / std::sqrt(2.0)},
               {"diamond", 8, 4, a * std::sqrt(3.0) / 4}};
  for (const auto& k : known) {
    const Structure s = lattice(k.name);
    EXPECT_EQ(s.size(), 8 * k.atoms) << k.name;
    const auto [distance, count] = first_shell(s);
    EXPECT_NEAR(distance, k.distance, 1e-12) << k.name;
    EXPECT_EQ(count, k.neighbors) << k.name;
  }
}

TEST(BuiltStructure, ReplicatesATriclinicCellWithItsVelocities) {
  Structure unit;
  unit.cell = Cell(Mat3{{{3.0, 0, 0}, {1.0, 2.5, 0}, {-0.5, 0.25, 4.0}}});
  unit.position = {{0.1, 0.2, 0.3}, {1.5, 1.0, 2.0}};
  unit.velocity = {{0.01, 0, 0}, {0, -0.02, 0.005}};
  unit.atomic_number = {6, 14};
  StructureConfig config;
  config.replicate = {2, 1, 3};
  const Structure s = build_structure(unit, config, 1);
  ASSERT_EQ(s.size(), 12);
  EXPECT_NEAR(s.cell.volume(), 6 * unit.cell.volume(), 1e-9);
  for (int copy = 0; copy < 6; ++copy)
    for (int k = 0; k < 2; ++k) {
      const int i = 2 * copy + k;
      const Vec3 shift = unit.cell.to_cartesian({double(copy / 3), 0, double(copy % 3)});
      EXPECT_NEAR(norm(s.position[i] - (unit.position[k] + shift)), 0.0, 1e-12) << i;
      EXPECT_EQ(norm(s.velocity[i] - unit.velocity[k]), 0.0) << i;
      EXPECT_EQ(s.atomic_number[i], unit.atomic_number[k]) << i;
    }
}

TEST(BuiltStructure, OfAFileIsRefusedWhereNobodyCanReadFiles) {
  StructureConfig config;
  config.file = "atoms.xyz";
  EXPECT_THROW(make_structure(config, 1), ConfigError);
}

TEST(Lattice, AnUnknownNameListsTheKnownOnes) {
  try {
    lattice("diamnd");
    FAIL();
  } catch (const ConfigError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("did you mean 'diamond'"), std::string::npos) << text;
    EXPECT_NE(text.find("bcc"), std::string::npos) << text;
  }
}

TEST(Strain, VoigtShearIsTwiceTheTensor) {
  StructureConfig voigt, tensor;
  voigt.strain = {0.01, -0.02, 0.03, 0.04, 0.05, 0.06};
  tensor.strain = {0.01, 0.03, 0.025, 0.03, -0.02, 0.02, 0.025, 0.02, 0.03};
  const Structure a = make_structure(voigt, 1), b = make_structure(tensor, 1);
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) EXPECT_DOUBLE_EQ(a.cell.vectors()[r][c], b.cell.vectors()[r][c]);
  EXPECT_DOUBLE_EQ(a.cell.vectors()[0][0], 5.431 * 1.01);
  EXPECT_DOUBLE_EQ(a.cell.vectors()[0][1], 5.431 * 0.03);
  // Atoms move with the cell: fractional coordinates stay.
  EXPECT_NEAR(a.cell.to_fractional(a.position[4]).x, 0.25, 1e-14);
}

TEST(Structure, DisplacementHasTheAmplitudeAskedFor) {
  StructureConfig config;
  config.replicate = {5, 5, 5};
  const Structure still = make_structure(config, 1);
  config.displacement = 0.05;
  const Structure shaken = make_structure(config, 1);
  double square = 0.0;
  for (std::size_t i = 0; i < still.position.size(); ++i) {
    const Vec3 d = shaken.position[i] - still.position[i];
    square += dot(d, d);
  }
  const double n = 3.0 * double(still.size());
  EXPECT_NEAR(square / n, 0.0025, 4.0 * 0.0025 * std::sqrt(2.0 / n));  // four standard errors of a variance
}

TEST(Structure, ComesFromTheFieldsOfALabel) {
  Structure s = lattice("bcc");
  FieldSet fields;
  const auto& h = s.cell.vectors();
  fields.add("cell", "Angstrom", {3, 3}, std::vector<double>(&h.m[0][0], &h.m[0][0] + 9));
  std::vector<double> flat;
  for (const Vec3& r : s.position)
    for (int d = 0; d < 3; ++d) flat.push_back(r[d]);
  fields.add("position", "Angstrom", {s.size(), 3}, flat);
  fields.add("atomic_number", "1", {s.size()}, std::vector<std::int64_t>(s.size(), 14));
  const Structure back = structure_from_fields(fields);
  EXPECT_EQ(back.atomic_number, s.atomic_number);
  EXPECT_TRUE(back.velocity.empty());
  for (std::size_t i = 0; i < s.position.size(); ++i) EXPECT_EQ(norm(back.position[i] - s.position[i]), 0.0);
  fields.add("velocity", "Angstrom/fs", {1, 3}, std::vector<double>(3));
  EXPECT_THROW(structure_from_fields(fields), ConfigError);
}

TEST(Structure, NumbersThatAreNotFiniteAreRefused) {
  Structure s = lattice("sc");
  s.position[3].y = std::nan("");
  EXPECT_THROW(s.validate(), ConfigError);
  EXPECT_THROW(Structure().validate(), ConfigError);
}

TEST(Velocities, HaveExactlyTheTemperatureAndNoMomentum) {
  Structure s = lattice("diamond", 3);
  const std::int64_t freedom = 3 * s.size() - 3;
  set_velocities(s, 450.0, 5, freedom);
  Vec3 momentum;
  double twice_kinetic = 0.0;
  for (const Vec3& v : s.velocity) {
    momentum = momentum + v;
    twice_kinetic += atomic_mass(14) * units::mass_to_energy * dot(v, v);
  }
  EXPECT_LT(norm(momentum), 1e-14);  // rounding of 216 numbers of order 0.01
  EXPECT_NEAR(twice_kinetic / (units::boltzmann * double(freedom)), 450.0, 1e-9);
}

TEST(Velocities, AreMaxwellBoltzmann) {
  Structure s = lattice("sc", 20);
  set_velocities(s, 300.0, 5, 0);
  const double variance = units::boltzmann * 300.0 / (atomic_mass(14) * units::mass_to_energy);
  const double n = double(s.size());
  for (int d = 0; d < 3; ++d) {
    double second = 0.0, fourth = 0.0;
    for (const Vec3& v : s.velocity) {
      second += v[d] * v[d] / variance / n;
      fourth += std::pow(v[d], 4) / (variance * variance) / n;
    }
    EXPECT_NEAR(second, 1.0, 4.0 * std::sqrt(2.0 / n));  // four standard errors of the moments of a normal number
    EXPECT_NEAR(fourth, 3.0, 4.0 * std::sqrt(96.0 / n));
  }
}

TEST(Velocities, OfASingleAtomAreKept) {
  Structure s = lattice("sc", 1);
  set_velocities(s, 300.0, 5, 3);
  EXPECT_GT(norm(s.velocity[0]), 0.0);
}

}  // namespace
}  // namespace locum::md
