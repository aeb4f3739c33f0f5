#include "apps/imaging/specimen_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "apps/imaging/frames_file.hpp"
#include "apps/imaging/imaging_config.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

using ::testing::HasSubstr;

// What a ConfigError of `work` says.
template <class Work>
std::string complaint(const Work& work) {
  try {
    work();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing was wrong";
}

class SpecimenSourceTest : public ::testing::Test {
 protected:
  // Every rank writes the same text to a file of its own.
  std::string file(const std::string& name, const std::string& text) {
    const std::string path = "specimen_source_" + std::to_string(Communicator::world().rank()) + "_" + name;
    std::ofstream(path) << text;
    return path;
  }
  // Frames of two atoms in a cube; the second frame's cube is `strain` larger.
  std::string two_frames(double strain = 0.0) {
    std::string text;
    for (int k = 0; k < 2; ++k) {
      const std::string edge = std::to_string(8.0 * (1.0 + k * strain));
      text += "2\nLattice=\"" + edge + " 0 0 0 " + edge + " 0 0 0 " + edge +
              "\" pbc=\"T T T\" Properties=species:S:1:pos:R:3\nSi 1 2 " + std::to_string(3 + k) + "\nO 7.9 4 5\n";
    }
    return file("frames.xyz", text);
  }
  SpecimenSource make() { return make_specimen_source(context_, config_, thermal_, 7); }

  Context context_;
  SpecimenConfig config_;
  ThermalMotionConfig thermal_;
};

TEST_F(SpecimenSourceTest, FramesOfAFileAreConfigurations) {
  config_.file = two_frames();
  config_.frames = {0, -1};
  config_.frame.repeat = {2, 1, 1};
  const SpecimenSource source = make();
  EXPECT_EQ(source.configurations.count, 2);
  EXPECT_EQ(source.formula, "SiO");
  const Specimen first = source.configurations.get(0), second = source.configurations.get(1);
  EXPECT_DOUBLE_EQ(first.lx, 16.0);
  ASSERT_EQ(first.position.size(), 4u);
  EXPECT_DOUBLE_EQ(first.position[0].z, 3.0);
  EXPECT_DOUBLE_EQ(second.position[0].z, 4.0);
}

TEST_F(SpecimenSourceTest, AFrameOfAnotherCellIsStrainedToTheFirstOneOrRefused) {
  config_.frames = {0, 1};
  config_.file = two_frames(0.01);
  const Specimen second = make().configurations.get(1);
  EXPECT_DOUBLE_EQ(second.lx, 8.0);
  EXPECT_NEAR(second.position[0].x, 1.0 / 1.01, 1e-12);
  config_.file = two_frames(0.05);
  const SpecimenSource source = make();
  EXPECT_THAT(complaint([&] { source.configurations.get(1); }), HasSubstr("frame 1"));
}

TEST_F(SpecimenSourceTest, EinsteinSnapshotsDependOnTheIndexAlone) {
  config_.crystal.size = {10.0, 10.0, 10.0};
  thermal_.einstein.elements = {"Si"};
  thermal_.einstein.values = {0.08};
  thermal_.configurations = 3;
  const SpecimenSource source = make(), again = make();
  EXPECT_EQ(source.configurations.count, 3);
  const Specimen last = source.configurations.get(2), first = source.configurations.get(0);
  EXPECT_EQ(again.configurations.get(2).position[5].x, last.position[5].x);
  EXPECT_NE(first.position[5].x, last.position[5].x);
  EXPECT_EQ(source.fingerprint, again.fingerprint);
  EXPECT_NE(source.fingerprint, make_specimen_source(context_, config_, thermal_, 8).fingerprint);
}

TEST_F(SpecimenSourceTest, WithoutDisplacementsThereIsOneStillConfiguration) {
  thermal_.configurations = 5;
  const SpecimenSource source = make();
  EXPECT_EQ(source.configurations.count, 1);
  EXPECT_EQ(source.thermal, "no thermal motion");
  thermal_.kind = "einstein";
  EXPECT_THAT(complaint([&] { make(); }), HasSubstr("thermal"));
}

TEST_F(SpecimenSourceTest, ACifFileBringsItsDisplacements) {
  config_.file = file("gold.cif",
                      "data_gold\n_cell_length_a 4.078\n_cell_length_b 4.078\n_cell_length_c 4.078\n_cell_angle_alpha "
                      "90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_name_H-M_alt 'F m -3 m'\nloop_\n"
                      "_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
                      "_atom_site_fract_z\n_atom_site_occupancy\n_atom_site_U_iso_or_equiv\nAu1 Au 0 0 0 1 0.0064\n");
  config_.crystal.repeat = {1, 1, 1};
  const SpecimenSource source = make();
  ASSERT_EQ(source.specimen.position.size(), 4u);
  EXPECT_NEAR(source.specimen.rms_displacement[0], 0.08, 1e-12);
  EXPECT_EQ(source.configurations.count, 8);  // the default of einstein
  EXPECT_EQ(source.formula, "Au");
}

TEST_F(SpecimenSourceTest, WhatMovesAlreadyIsNotMovedAgain) {
  config_.file = two_frames();
  config_.frames = {0, 1};
  thermal_.einstein.elements = {"Si", "O"};
  thermal_.einstein.values = {0.08, 0.08};
  EXPECT_THAT(complaint([&] { make(); }), HasSubstr("specimen.frames"));
}

TEST(ChosenFrames, CountFromEitherEndAndNameTheLastOneThereIs) {
  using Frames = std::vector<std::int64_t>;
  EXPECT_EQ(chosen_frames({-1}, 5, "f"), (Frames{4}));
  EXPECT_EQ(chosen_frames({0, -1}, 3, "f"), (Frames{0, 1, 2}));
  EXPECT_EQ(chosen_frames({1, 8, 3}, 9, "f"), (Frames{1, 4, 7}));
  for (const Frames& wrong : {Frames{9}, Frames{0, 9}, Frames{-10}})
    EXPECT_THAT(complaint([&] { chosen_frames(wrong, 9, "f"); }), HasSubstr("the last is frame 8"));
  EXPECT_THAT(complaint([&] { chosen_frames({5, 2}, 9, "f"); }), HasSubstr("ascending"));
}

TEST(MakeGrid, SamplingIsKeptWithPointsThatTransformFast) {
  GridConfig config;
  config.sampling = 0.1;
  const imaging::Grid grid = make_grid(config, 16.34, 13.1);
  EXPECT_LE(grid.dx(), 0.1);
  EXPECT_LE(grid.dy(), 0.1);
  EXPECT_EQ(grid.nx, 168);  // 164 = 4 · 41
  config.points = {128, 131};
  EXPECT_THAT(complaint([&] { make_grid(config, 10.0, 10.0); }), HasSubstr("131"));
}

}  // namespace
}  // namespace locum::apps
