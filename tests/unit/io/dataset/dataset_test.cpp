// Datasets: ragged samples come back from any mixture of ranks and commits; restarts cut back to what is known.
#include "io/dataset/dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

using ::testing::HasSubstr;

// Sample k has k % 5 atoms (none for some), numbers that follow from k.
FieldSet make_sample(std::int64_t k) {
  const std::int64_t n = k % 5;
  FieldSet sample;
  std::vector<double> position, cell(9, 0.5 * static_cast<double>(k));
  std::vector<std::int64_t> species;
  for (std::int64_t i = 0; i < n; ++i) {
    species.push_back(14 + i);
    for (int d = 0; d < 3; ++d) position.push_back(static_cast<double>(100 * k + 3 * i + d));
  }
  sample.add("position", "Angstrom", {n, 3}, position);
  sample.add("atomic_number", "1", {n}, species);
  sample.add("cell", "Angstrom", {3, 3}, cell);
  sample.add_scalar("energy", "eV", -0.1 * static_cast<double>(k));
  sample.add_scalar("trajectory", "1", k / 10);
  return sample;
}

std::vector<FieldSet> make_samples(std::int64_t first, std::int64_t last) {
  std::vector<FieldSet> all;
  for (; first < last; ++first) all.push_back(make_sample(first));
  return all;
}

void expect_sample(const FieldSet& found, std::int64_t k) {
  const FieldSet expected = make_sample(k);
  ASSERT_EQ(found.fields().size(), expected.fields().size());
  for (const auto& [name, field] : expected.fields()) {
    EXPECT_EQ(found.at(name).shape, field.shape) << name << " of " << k;
    EXPECT_EQ(found.at(name).unit, field.unit) << name << " of " << k;
    EXPECT_EQ(found.at(name).values, field.values) << name << " of " << k;
  }
}

TEST(Dataset, SamplesOfAllRanksComeBackInOrderOfRank) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  DatasetWriter writer(comm, folder.file("d.h5"));
  std::vector<std::int64_t> expected;
  for (const std::int64_t round : {0, 1, 2}) {  // rank 0 has none in round 1
    for (int r = 0; r < comm.size(); ++r) {
      const std::int64_t first = 1000 * round + 100 * r, count = round == 1 && r == 0 ? 0 : 700 * (round == 2) + 3 + r;
      for (std::int64_t k = first; k < first + count; ++k) expected.push_back(k);
      if (r == comm.rank()) writer.add(make_samples(first, first + count));
    }
    writer.commit();
    EXPECT_EQ(writer.size(), static_cast<std::int64_t>(expected.size()));
  }
  const Dataset dataset(comm, folder.file("d.h5"));
  ASSERT_EQ(dataset.size(), static_cast<std::int64_t>(expected.size()));
  EXPECT_THAT(dataset.field_names(),
              ::testing::ElementsAre("atomic_number", "cell", "energy", "position", "trajectory"));
  for (std::int64_t k = comm.rank(); k < dataset.size(); k += 29)
    expect_sample(dataset.sample(k), expected[static_cast<std::size_t>(k)]);
  const auto some = dataset.samples(2, dataset.size());
  for (std::size_t k = 0; k < some.size(); ++k) expect_sample(some[k], expected[k + 2]);
  EXPECT_EQ(dataset.integer_column("trajectory").back(), expected.back() / 10);
  EXPECT_EQ(dataset.real_column("energy").back(), -0.1 * static_cast<double>(expected.back()));
  EXPECT_THROW(dataset.real_column("trajectory"), IoError);
  EXPECT_THROW(dataset.sample(dataset.size()), IoError);
  EXPECT_TRUE(dataset.samples(3, 3).empty());
}

TEST(Dataset, BytesDoNotDependOnCommitsAndRestarts) {
  const auto comm = Communicator::world();
  if (comm.size() > 1) GTEST_SKIP() << "the order of samples depends on commits when several ranks add";
  TemporaryFolder folder;
  DatasetWriter whole(comm, folder.file("whole.h5"));
  whole.add(make_samples(0, 3000));
  whole.commit();
  {
    DatasetWriter writer(comm, folder.file("parts.h5"));
    std::int64_t at = 0;
    for (const std::int64_t to : {1, 17, 1000, 1023, 2500}) {
      writer.add(make_samples(at, to));
      writer.commit();
      at = to;
    }
  }
  for (const std::int64_t keep : {2500, 1024, 7}) {
    DatasetWriter writer(comm, folder.file("parts.h5"), keep);
    EXPECT_EQ(writer.size(), keep);
    writer.add(make_samples(keep, 3000));
    writer.commit();
    EXPECT_TRUE(same_bytes(folder.file("parts.h5"), folder.file("whole.h5"))) << keep;
  }
}

TEST(Dataset, ARestartCutsEvenWithoutNewSamples) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  DatasetWriter writer(comm, folder.file("d.h5"));
  if (comm.is_root()) writer.add(make_samples(0, 20));
  writer.commit();
  DatasetWriter(comm, folder.file("d.h5"), 12).commit();
  EXPECT_EQ(Dataset(comm, folder.file("d.h5")).size(), 12);
  EXPECT_THROW(DatasetWriter(comm, folder.file("d.h5"), 13), IoError);
  EXPECT_THROW(DatasetWriter(comm, folder.file("none.h5"), 1), IoError);
}

TEST(Dataset, ANewRunReplacesAnOldFile) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  for (const std::int64_t n : {9, 2}) {
    DatasetWriter writer(comm, folder.file("d.h5"), 0);
    if (comm.rank() == comm.size() - 1) writer.add(make_samples(0, n));
    writer.commit();
    EXPECT_EQ(Dataset(comm, folder.file("d.h5")).size(), n);
    comm.barrier();
  }
}

TEST(Dataset, ACommitOfNothingMakesNoFile) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  DatasetWriter writer(comm, folder.file("d.h5"));
  writer.commit();
  EXPECT_EQ(writer.size(), 0);
  EXPECT_EQ(folder.files(), 0u);
}

FieldSet with_unit(const std::string& unit) {
  FieldSet sample;
  sample.add_scalar("energy", unit, 1.0);
  return sample;
}

TEST(Dataset, RefusesSamplesThatDiffer) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  DatasetWriter writer(comm, folder.file("d.h5"));
  writer.add({with_unit("eV")});
  try {
    writer.add({with_unit("Hartree")});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("field 'energy': found real, unit 'Hartree'"));
  }
  EXPECT_THROW(writer.add({make_sample(1)}), ConfigError);
  EXPECT_THROW(writer.add({FieldSet()}), ConfigError);
  EXPECT_EQ(writer.pending(), 1);
  writer.commit();
  // On restart the file's fields count.
  DatasetWriter again(comm, folder.file("d.h5"), comm.size());
  EXPECT_THROW(again.add({with_unit("Hartree")}), ConfigError);
}

TEST(Dataset, RefusesRanksThatDiffer) {
  const auto comm = Communicator::world();
  if (comm.size() == 1) GTEST_SKIP() << "needs more than one rank";
  TemporaryFolder folder(comm);
  DatasetWriter writer(comm, folder.file("d.h5"));
  writer.add({with_unit(comm.rank() == 1 ? "Hartree" : "eV")});
  EXPECT_THROW(writer.commit(), ConfigError);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Dataset, AFullDiskKeepsFileAndSamples) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  DatasetWriter writer(comm, folder.file("d.h5"));
  writer.add(make_samples(0, 10));
  writer.commit();
  const std::string before = content(folder.file("d.h5"));
  writer.add(make_samples(10, 20));
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{1000, old.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_THROW(writer.commit(), IoError);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  comm.barrier();
  EXPECT_TRUE(content(folder.file("d.h5")) == before);
  comm.barrier();
  EXPECT_EQ(writer.pending(), 10);
  writer.commit();
  EXPECT_EQ(Dataset(comm, folder.file("d.h5")).size(), 20 * comm.size());
}

}  // namespace
}  // namespace locum::io
