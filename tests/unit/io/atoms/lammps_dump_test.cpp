#include "io/atoms/lammps_dump.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

LammpsDump dump(const std::string& text, std::vector<std::string> elements = {}) {
  return {std::make_unique<std::istringstream>(text), "a.dump", std::move(elements)};
}

std::string frame(const std::string& columns, const std::string& atoms, int n, const std::string& box = "") {
  return "ITEM: TIMESTEP\n500\nITEM: NUMBER OF ATOMS\n" + std::to_string(n) + "\n" +
         (box.empty() ? "ITEM: BOX BOUNDS pp pp pp\n0 4\n0 5\n0 6\n" : box) + "ITEM: ATOMS " + columns + "\n" + atoms;
}

using Reals = std::vector<double>;
using Integers = std::vector<std::int64_t>;

TEST(LammpsDump, AtomsComeInTheOrderOfTheirIds) {
  auto file = dump(frame("id type x y z", "2 2 1 1.5 2\n1 1 0 0.25 -1e-1\n", 2), {"Si", "O"});
  const auto sample = file.frame(0);
  EXPECT_EQ(sample.integer("atomic_number"), (Integers{14, 8}));
  EXPECT_EQ(sample.real("position"), (Reals{0, 0.25, -0.1, 1, 1.5, 2}));
  EXPECT_EQ(sample.real("cell"), (Reals{4, 0, 0, 0, 5, 0, 0, 0, 6}));
  EXPECT_EQ(sample.integer("timestep"), (Integers{500}));
  EXPECT_FALSE(sample.has("pbc"));
}

TEST(LammpsDump, TheCornerOfTheBoxIsTheOrigin) {
  const std::string box = "ITEM: BOX BOUNDS pp pp ff\n-1 3\n2 7\n0.5 6.5\n";
  auto file = dump(frame("element x y z", "C 0 2 1\n", 1, box) + frame("element xs ys zs", "C 0.25 0 0.5\n", 1, box));
  EXPECT_EQ(file.frame(0).real("position"), (Reals{1, 0, 0.5}));
  EXPECT_EQ(file.frame(1).real("position"), (Reals{1, 0, 3}));
  EXPECT_EQ(file.frame(0).integer("pbc"), (Integers{1, 1, 0}));
}

TEST(LammpsDump, TriclinicBoundsAreThoseOfTheBoxAroundIt) {
  // a = (4,0,0), b = (-1,5,0), c = (0.5,1,6), corner at (1,2,3): x from 1 + min(0,−1,0.5,−0.5), and so on.
  const std::string box = "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0 5.5 -1\n2 8 0.5\n3 9 1\n";
  auto file = dump(frame("element x y z", "C 1 2 3\n", 1, box) + frame("element xs ys zs", "C 1 1 1\n", 1, box));
  EXPECT_EQ(file.frame(0).real("cell"), (Reals{4, 0, 0, -1, 5, 0, 0.5, 1, 6}));
  EXPECT_EQ(file.frame(0).real("position"), (Reals{0, 0, 0}));
  EXPECT_EQ(file.frame(1).real("position"), (Reals{3.5, 6, 6}));
  const std::string general = "ITEM: BOX BOUNDS abc origin pp pp pp\n0 4 0 1\n-4 0 0 1\n0 0 6 1\n";
  auto other = dump(frame("element x y z", "C 1 3 1\n", 1, general));
  EXPECT_EQ(other.frame(0).real("cell"), (Reals{0, 4, 0, -4, 0, 0, 0, 0, 6}));
  EXPECT_EQ(other.frame(0).real("position"), (Reals{0, 2, 0}));
}

TEST(LammpsDump, UnwrappedPlacesAreTakenWhereTheyAre) {
  auto file =
      dump(frame("element x y z xu yu zu", "C 1 1 1 5 6 7\n", 1) + frame("element xsu ysu zsu", "C 1.5 0 0\n", 1));
  EXPECT_EQ(file.frame(0).real("position"), (Reals{5, 6, 7}));
  EXPECT_EQ(file.frame(1).real("position"), (Reals{6, 0, 0}));
}

TEST(LammpsDump, ElementsComeFromTypesNamesOrMasses) {
  EXPECT_EQ(dump(frame("type element x y z", "1 C 1 1 1\n", 1), {"Ti"}).frame(0).integer("atomic_number"),
            Integers{22});
  EXPECT_EQ(dump(frame("type element x y z", "1 C 1 1 1\n", 1)).frame(0).integer("atomic_number"), Integers{6});
  EXPECT_EQ(
      dump(frame("mass x y z", "58.693 0 0 0\n58.933 0 0 0\n196.97 0 0 0\n", 3)).frame(0).integer("atomic_number"),
      (Integers{28, 27, 79}));
  EXPECT_THROW(dump(frame("mass x y z", "100.0 0 0 0\n", 1)).frame(0), ConfigError);
  EXPECT_THROW(dump(frame("type x y z", "1 0 0 0\n", 1)).frame(0), ConfigError);
  EXPECT_THROW(dump(frame("type x y z", "3 0 0 0\n", 1), {"Ti", "O"}).frame(0), ConfigError);
}

TEST(LammpsDump, AFrameIsChosenFromEitherEnd) {
  std::string text = "ITEM: UNITS\nmetal\n";
  for (const char* z : {"1", "2", "3"}) text += frame("element x y z", std::string("C 0 0 ") + z + "\n", 1);
  auto file = dump(text);
  EXPECT_EQ(file.n_frames(), 3);
  EXPECT_EQ(file.timestep(2), 500);
  EXPECT_EQ(file.frame(-1).real("position")[2], 3);
  EXPECT_EQ(file.frame(1).real("position")[2], 2);
  EXPECT_EQ(file.frame(0).real("position")[2], 1);  // back again, after the end was seen
  EXPECT_THROW(file.frame(3), ConfigError);
  EXPECT_THROW(file.frame(-4), ConfigError);
}

TEST(LammpsDump, NoAtomsAreAFrameToo) {
  EXPECT_EQ(dump(frame("id type x y z", "", 0), {"C"}).frame(0).real("position").size(), 0u);
}

TEST(LammpsDump, WhatIsWrongIsSaidWithItsLine) {
  auto message = [](const std::string& text, std::vector<std::string> elements = {}) {
    try {
      dump(text, std::move(elements)).frame(0);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("was read");
  };
  auto says = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  says(message(""), "no ITEM: TIMESTEP");
  says(message("LAMMPS (29 Sep 2021)\n"), "a.dump");
  says(message("ITEM: TIMESTEP\nsoon\n"), "a.dump:2");
  says(message(frame("element x y z", "C 0 0 0\n", 2)), "after 1 of 2 atoms");
  says(message(frame("element x y z", "C 0 0\n", 1)), "a.dump:10");
  says(message(frame("element x y z", "C 0 nan 0\n", 1)), "'nan'");
  says(message(frame("element x y", "C 0 0\n", 1)), "a.dump:9");
  says(message(frame("element x y z", "Q 0 0 0\n", 1)), "'Q'");
  says(message(frame("element x y z", "C 0 0 0\n", 1, "ITEM: BOX BOUNDS pp pp pp\n0 4\n0 0\n0 6\n")), "no volume");
  says(message(frame("element x y z", "C 0 0 0\n", 1, "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0 4\n0 0\n0 6\n")),
       "a.dump:6");
  says(message("ITEM: UNITS\nlj\n" + frame("element x y z", "C 0 0 0\n", 1)), "'lj'");
}

TEST(LammpsDump, AllRanksGetWhatRootRead) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  if (comm.is_root()) put(folder.file("a.dump"), frame("element x y z", "C 1 2 3\n", 1));
  comm.barrier();
  EXPECT_EQ(read_lammps_dump(comm, folder.file("a.dump"), -1, {}).real("position"), (Reals{1, 2, 3}));
  EXPECT_THROW(read_lammps_dump(comm, folder.file("none.dump"), -1, {}), IoError);
  EXPECT_THROW(read_lammps_dump(comm, folder.file("a.dump"), 7, {}), ConfigError);
}

}  // namespace
}  // namespace locum::io
