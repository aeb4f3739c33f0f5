#include "io/atoms/cif.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

std::string cell(const std::string& a, const std::string& b, const std::string& c, const std::string& gamma = "90") {
  return "data_sample\n_cell_length_a " + a + "\n_cell_length_b " + b + "\n_cell_length_c " + c +
         "\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma " + gamma + "\n";
}

std::string group(const std::string& name) { return "_symmetry_space_group_name_H-M '" + name + "'\n"; }

const std::string columns = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n";

std::map<int, int> count(const Crystal& crystal) {
  std::map<int, int> atoms;
  for (const int z : crystal.atomic_number) ++atoms[z];
  return atoms;
}

bool has_atom(const Crystal& crystal, int z, Vec3 s) {
  for (std::size_t k = 0; k < crystal.fractional.size(); ++k) {
    const Vec3 d = crystal.fractional[k] - s;
    const double far =
        std::abs(d.x - std::round(d.x)) + std::abs(d.y - std::round(d.y)) + std::abs(d.z - std::round(d.z));
    if (crystal.atomic_number[k] == z && far < 1e-3) return true;
  }
  return false;
}

TEST(Cif, SiliconHasEightAtomsByNameByHallAndByOperations) {
  const std::string head = cell("5.4309(2)", "5.4309(2)", "5.4309(2)"), atom = columns + "Si1 0 0 0\n";
  for (const std::string& symmetry :
       {group("F d -3 m"), group("F d -3 m :1"), std::string("_space_group_name_Hall 'F 4d 2 3 -1d'\n"),
        std::string("_space_group_IT_number 227\n")}) {
    const auto crystal = parse_cif(head + symmetry + atom, "si.cif");
    EXPECT_EQ(count(crystal), (std::map<int, int>{{14, 8}})) << symmetry;
    EXPECT_TRUE(has_atom(crystal, 14, {0.25, 0.25, 0.25}));
    EXPECT_TRUE(has_atom(crystal, 14, {0.5, 0.5, 0}));
    EXPECT_DOUBLE_EQ(crystal.cell[0][0], 5.4309);
    EXPECT_EQ(crystal.cell[1][0], 0.0);  // a right angle to the last bit
    EXPECT_TRUE(crystal.rms_displacement.empty());
  }
  const auto listed =
      parse_cif(head + "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n'x+1/2, y+1/2, z'\n" + atom, "si.cif");
  EXPECT_EQ(count(listed), (std::map<int, int>{{14, 2}}));
}

TEST(Cif, StrontiumTitanateAndItsThermalMotion) {
  const auto crystal = parse_cif(cell("3.905", "3.905", "3.905") + group("P m -3 m") +
                                     "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_"
                                     "fract_y\n_atom_site_fract_z\n"
                                     "_atom_site_occupancy\n_atom_site_B_iso_or_equiv\n"
                                     "A1 Sr2+ 0 0 0 1 0.6214\nB1 Ti4+ .5 .5 .5 1 0.4396\nO1 O2- .5 .5 0 1 ?\n",
                                 "sto.cif");
  EXPECT_EQ(count(crystal), (std::map<int, int>{{8, 3}, {22, 1}, {38, 1}}));
  EXPECT_TRUE(has_atom(crystal, 8, {0, 0.5, 0.5}));
  for (std::size_t k = 0; k < 5; ++k) {
    const double b = crystal.atomic_number[k] == 38 ? 0.6214 : crystal.atomic_number[k] == 22 ? 0.4396 : 0.0;
    EXPECT_NEAR(crystal.rms_displacement[k], std::sqrt(b / (8 * M_PI * M_PI)), 1e-12);
  }
  // The well-known 0.0887 Å of strontium at room temperature, to its digits.
  EXPECT_NEAR(*std::max_element(crystal.rms_displacement.begin(), crystal.rms_displacement.end()), 0.0887, 5e-5);
}

TEST(Cif, UAndBAreTheSameMotionAndAnisotropicOnesAreTheirMean) {
  const std::string head = cell("4", "5", "6", "120") + group("P 1");
  const auto u = parse_cif(head +
                               "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
                               "_atom_site_U_iso_or_equiv\nC1 0 0 0 0.01\n",
                           "u.cif");
  EXPECT_NEAR(u.rms_displacement.at(0), 0.1, 1e-12);  // per axis
  // An isotropic motion of 0.01 Å² in a hexagonal cell: U_12 = U cos γ* = U / 2.
  const auto aniso =
      parse_cif(head + columns +
                    "C1 0 0 0\nloop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\n"
                    "_atom_site_aniso_U_22\n_atom_site_aniso_U_33\n_atom_site_aniso_U_12\n_atom_site_aniso_U_13\n"
                    "_atom_site_aniso_U_23\nC1 .01 .01 .01 .005 0 0\n",
                "a.cif");
  EXPECT_NEAR(aniso.rms_displacement.at(0), 0.1, 1e-12);
}

TEST(Cif, HexagonalCellsAndSpecialPositionsPrintedWithFourDigits) {
  const auto crystal = parse_cif(cell("2.4612", "2.4612", "6.7079", "120") + group("P 63/m m c") + columns +
                                     "C1 0 0 0.25\nC2 0.3333 0.6667 0.25\n",
                                 "graphite.cif");
  EXPECT_EQ(count(crystal), (std::map<int, int>{{6, 4}}));  // images a few 1e-4 apart are one atom
  EXPECT_NEAR(crystal.cell[1][0], -0.5 * 2.4612, 1e-12);
  EXPECT_NEAR(Cell(crystal.cell).volume(), 2.4612 * 2.4612 * 6.7079 * std::sqrt(3.0) / 2, 1e-9);
}

TEST(Cif, MixedOccupancySharesAPlace) {
  const std::string head = cell("4", "4", "4") + group("P 1");
  const std::string table =
      "loop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
      "_atom_site_occupancy\n";
  const auto crystal = parse_cif(head + table + "Sr 0 0 0 0.7\nBa 0 0 0 0.3\nO -0.25 1.5 .5 .\nC .5 .5 0 0\n", "m.cif");
  EXPECT_EQ(crystal.occupancy, (std::vector<double>{0.7, 0.3, 1.0}));  // and nothing of no occupancy
  EXPECT_TRUE(has_atom(crystal, 8, {0.75, 0.5, 0.5}));
  EXPECT_EQ(crystal.fractional[2].x, 0.75);  // brought into the cell
  EXPECT_THROW(parse_cif(head + table + "Sr 0 0 0 0.7\nBa 0 0 0 0.7\n", "m.cif"), ConfigError);
}

TEST(Cif, OneStructureOfSeveralIsChosenByName) {
  const std::string a = cell("4", "4", "4") + group("P 1") + columns + "C1 0 0 0\n";
  std::string b = a;
  b.replace(b.find("sample"), 6, "second"), b.replace(b.find("C1"), 2, "O1");
  EXPECT_THROW(parse_cif(a + b, "two.cif"), ConfigError);
  EXPECT_EQ(parse_cif(a + b, "two.cif", "second").atomic_number, (std::vector<int>{8}));
  EXPECT_THROW(parse_cif(a + b, "two.cif", "third"), ConfigError);
  EXPECT_EQ(parse_cif("data_global\n_journal x\n" + a, "one.cif").name, "sample");
}

TEST(Cif, ElementsComeFromSymbolsOrLabels) {
  const std::string head = cell("9", "9", "9") + group("P 1");
  auto first = [&](const std::string& label) {
    return parse_cif(head + columns + label + " 0 0 0\n", "e.cif").atomic_number.at(0);
  };
  EXPECT_EQ(first("Sr1"), 38);
  EXPECT_EQ(first("S1"), 16);
  EXPECT_EQ(first("OW1"), 8);
  EXPECT_EQ(first("D2"), 1);
  EXPECT_EQ(first("TI1"), 22);
  EXPECT_THROW(first("HO1"), ConfigError);
  EXPECT_THROW(first("CA1"), ConfigError);  // calcium, or a carbon named A: only _atom_site_type_symbol can tell
  EXPECT_THROW(first("Xx1"), ConfigError);
}

TEST(Cif, WhatIsWrongIsSaid) {
  auto message = [](const std::string& text) {
    try {
      parse_cif(text, "bad.cif");
    } catch (const ConfigError& error) {
      return std::string(error.what()) + error.hint();
    }
    return std::string("was read");
  };
  const std::string good = cell("4", "4", "4") + group("P 1") + columns + "C1 0 0 0\n";
  auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return message(text);
  };
  EXPECT_EQ(message(good), "was read");
  EXPECT_NE(message("").find("bad.cif"), std::string::npos);
  EXPECT_NE(message("no cif at all").find("expected block header"), std::string::npos);
  EXPECT_NE(with("C1 0 0 0", "C1 0 0").find("Wrong number of values"), std::string::npos);
  EXPECT_NE(with("C1 0 0 0", "C1 0 zero 0").find("'zero'"), std::string::npos);
  EXPECT_NE(with("C1 0 0 0", "C1 0 ? 0").find("C1"), std::string::npos);
  EXPECT_NE(with("'P 1'", "'P 7 q'").find("P 7 q"), std::string::npos);
  EXPECT_NE(with("_symmetry_space_group_name_H-M 'P 1'", "_space_group_name_Hall '-F 4vw 2vw 3('").find("Hall"),
            std::string::npos);
  EXPECT_NE(with("_symmetry_space_group_name_H-M 'P 1'\n", "").find("found no symmetry"), std::string::npos);
  EXPECT_NE(with("_cell_angle_gamma 90", "_cell_angle_gamma 190").find("190"), std::string::npos);
  EXPECT_NE(with("_cell_length_b 4", "_cell_length_b -4").find("span no cell"), std::string::npos);
  EXPECT_NE(with("_cell_length_b 4\n", "").find("_cell_length_b"), std::string::npos);
  EXPECT_EQ(with("'P 1'", "'F d -3 m'"), "was read");
  // Both atoms and the symmetry besides.
  const std::string twice = cell("4", "4", "4") + group("P -1") + columns + "C1 .1 .1 .1\nC2 .9 .9 .9\n";
  EXPECT_NE(message(twice).find("occupancy"), std::string::npos);
}

TEST(Cif, AllRanksGetWhatRootRead) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  if (comm.is_root()) put(folder.file("c.cif"), cell("4", "4", "4") + group("P 1") + columns + "C1 0 0 0\n");
  comm.barrier();
  EXPECT_EQ(read_cif(comm, folder.file("c.cif")).atomic_number, (std::vector<int>{6}));
  EXPECT_THROW(read_cif(comm, folder.file("none.cif")), IoError);
}

}  // namespace
}  // namespace locum::io
