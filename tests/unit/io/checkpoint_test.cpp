// Trees, models and checkpoints: what goes in comes out, on any number of ranks, and nothing is ever half written.
#include "io/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

using ::testing::HasSubstr;

Tree some_tree() {
  Tree tree;
  tree.attributes = {{"empty", ""}, {"input", "[md]\nsteps = 10\n"}, {"unit of length", "Å"}};
  tree.groups["network/layer0"].add("weight", "1", {2, 3}, std::vector<double>{0.5, -1e300, 1e-300, 3, 4, 5});
  tree.groups["network/layer0"].add("moments/first", "1", {0, 4}, std::vector<double>{});
  tree.groups["normalisation"].add_scalar("energy", "eV", -37.0625);
  tree.groups["normalisation"].add_scalar("count", "1", std::int64_t{1} << 62);
  tree.groups["nothing"];
  return tree;
}

void expect_equal(const FieldSet& a, const FieldSet& b) {
  ASSERT_EQ(a.fields().size(), b.fields().size());
  for (const auto& [name, field] : a.fields()) {
    ASSERT_TRUE(b.has(name)) << name;
    EXPECT_EQ(field.shape, b.at(name).shape) << name;
    EXPECT_EQ(field.unit, b.at(name).unit) << name;
    EXPECT_EQ(field.values, b.at(name).values) << name;
  }
}

void expect_equal(const std::map<std::string, FieldSet>& a, const std::map<std::string, FieldSet>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, fields] : a) {
    ASSERT_EQ(b.count(name), 1u) << name;
    expect_equal(fields, b.at(name));
  }
}

// Rank r has r rows (none on rank 0), so that emptiness and unequal lengths are both there.
Checkpoint some_checkpoint(const Communicator& comm) {
  Checkpoint checkpoint;
  checkpoint.shared = some_tree().groups;
  checkpoint.attributes = {{"frames", "12"}};
  const std::int64_t rows = comm.rank();
  std::vector<double> position;
  std::vector<std::int64_t> id;
  for (std::int64_t k = 0; k < rows; ++k) {
    id.push_back(100 * comm.rank() + k);
    for (int d = 0; d < 3; ++d) position.push_back(comm.rank() + 0.1 * static_cast<double>(k) + 0.01 * d);
  }
  checkpoint.distributed["atoms"].add("position", "Angstrom", {rows, 3}, position);
  checkpoint.distributed["atoms"].add("id", "1", {rows}, id);
  checkpoint.distributed["work"].add_scalar("seconds", "s", 1.5 * comm.rank());
  return checkpoint;
}

TEST(Tree, ComesBackOnEveryRank) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const Tree tree = some_tree();
  write_tree(comm, folder.file("tree.h5"), comm.is_root() ? tree : Tree{}, "locum-test", 3);
  const Tree again = read_tree(comm, folder.file("tree.h5"), "locum-test", 3);
  EXPECT_EQ(again.attributes, tree.attributes);
  expect_equal(again.groups, tree.groups);
  EXPECT_EQ(format_of(comm, folder.file("tree.h5")), "locum-test");
}

TEST(Tree, RefusesAnotherFormatAndANewerVersion) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_tree(comm, folder.file("tree.h5"), some_tree(), "locum-test", 3);
  try {
    read_model(comm, folder.file("tree.h5"));
    FAIL();
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'locum-test', 'locum-model' was expected"));
    EXPECT_THAT(error.where(), HasSubstr("tree.h5"));
  }
  EXPECT_THROW(read_tree(comm, folder.file("tree.h5"), "locum-test", 2), IoError);
}

TEST(Tree, EqualTreesGiveEqualBytes) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_tree(comm, folder.file("a.h5"), some_tree(), "locum-test", 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // a time stamp would have another second
  write_tree(comm, folder.file("b.h5"), some_tree(), "locum-test", 1);
  write_tree(comm, folder.file("b.h5"), some_tree(), "locum-test", 1);
  EXPECT_TRUE(same_bytes(folder.file("a.h5"), folder.file("b.h5")));
}

TEST(Tree, SaysWhatIsWrongWithATruncatedAMissingAndAForeignFile) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const std::string path = folder.file("tree.h5");
  write_tree(comm, path, some_tree(), "locum-model", 1);
  if (comm.is_root()) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    put(folder.file("foreign.h5"), "Lattice=\"1 0 0 0 1 0 0 0 1\"\n");
  }
  comm.barrier();
  for (const std::string name : {"tree.h5", "foreign.h5"}) {
    try {
      read_model(comm, folder.file(name));
      FAIL() << name;
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), HasSubstr("not a complete HDF5 file"));
      EXPECT_THAT(error.what(), HasSubstr(std::to_string(std::filesystem::file_size(folder.file(name))) + " bytes"));
      EXPECT_FALSE(error.hint().empty());
    }
  }
  EXPECT_THROW(read_model(comm, folder.file("none.h5")), IoError);
}

TEST(Checkpoint, GivesEachRankItsRowsBack) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const Checkpoint checkpoint = some_checkpoint(comm);
  write_checkpoint(comm, folder.file("c.h5"), checkpoint);
  int writers = 0;
  const Checkpoint again = read_checkpoint(comm, folder.file("c.h5"), &writers);
  EXPECT_EQ(writers, comm.size());
  EXPECT_EQ(again.attributes, checkpoint.attributes);
  expect_equal(again.shared, checkpoint.shared);
  expect_equal(again.distributed, checkpoint.distributed);
}

TEST(Checkpoint, HandsRowsOutInBlocksOnAnotherNumberOfRanks) {
  const auto comm = Communicator::world();
  if (comm.size() == 1) GTEST_SKIP() << "needs more than one rank";
  TemporaryFolder folder(comm);
  write_checkpoint(comm, folder.file("c.h5"), some_checkpoint(comm));
  const Checkpoint all = read_checkpoint(Communicator::self(), folder.file("c.h5"));
  std::vector<std::int64_t> ids, seconds;
  for (int r = 0; r < comm.size(); ++r)
    for (int k = 0; k < r; ++k) ids.push_back(100 * r + k);
  EXPECT_EQ(all.distributed.at("atoms").integer("id"), ids);
  EXPECT_EQ(all.distributed.at("work").at("seconds").shape, (Shape{comm.size()}));

  write_checkpoint(Communicator::self(), folder.file("own" + std::to_string(comm.rank()) + ".h5"), all);
  comm.barrier();
  const Checkpoint mine = read_checkpoint(comm, folder.file("own0.h5"));
  const auto gathered = comm.all_gather(std::span<const std::int64_t>(mine.distributed.at("atoms").integer("id")));
  EXPECT_EQ(gathered, ids);
}

TEST(Checkpoint, RefusesRanksThatDisagree) {
  const auto comm = Communicator::world();
  if (comm.size() == 1) GTEST_SKIP() << "needs more than one rank";
  TemporaryFolder folder(comm);
  Checkpoint checkpoint = some_checkpoint(comm);
  if (comm.rank() == 1) checkpoint.distributed["more"];
  EXPECT_THROW(write_checkpoint(comm, folder.file("c.h5"), checkpoint), IoError);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(AtomicFile, AnExceptionLeavesTheOldFileAndNoTemporary) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  write_text(comm, folder.file("a"), "old");
  try {
    AtomicFile file(comm, folder.file("a"));
    file.copy_current();
    throw IoError("something");
  } catch (const IoError&) {
  }
  comm.barrier();
  EXPECT_EQ(read_text(comm, folder.file("a")), "old");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, RemovesWhatAKilledRunLeft) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  if (comm.is_root()) {
    put(folder.file("a.tmp-1"), "x");
    put(folder.file("a.tmp-22"), "x");
    put(folder.file("b.tmp-1"), "someone else's");
  }
  write_text(comm, folder.file("a"), "new");
  EXPECT_EQ(folder.files(), 2u);
  EXPECT_THROW(write_text(comm, folder.file("no/such/folder"), "x"), IoError);
}

TEST(Collective, EveryRankThrowsTheErrorOfTheLowestThatFailed) {
  const auto comm = Communicator::world();
  try {
    together(comm, [&] {
      if (comm.rank() == comm.size() - 1)
        throw NumericalError("broke", "rank " + std::to_string(comm.rank()), "mend it");
    });
    FAIL();
  } catch (const NumericalError& error) {
    const std::string where = "rank " + std::to_string(comm.size() - 1);
    EXPECT_EQ(error.where(), where);
    EXPECT_EQ(error.hint(), "mend it");
    EXPECT_EQ(std::string(error.what()), where + ": broke\n  hint: mend it");
  }
}

TEST(Collective, BlocksCoverAllRowsOnce) {
  for (const std::int64_t total : {0, 1, 5, 64, 1000003})
    for (const int size : {1, 2, 3, 7, 64}) {
      EXPECT_EQ(block_start(total, size, 0), 0);
      EXPECT_EQ(block_start(total, size, size), total);
      for (int r = 0; r < size; ++r) {
        const auto rows = block_start(total, size, r + 1) - block_start(total, size, r);
        EXPECT_GE(rows, total / size);
        EXPECT_LE(rows, total / size + 1);
      }
    }
}

}  // namespace
}  // namespace locum::io
