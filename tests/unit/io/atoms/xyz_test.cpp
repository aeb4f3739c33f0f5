// Extended XYZ: what ASE and GPUMD write is read; what is written reads to the same values; mistakes have a line.
#include "io/atoms/xyz.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Written by ASE 3.22.1 (ase.io.write, format extxyz): volume 31.25 Å³, a left-handed cell, a molecule behind.
const char* const of_ase =
    "2\n"
    "Lattice=\"0.0 2.5 2.5 2.5 0.0 2.5 2.5 2.5 0.0\" Properties=species:S:1:pos:R:3:tag2:I:1:forces:R:3 "
    "temperature=300.0 "
    "config_type=\"bulk crystal\" weights=\"1 2\" energy=-12.5 stress=\"0.01 0.006 0.005 0.006 0.02 0.004 0.005 0.004 "
    "0.03\" pbc=\"T T T\"\n"
    "Si       0.00000000       0.00000000       0.00000000        1       0.10000000      -0.20000000       "
    "0.30000000\n"
    "C        1.25000000       1.25000000       1.25000000        0      -0.10000000       0.20000000      "
    "-0.30000000\n"
    "2\n"
    "Properties=species:S:1:pos:R:3 pbc=\"F F F\"\n"
    "H        0.00000000       0.00000000       0.00000000\n"
    "H        0.00000000       0.00000000       0.74000000\n";

TEST(Xyz, ReadsWhatAseWrites) {
  const auto samples = parse_xyz(of_ase, "ase.xyz");
  ASSERT_EQ(samples.size(), 2u);
  const FieldSet& bulk = samples[0];
  EXPECT_THAT(bulk.integer("atomic_number"), ElementsAre(14, 6));
  EXPECT_EQ(bulk.at("position").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(bulk.at("position").unit, "Angstrom");
  EXPECT_EQ(bulk.real("position")[4], 1.25);
  EXPECT_THAT(bulk.real("force"), ElementsAre(0.1, -0.2, 0.3, -0.1, 0.2, -0.3));
  EXPECT_EQ(bulk.at("force").unit, "eV/Angstrom");
  EXPECT_EQ(bulk.real_scalar("energy"), -12.5);
  EXPECT_THAT(bulk.real("cell"), ElementsAre(0, 2.5, 2.5, 2.5, 0, 2.5, 2.5, 2.5, 0));
  const std::vector<double> virial = {-0.3125, -0.1875, -0.15625, -0.1875, -0.625, -0.125, -0.15625, -0.125, -0.9375};
  EXPECT_THAT(bulk.real("virial"), Pointwise(DoubleNear(1e-15), virial));  // −stress · volume, one rounding
  EXPECT_EQ(bulk.real_scalar("temperature"), 300.0);
  EXPECT_THAT(bulk.integer("weights"), ElementsAre(1, 2));
  EXPECT_THAT(bulk.integer("tag2"), ElementsAre(1, 0));
  EXPECT_EQ(config_type(bulk), "bulk crystal");
  EXPECT_EQ(config_type(samples[1]), "");
  EXPECT_FALSE(bulk.has("pbc"));
  EXPECT_FALSE(samples[1].has("cell"));
  EXPECT_FALSE(samples[1].has("energy"));
  EXPECT_THAT(samples[1].integer("pbc"), ElementsAre(0, 0, 0));
}

TEST(Xyz, ReadsWhatGpumdWrites) {
  const auto sample = parse_xyz(
      "1\nenergy=-4.5 virial=\"1 2 3 2 4 5 3 5 6\" Lattice=\"5 0 0 0 5 0 0 0 5\" "
      "Properties=species:S:1:pos:R:3:force:R:3 "
      "weight=2.0\r\nsi 1 2 3 +0.5 1e-3 -2\r\n\n",
      "train.xyz");
  EXPECT_THAT(sample[0].real("force"), ElementsAre(0.5, 1e-3, -2));
  EXPECT_THAT(sample[0].real("virial"), ElementsAre(1, 2, 3, 2, 4, 5, 3, 5, 6));
  EXPECT_EQ(sample[0].integer("atomic_number")[0], 14);
  EXPECT_EQ(sample[0].real_scalar("weight"), 2.0);
}

TEST(Xyz, AVirialGoesBeforeAStressAndAtomsEnergiesKeepApart) {
  const auto sample = parse_xyz(
      "1\nstress='1 0 0 0 1 0 0 0 1' virial='2 0 0 0 2 0 0 0 2' energy = -1 Lattice='1 0 0 0 1 0 0 0 1' flag "
      "Properties=numbers:I:1:pos:R:3:energy:R:1\n6 0 0 0 -1\n",
      "a.xyz");
  EXPECT_EQ(sample[0].real("virial")[0], 2.0);
  EXPECT_EQ(sample[0].real_scalar("energy"), -1.0);
  EXPECT_THAT(sample[0].real("atom_energy"), ElementsAre(-1.0));
}

FieldSet random_sample(std::mt19937& random) {
  std::normal_distribution<double> normal(0.0, 10.0);
  auto numbers = [&](std::int64_t n) {
    std::vector<double> values;
    for (; n > 0; --n)
      values.push_back(random() % 4 ? normal(random) * std::pow(10.0, normal(random)) : double(random() % 7));
    return values;
  };
  const std::int64_t n = random() % 6;
  FieldSet sample;
  std::vector<std::int64_t> species;
  for (std::int64_t k = 0; k < n; ++k) species.push_back(1 + random() % 103);
  sample.add("atomic_number", "1", {n}, species);
  sample.add("position", "Angstrom", {n, 3}, numbers(3 * n));
  if (random() % 2)
    sample.add("cell", "Angstrom", {3, 3}, numbers(9));
  else
    sample.add("pbc", "1", {3}, std::vector<std::int64_t>{0, 0, 0});
  if (random() % 2) sample.add_scalar("energy", "eV", numbers(1)[0]);
  if (random() % 2 && n > 0) sample.add("force", "eV/Angstrom", {n, 3}, numbers(3 * n));
  if (random() % 2) sample.add("virial", "eV", {3, 3}, numbers(9));
  if (random() % 2) sample.add_scalar("timestep", "1", std::int64_t(random()));
  if (random() % 2) {
    std::vector<std::int64_t> word;
    for (auto length = 1 + random() % 8; length > 0; --length) word.push_back(32 + random() % 95);  // printable
    const auto length = static_cast<std::int64_t>(word.size());
    sample.add("config_type", "utf-8", {length}, std::move(word));
  }
  if (random() % 2) sample.add("descriptor", "unspecified", {7}, numbers(7));
  return sample;
}

TEST(Xyz, RandomSamplesComeBackEqual) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<FieldSet> samples;
    for (auto n = 1 + random() % 3; n > 0; --n) samples.push_back(random_sample(random));
    const std::string text = to_xyz(samples);
    const auto again = parse_xyz(text, "again.xyz");
    ASSERT_EQ(again.size(), samples.size()) << text;
    for (std::size_t k = 0; k < samples.size(); ++k) {
      ASSERT_EQ(again[k].fields().size(), samples[k].fields().size()) << text;
      for (const auto& [name, field] : samples[k].fields()) {
        EXPECT_EQ(again[k].at(name).shape, field.shape) << name << "\n" << text;
        EXPECT_EQ(again[k].at(name).unit, field.unit) << name << "\n" << text;
        EXPECT_EQ(again[k].at(name).values, field.values) << name << "\n" << text;
      }
    }
  }
}

TEST(Xyz, FilesAreReadOnEveryRank) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_xyz(comm, folder.file("a.xyz"), comm.is_root() ? parse_xyz(of_ase, "ase.xyz") : std::vector<FieldSet>());
  const auto samples = read_xyz(comm, folder.file("a.xyz"));
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].real("force")[2], 0.3);
  EXPECT_THROW(read_xyz(comm, folder.file("none.xyz")), IoError);
}

std::string complaint(const std::string& text) {
  try {
    parse_xyz(text, "a.xyz");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Xyz, MistakesAreToldWithTheirLine) {
  const std::string head = "2\nProperties=species:S:1:pos:R:3\n", good = "Si 0 0 0\n";
  EXPECT_THAT(complaint(""), HasSubstr("a.xyz: found no frame"));
  EXPECT_THAT(complaint("two\n"), HasSubstr("a.xyz:1: found 'two', the number of atoms was expected"));
  EXPECT_THAT(complaint("-1\n\n"), HasSubstr("the number of atoms was expected"));
  EXPECT_THAT(complaint("0"), HasSubstr("ends before the comment line"));
  EXPECT_THAT(complaint(head + good), HasSubstr("a.xyz:3: the file ends after 1 of 2 atoms"));
  EXPECT_THAT(complaint(head + good + good + good), HasSubstr("a.xyz:5: found 'Si 0 0 0', the number of atoms"));
  EXPECT_THAT(complaint("99999999999\n\n"), HasSubstr("the file ends before 99999999999 atoms"));
  EXPECT_THAT(complaint(head + good + "Si 0 0\n"), HasSubstr("a.xyz:4: found 3 columns, 4 were expected"));
  EXPECT_THAT(complaint(head + good + "Si 0 nan 0\n"),
              HasSubstr("a.xyz:4: found 'nan' for pos, a finite number was expected"));
  EXPECT_THAT(complaint(head + good + "Si 0 1e999 0\n"), HasSubstr("found '1e999' for pos"));
  EXPECT_THAT(complaint(head + "Xx 0 0 0\n" + good), HasSubstr("a.xyz:3: found the species 'Xx'"));
  EXPECT_THAT(complaint("1\nProperties=species:S:1\nSi\n"), HasSubstr("a.xyz:2: Properties name no pos:R:3"));
  EXPECT_THAT(complaint("1\nProperties=pos:R:3\n0 0 0\n"), HasSubstr("name no species:S:1"));
  EXPECT_THAT(complaint("1\nProperties=species:S:1:pos:R\nSi 0 0 0\n"), HasSubstr("three by three was expected"));
  EXPECT_THAT(complaint("1\nLattice=\"1 2 3\"\nSi 0 0 0\n"), HasSubstr("found 3 numbers for Lattice, 9 were expected"));
  EXPECT_THAT(complaint("1\nLattice=\"1 2 3\nSi 0 0 0\n"), HasSubstr("a.xyz:2: found no closing \""));
  EXPECT_THAT(complaint("1\nenergy=low\nSi 0 0 0\n"), HasSubstr("found 'low' for energy"));
  EXPECT_THAT(complaint("1\npbc=\"T T\"\nSi 0 0 0\n"), HasSubstr("three of T and F were expected"));
}

}  // namespace
}  // namespace locum::io
