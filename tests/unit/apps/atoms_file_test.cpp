#include "apps/atoms_file.hpp"

#include <gtest/gtest.h>

#include "io/trajectory/trajectory.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::apps {
namespace {

const std::string cell = "Lattice=\"6 0 0 0 6 0 0 0 6\" Properties=species:S:1:pos:R:3";

md::StructureConfig of_file(const std::string& path, std::int64_t frame = -1) {
  md::StructureConfig config;
  config.file = path;
  config.frame = frame;
  return config;
}

TEST(StructureOfAFile, IsTheFrameThatWasAskedForReplicated) {
  const io::TemporaryFolder folder;
  const std::string path = folder.file("atoms.xyz");
  const Context context;
  io::put(path, "1\n" + cell + "\nSi 1 2 3\n2\n" + cell + "\nC 0 0 0\nSi 3 3 3\n");
  md::StructureConfig config = of_file(path, 0);
  EXPECT_EQ(load_structure(context, config).size(), 1);
  config.frame = -1;
  config.replicate = {1, 2, 1};
  const md::Structure s = load_structure(context, config);
  ASSERT_EQ(s.size(), 4);
  EXPECT_EQ(s.atomic_number, (std::vector<int>{6, 14, 6, 14}));
  EXPECT_NEAR(s.position[3].y, 9.0, 1e-12);
  EXPECT_NEAR(s.cell.volume(), 2 * 216.0, 1e-9);
  EXPECT_TRUE(s.velocity.empty());
  EXPECT_THROW(load_structure(context, of_file(path, 2)), ConfigError);
}

TEST(StructureOfAFile, MustBePeriodic) {
  const io::TemporaryFolder folder;
  const Context context;
  const std::string open = folder.file("open.xyz"), slab = folder.file("slab.xyz");
  io::put(open, "1\nProperties=species:S:1:pos:R:3\nSi 1 2 3\n");
  io::put(slab, "1\n" + cell + " pbc=\"T T F\"\nSi 1 2 3\n");
  EXPECT_THROW(load_structure(context, of_file(open)), ConfigError);
  EXPECT_THROW(load_structure(context, of_file(slab)), ConfigError);
}

TEST(StructureOfAFile, GoesOnFromTheLastFrameOfATrajectory) {
  const io::TemporaryFolder folder;
  const Context context;
  const std::string path = folder.file("trajectory.h5");
  io::TrajectoryWriter writer(context.comm, path, {14, 6}, {});
  io::Frame frame;
  frame.cell = Mat3{{{5, 0, 0}, {1, 6, 0}, {0, 0, 7}}};
  frame.id = {1, 0};
  frame.velocity = {0.01, 0.02, 0.03, -0.01, -0.02, -0.03};
  frame.force = {0, 0, 1, 0, 0, -1};
  for (const double x : {1.0, 2.0}) {
    frame.position = {x, 2, 3, 0, 0, 0};
    frame.time += 1.0;
    ++frame.step;
    writer.append(frame);
  }
  writer.commit();
  const md::Structure s = load_structure(context, of_file(path));
  ASSERT_EQ(s.size(), 2);
  EXPECT_EQ(s.atomic_number, (std::vector<int>{14, 6}));
  EXPECT_NEAR(s.position[1].x, 2.0, 1e-12);  // id 1 was given first
  EXPECT_NEAR(s.velocity[1].z, 0.03, 1e-12);
  EXPECT_EQ(read_trajectory(path, 0, -1).size(), 2u);
}

}  // namespace
}  // namespace locum::apps
