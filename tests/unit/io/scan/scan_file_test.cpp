#include "io/scan/scan_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "io/hdf5/hdf5.hpp"
#include "io/scan/scan_reader.hpp"
#include "io/scan/scan_structure.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/scan/sample_scan.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

bool exists(const std::string& path) { return std::filesystem::exists(path); }

void write_all(ScanFile& file, const ScanLayout& layout, const Communicator& comm) {
  for (std::int64_t tile = comm.rank(); tile < layout.tiles; tile += comm.size())
    if (!file.is_done(tile)) write_sample_tile(file, layout, tile);
}

void expect_sample(const std::string& path, const ScanLayout& layout) {
  const ScanReader scan(path);
  const auto n = static_cast<std::size_t>(layout.probes());
  const auto haadf = scan.image("HAADF"), com = scan.image("COM"), rings = scan.image("rings_depth0001");
  ASSERT_EQ(haadf.size(), n);
  ASSERT_EQ(com.size(), 2 * n);
  ASSERT_EQ(rings.size(), 3 * n);
  const auto cube =
      std::get<std::vector<std::int64_t>>(scan.cube_region("CBED", {{0, 0, 0, 0}, {layout.nx, layout.ny, 3, 4}}));
  for (std::size_t p = 0; p < n; ++p) {
    const auto probe = static_cast<std::int64_t>(p);
    EXPECT_EQ(haadf[p], sample_number(0, probe, 0));
    for (std::size_t k = 0; k < 2; ++k) EXPECT_EQ(com[2 * p + k], sample_number(1, probe, k));
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(rings[3 * p + k], sample_number(2, probe, k));
    for (std::size_t k = 0; k < 12; ++k) EXPECT_EQ(static_cast<double>(cube[12 * p + k]), sample_number(3, probe, k));
  }
}

TEST(ScanFile, WhatAllRanksWroteIsRead) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const std::string path = folder.file("scan.h5");
  const auto layout = sample_layout();
  auto file = ScanFile::create(comm, path, layout, sample_metadata());
  EXPECT_EQ(file.tiles(), 9);
  write_all(file, layout, comm);
  EXPECT_FALSE(exists(path));
  comm.barrier();
  file.finish();
  EXPECT_TRUE(exists(path));
  EXPECT_FALSE(exists(path + ".part"));
  expect_sample(path, layout);
  const ScanReader scan(path);
  EXPECT_EQ(scan.progress().done, 9);
  EXPECT_EQ(scan.image_shape("rings_depth0001"), (Shape{7, 5, 3}));
  EXPECT_EQ(scan.cube_shape("mean_CBED"), (Shape{7, 5, 3, 2}));
  EXPECT_EQ(scan.unit("COM"), "1/Angstrom");
  EXPECT_EQ(scan.image_axis("HAADF", 1), (std::vector<double>{1, 1.25, 1.5, 1.75, 2, 2.25, 2.5}));
  EXPECT_EQ(scan.cube_axis("CBED", 4), (std::vector<double>{-1, -0.5, 0, 0.5}));
  EXPECT_EQ(scan.input(), "[scan]\nstep = 0.25\n");
  EXPECT_THROW(scan.image("ABF"), ConfigError);
}

TEST(ScanFile, TheUnfinishedFileIsReadableAndRestartsToTheSameBytes) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const auto layout = sample_layout();
  {
    auto whole = ScanFile::create(comm, folder.file("whole.h5"), layout, sample_metadata());
    write_all(whole, layout, comm);
    whole.finish();
  }
  const std::string path = folder.file("scan.h5");
  {
    auto file = ScanFile::create(comm, path, layout, sample_metadata());
    if (comm.rank() == comm.size() - 1)
      for (const std::int64_t tile : {1, 2, 5}) write_sample_tile(file, layout, tile);
  }
  comm.barrier();
  EXPECT_TRUE(ScanFile::has_unfinished(comm, path));
  EXPECT_EQ(ScanReader(path + ".part").progress().done, 3);
  comm.barrier();
  {
    auto file = ScanFile::open_unfinished(comm, path, layout, "abc");
    for (std::int64_t tile = 0; tile < layout.tiles; ++tile)
      EXPECT_EQ(file.is_done(tile), tile == 1 || tile == 2 || tile == 5) << tile;
    write_all(file, layout, comm);
    file.finish();
  }
  EXPECT_FALSE(ScanFile::has_unfinished(comm, path));
  EXPECT_TRUE(same_bytes(path, folder.file("whole.h5")));
}

TEST(ScanFile, AMarkOfAnotherSessionCountsOnlyIfItWasOnTheDisk) {
  const auto comm = Communicator::self();
  TemporaryFolder folder;
  const auto layout = sample_layout();
  const std::string path = folder.file("scan.h5"), part = path + ".part";
  std::uint64_t progress = 0, session = 0;
  {
    auto file = ScanFile::create(comm, path, layout, sample_metadata());
    write_sample_tile(file, layout, 3);
    write_sample_tile(file, layout, 4);
  }
  {
    const auto hdf5 = Hdf5File::open(part);
    progress = hdf5.offset(scan_progress), session = hdf5.offset(scan_session);
  }
  const int id = ::open(part.c_str(), O_RDWR);
  const char on_disk = 2;
  const std::uint64_t another = 12345;
  ASSERT_EQ(::pwrite(id, &on_disk, 1, static_cast<off_t>(progress + 4)), 1);
  ASSERT_EQ(::pwrite(id, &another, 8, static_cast<off_t>(session)), 8);  // as if the machine had been started anew
  ::close(id);
  const auto file = ScanFile::open_unfinished(comm, path, layout, "abc");
  EXPECT_FALSE(file.is_done(3));
  EXPECT_TRUE(file.is_done(4));
}

TEST(ScanFile, AnUnfinishedScanOfAnotherInputIsRefused) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const std::string path = folder.file("scan.h5");
  EXPECT_THROW(ScanFile::open_unfinished(comm, path, sample_layout(), "abc"), IoError);
  { auto file = ScanFile::create(comm, path, sample_layout(), sample_metadata()); }
  comm.barrier();
  EXPECT_THROW(ScanFile::open_unfinished(comm, path, sample_layout(), "abd"), ConfigError);
  EXPECT_THROW(ScanFile::open_unfinished(comm, path, sample_layout(7, 6), "abc"), ConfigError);
  auto other = sample_layout();
  other.cubes[0].storage = Storage::uint32;
  EXPECT_THROW(ScanFile::open_unfinished(comm, path, other, "abc"), ConfigError);
}

TEST(ScanFile, FinishingEarlyIsRefusedAndKeepsWhatIsThere) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  const std::string path = folder.file("scan.h5");
  auto file = ScanFile::create(comm, path, sample_layout(), sample_metadata());
  if (comm.is_root()) write_sample_tile(file, sample_layout(), 0);
  EXPECT_THROW(file.finish(), IoError);
  EXPECT_FALSE(exists(path));
  EXPECT_TRUE(exists(path + ".part"));
  comm.barrier();
}

TEST(ScanFile, WrongNumbersAndPlacesAreRefused) {
  const auto comm = Communicator::self();
  TemporaryFolder folder;
  auto file = ScanFile::create(comm, folder.file("scan.h5"), sample_layout(), sample_metadata());
  const std::vector<float> two(2), three(3);
  const std::vector<double> wide(1);
  EXPECT_THROW(file.write_image<double>(0, 0, wide), ConfigError);  // float32 is there
  EXPECT_THROW(file.write_image<float>(0, 34, two), ConfigError);   // 35 probes
  EXPECT_THROW(file.write_image<float>(0, -1, two), ConfigError);
  EXPECT_THROW(file.write_image<float>(2, 0, two), ConfigError);  // three channels
  EXPECT_NO_THROW(file.write_image<float>(2, 34, three));
  EXPECT_THROW(file.mark_done(9), std::out_of_range);
}

TEST(ScanFile, LayoutsThatMakeNoFileAreRefused) {
  auto refused = [](auto change) {
    auto layout = sample_layout();
    change(layout);
    EXPECT_THROW(layout.validate(), ConfigError);
  };
  refused([](ScanLayout& l) { l.nx = 0; });
  refused([](ScanLayout& l) { l.tiles = 0; });
  refused([](ScanLayout& l) { l.step_y = -1; });
  refused([](ScanLayout& l) { l.images[0].name = "a/b"; });
  refused([](ScanLayout& l) { l.images[0].name = ""; });
  refused([](ScanLayout& l) { l.images[1].name = "HAADF"; });
  refused([](ScanLayout& l) { l.cubes[0].qx = {1, 0}; });
  refused([](ScanLayout& l) { l.cubes[0].qy = {}; });
  refused([](ScanLayout& l) { l.images[1].channels.places = {1, 2}; });
  refused([](ScanLayout& l) { l.positions.pop_back(); });
  refused([](ScanLayout& l) {
    l.positions.clear(), l.nx = l.ny = 2147483647, l.cubes[0].qx = std::vector<double>{0, 1, 2, 3, 4};
  });
  EXPECT_EQ(sample_layout().data_bytes(), 35u * (4 + 16 + 12 + 24 + 24 + 16));
}

TEST(ScanFile, TwoRunsDoNotWriteOneFile) {
  if (Communicator::world().size() > 1) GTEST_SKIP() << "takes five seconds; one rank says it all";
  const auto comm = Communicator::self();
  TemporaryFolder folder;
  const auto file = ScanFile::create(comm, folder.file("scan.h5"), sample_layout(), sample_metadata());
  try {
    ScanFile::open_unfinished(comm, folder.file("scan.h5"), sample_layout(), "abc");
    FAIL() << "a second run opened the file";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("another run"), std::string::npos) << error.what();
  }
}

TEST(ScanFile, AFolderThatIsNotThereIsNamed) {
  TemporaryFolder folder;
  EXPECT_THROW(ScanFile::create(Communicator::self(), folder.file("none/scan.h5"), sample_layout(), sample_metadata()),
               IoError);
}

// A file system of its own, 1 MiB, where the machine allows it.
class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::mount("locum_test", folder_.file("").c_str(), "tmpfs", 0, "size=1m") != 0)
      GTEST_SKIP() << "a small file system cannot be mounted here: " << std::strerror(errno);
    mounted_ = true;
  }
  void TearDown() override {
    if (mounted_) ::umount2(folder_.file("").c_str(), MNT_DETACH);
  }
  std::uint64_t free_bytes() const {
    struct statvfs disk {};
    ::statvfs(folder_.file("").c_str(), &disk);
    return std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  TemporaryFolder folder_;
  bool mounted_ = false;
};

TEST_F(SmallDisk, AScanThatDoesNotFitIsRefusedBeforeTheRunWithBothNumbers) {
  const auto layout = sample_layout(200, 200);  // 3.2 MB
  try {
    ScanFile::create(Communicator::self(), folder_.file("scan.h5"), layout, sample_metadata());
    FAIL() << "3.2 MB fitted on 1 MiB";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find(" bytes are needed, 1048576 are free"), std::string::npos) << error.what();
  }
  EXPECT_EQ(folder_.files(), 0u);
}

TEST_F(SmallDisk, TheSpaceIsTakenAtTheStart) {
  const auto layout = sample_layout(60, 60);
  const auto before = free_bytes();
  const auto file = ScanFile::create(Communicator::self(), folder_.file("scan.h5"), layout, sample_metadata());
  EXPECT_GE(before - free_bytes(), layout.data_bytes());
}

TEST_F(SmallDisk, ADiskThatFillsUpDuringTheRunLeavesWhatIsDone) {
  const auto comm = Communicator::self();
  const auto layout = sample_layout(60, 60);
  const std::string path = folder_.file("scan.h5");
  {
    auto file = ScanFile::create(comm, path, layout, sample_metadata());
    for (std::int64_t tile = 0; tile < 100; ++tile) write_sample_tile(file, layout, tile);
    // As on a file system that copies what it writes, where no reservation holds: the rest of the file is given back …
    const auto cube = Hdf5File::open(path + ".part").offset(group_of(layout.cubes[1]) + "/data");
    const int id = ::open((path + ".part").c_str(), O_RDWR);
    const auto hole = static_cast<off_t>((cube + 100 * 4 * 24) / 4096 + 1) * 4096;
    const auto end = static_cast<off_t>((cube + 3600 * 24) / 4096) * 4096;
    ASSERT_EQ(::fallocate(id, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, hole, end - hole), 0);
    ::close(id);
    const int other = ::open(folder_.file("filler").c_str(), O_RDWR | O_CREAT, 0600);  // … and another takes it.
    ASSERT_EQ(::fallocate(other, 0, 0, static_cast<off_t>(free_bytes())), 0);
    ::close(other);
    std::int64_t tile = 100;
    try {
      for (; tile < layout.tiles; ++tile) write_sample_tile(file, layout, tile);
      FAIL() << "all of it fitted";
    } catch (const IoError& error) {
      EXPECT_NE(std::string(error.what()).find("No space left on device"), std::string::npos) << error.what();
      EXPECT_NE(error.hint().find("--restart"), std::string::npos);
    }
    EXPECT_GT(tile, 100);
  }
  std::filesystem::remove(folder_.file("filler"));
  auto file = ScanFile::open_unfinished(comm, path, layout, "abc");
  EXPECT_TRUE(file.is_done(99));
  EXPECT_FALSE(file.is_done(layout.tiles - 1));
  write_all(file, layout, comm);
  file.finish();
  expect_sample(path, layout);
}

TEST(ScanFile, TheLimitOnTheSizeOfFilesIsFoundBeforeTheRun) {
  TemporaryFolder folder;
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit low{1000, old.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &low);
  EXPECT_THROW(ScanFile::create(Communicator::self(), folder.file("scan.h5"), sample_layout(), sample_metadata()),
               IoError);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace locum::io
