// H5MD trajectories: frames come back by id on any number of ranks; bytes do not depend on commits and restarts.
#include "io/trajectory/trajectory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "io/trajectory/h5md_units.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"
#include "tests/unit/io/trajectory/sample_trajectory.hpp"

namespace locum::io {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t atoms = 50;  // no multiple of the numbers of ranks

TrajectoryWriter make_writer(const Communicator& comm, const std::string& path, std::int64_t keep = -1) {
  TrajectoryOptions options;
  options.keep_frames = keep;
  return TrajectoryWriter(comm, path, sample_species(atoms), options);
}

void append(TrajectoryWriter& writer, const Communicator& comm, std::int64_t from, std::int64_t to) {
  for (std::int64_t k = from; k < to; ++k) writer.append(sample_frame(k, atoms, comm.rank(), comm.size()));
}

// Frames 0 … 299 (several chunks of everything), committed after each of `commits`.
void write_whole(const Communicator& comm, const std::string& path, const std::vector<std::int64_t>& commits) {
  auto writer = make_writer(comm, path);
  std::int64_t at = 0;
  for (const auto to : commits) {
    append(writer, comm, at, to);
    writer.commit();
    at = to;
  }
}

void expect_frames(const std::string& path, std::int64_t frames) {
  const TrajectoryReader reader(path);
  ASSERT_EQ(reader.n_frames(), frames);
  ASSERT_EQ(reader.n_atoms(), atoms);
  EXPECT_EQ(reader.species(), sample_species(atoms));
  for (std::int64_t k = 0; k < frames; k += std::max<std::int64_t>(1, frames / 7)) {
    const auto frame = reader.read_frame(k);
    const Frame expected = sample_frame(k, atoms, 0, 1);
    EXPECT_EQ(frame.step, 10 * k);
    EXPECT_EQ(frame.time, 5.0 * static_cast<double>(k));
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) EXPECT_EQ(frame.cell[a][b], expected.cell[a][b]);
    for (std::int64_t id = 0; id < atoms; ++id)
      for (int d = 0; d < 3; ++d) {
        const auto at = static_cast<std::size_t>(3 * id + d);
        ASSERT_EQ(frame.position[at], sample_position(k, id, d));
        // To another unit and back: two roundings, and that of the factor.
        ASSERT_NEAR(frame.velocity[at], sample_velocity(k, id, d), 6e-16 * sample_velocity(k, id, d));
        ASSERT_NEAR(frame.force[at], sample_force(k, id, d), 6e-16 * std::abs(sample_force(k, id, d)));
      }
  }
  EXPECT_THAT(reader.observables(), ::testing::ElementsAre("potential_energy", "stress", "temperature"));
  const Field stress = reader.observable("stress");
  EXPECT_EQ(stress.shape, (Shape{frames, 3, 3}));
  EXPECT_EQ(stress.unit, "GPa");
  EXPECT_EQ(std::get<std::vector<double>>(reader.observable("temperature").values).back(),
            299.0 + static_cast<double>(frames));
  EXPECT_EQ(reader.times().back(), 5.0 * static_cast<double>(frames - 1));
  EXPECT_EQ(reader.steps().back(), 10 * (frames - 1));
}

TEST(Trajectory, FramesComeBackInOrderOfId) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_whole(comm, folder.file("t.h5"), {1, 2, 130, 300});
  expect_frames(folder.file("t.h5"), 300);
  EXPECT_THROW(TrajectoryReader(folder.file("t.h5")).read_frame(300), IoError);
  EXPECT_THROW(TrajectoryReader(folder.file("t.h5")).observable("nothing"), IoError);
}

TEST(Trajectory, BytesDoNotDependOnWhenItWasCommitted) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_whole(comm, folder.file("a.h5"), {300});
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // a time stamp would have another second
  write_whole(comm, folder.file("b.h5"), {1, 17, 64, 65, 129, 299, 300});
  EXPECT_TRUE(same_bytes(folder.file("a.h5"), folder.file("b.h5")));
}

TEST(Trajectory, ARestartDropsWhatTheCheckpointDoesNotKnowAndWritesTheSameBytes) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_whole(comm, folder.file("whole.h5"), {100, 300});
  for (const std::int64_t kept : {100, 97, 64, 1}) {
    const std::string path = folder.file("restarted.h5");
    write_whole(comm, path, {64, 150});
    auto writer = make_writer(comm, path, kept);
    EXPECT_EQ(writer.frames(), kept);
    append(writer, comm, kept, 200);
    writer.commit();
    EXPECT_EQ(writer.frames(), 200);
    append(writer, comm, 200, 300);
    writer.commit();
    expect_frames(path, 300);
    EXPECT_TRUE(same_bytes(path, folder.file("whole.h5"))) << kept;
    comm.barrier();
  }
}

TEST(Trajectory, ARestartWithoutNewFramesStillCuts) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_whole(comm, folder.file("t.h5"), {150});
  make_writer(comm, folder.file("t.h5"), 100).commit();
  expect_frames(folder.file("t.h5"), 100);
}

TEST(Trajectory, ANewRunReplacesAnOldFileAtItsFirstCommit) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_whole(comm, folder.file("t.h5"), {20});
  auto writer = make_writer(comm, folder.file("t.h5"), 0);
  append(writer, comm, 0, 3);
  EXPECT_EQ(TrajectoryReader(folder.file("t.h5")).n_frames(), 20);
  comm.barrier();
  writer.commit();
  EXPECT_EQ(TrajectoryReader(folder.file("t.h5")).n_frames(), 3);
}

TEST(Trajectory, RefusesARestartFromAnotherFile) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_whole(comm, folder.file("t.h5"), {5});
  EXPECT_THROW(make_writer(comm, folder.file("t.h5"), 6), IoError);
  TrajectoryOptions options;
  options.keep_frames = 5;
  EXPECT_THROW(TrajectoryWriter(comm, folder.file("t.h5"), std::vector<std::int64_t>(atoms, 14), options), IoError);
  EXPECT_THROW(make_writer(comm, folder.file("none.h5"), 5), IoError);
}

TEST(Trajectory, RefusesFramesThatAreNotWhole) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  auto writer = make_writer(comm, folder.file("t.h5"));
  const Frame good = sample_frame(0, atoms, comm.rank(), comm.size());
  writer.append(good);
  Frame frame = good;
  if (comm.rank() == comm.size() - 1) frame.id.at(0) = frame.id.at(1);
  EXPECT_THROW(writer.append(frame), ConfigError);
  frame = good;
  if (comm.is_root()) frame.id.at(0) = atoms;
  EXPECT_THROW(writer.append(frame), ConfigError);
  frame = good;
  frame.velocity.clear();
  EXPECT_THROW(writer.append(frame), ConfigError);
  frame = good;
  frame.observables.erase("stress");
  EXPECT_THROW(writer.append(frame), ConfigError);
  frame = good;
  frame.observables["stress"].unit = "eV";
  EXPECT_THROW(writer.append(frame), ConfigError);
  writer.append(good);
  EXPECT_EQ(writer.pending(), 2);
  writer.commit();
  const TrajectoryReader reader(folder.file("t.h5"));
  EXPECT_EQ(reader.n_frames(), 2);
  EXPECT_EQ(reader.read_frame(1).position, reader.read_frame(0).position);
  EXPECT_EQ(reader.read_frame(1).position.at(3), sample_position(0, 1, 0));
}

TEST(Trajectory, NoVelocityNoForceAndFewerAtomsThanRanks) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  TrajectoryOptions options;
  options.velocity = options.force = false;
  TrajectoryWriter writer(comm, folder.file("t.h5"), {14}, options);
  Frame frame;
  frame.cell = identity();
  if (comm.rank() == comm.size() - 1) {
    frame.id = {0};
    frame.position = {1, 2, 3};
  }
  writer.append(frame);
  writer.commit();
  const auto read = TrajectoryReader(folder.file("t.h5")).read_frame(0);
  EXPECT_EQ(read.position, (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(read.velocity.empty());
}

TEST(Trajectory, AFullDiskKeepsFileAndFrames) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  auto writer = make_writer(comm, folder.file("t.h5"));
  append(writer, comm, 0, 10);
  writer.commit();
  append(writer, comm, 10, 20);
  comm.barrier();
  const std::string hidden = folder.file("t.h5") + ".hidden";
  if (comm.is_root()) std::filesystem::rename(folder.file("t.h5"), hidden);  // the copy has nothing to start from
  comm.barrier();
  EXPECT_THROW(writer.commit(), IoError);
  comm.barrier();
  if (comm.is_root()) std::filesystem::rename(hidden, folder.file("t.h5"));
  comm.barrier();
  EXPECT_EQ(writer.frames(), 10);
  EXPECT_EQ(writer.pending(), 10);
  writer.commit();
  expect_frames(folder.file("t.h5"), 20);
}

TEST(H5mdUnits, ProductsOfFactorsWithPowers) {
  EXPECT_EQ(h5md_unit("Angstrom fs-1", ""), 1.0);
  EXPECT_DOUBLE_EQ(h5md_unit("nm ps-1", ""), 0.01);
  EXPECT_DOUBLE_EQ(h5md_unit("nm+2", ""), 100.0);
  EXPECT_NEAR(h5md_unit("kJ mol-1 Angstrom-1", ""), 1.0 / 96.48533212331, 1e-15);
  EXPECT_NEAR(h5md_unit("kcal mol-1", ""), 0.0433641, 1e-7);
  EXPECT_THROW(h5md_unit("furlong", ""), IoError);
}

}  // namespace
}  // namespace locum::io
