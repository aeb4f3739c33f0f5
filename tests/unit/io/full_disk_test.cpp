// A disk without room: one error that says so, on all ranks, and what was there stays as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "io/checkpoint.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

using ::testing::HasSubstr;

Checkpoint small_checkpoint(const Communicator& comm) {
  Checkpoint checkpoint;
  checkpoint.shared["run"].add_scalar("time", "fs", 2.5);
  checkpoint.distributed["atoms"].add("id", "1", {1}, std::vector<std::int64_t>{comm.rank()});
  return checkpoint;
}

// A limit on the size of files for a scope; the signal that comes with it is ignored, so that write() fails instead.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

TEST(FullDisk, ALimitOnFileSizesBecomesOneErrorThatSaysTheBytesAndKeepsTheOldFile) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  Checkpoint checkpoint = small_checkpoint(comm);
  write_checkpoint(comm, folder.file("c.h5"), checkpoint);
  comm.barrier();
  const std::string before = content(folder.file("c.h5"));
  checkpoint.distributed["atoms"].add("big", "1", {100000}, std::vector<double>(100000));
  {
    FileSizeLimit limit(200000);
    try {
      write_checkpoint(comm, folder.file("c.h5"), checkpoint);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), HasSubstr("no room: "));
      EXPECT_THAT(error.what(), HasSubstr(" bytes are wanted"));
    }
  }
  comm.barrier();
  EXPECT_TRUE(content(folder.file("c.h5")) == before);
  EXPECT_EQ(folder.files(), 1u);
}

// Without a reservation HDF5 meets the full disk itself: when it writes data, and when it flushes its own structure.
TEST(FullDisk, AWriteThatFailsInsideHdf5IsAnErrorAndTheProgramLives) {
  TemporaryFolder folder;
  for (const rlim_t limit : {0, 100, 1000, 3000, 20000, 100000}) {
    put(folder.file("f.h5"), "");
    FileSizeLimit limited(limit);
    try {
      auto file = Hdf5File::create(folder.file("f.h5"));
      for (int k = 0; k < 20; ++k) {
        Field field{{1000}, "1", std::vector<double>(1000, 1.0)};
        file.write_field("/group" + std::to_string(k) + "/data", field);
      }
      file.close();
      ADD_FAILURE() << "nothing was thrown at a limit of " << limit;
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), HasSubstr("cannot write ")) << limit;
    }
  }
  put(folder.file("g.h5"), "");
  auto file = Hdf5File::create(folder.file("g.h5"));  // HDF5 still works
  file.write_field("/a", {{}, "1", std::vector<double>{1.0}});
  file.close();
}

TEST(FullDisk, ASmallFileSystemBecomesOneErrorOnAllRanks) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  int mounted = 0;
  const std::string path = folder.file("small");
  if (comm.is_root()) {
    std::filesystem::create_directory(path);
    mounted = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=512k") == 0;
  }
  comm.broadcast(mounted);
  if (!mounted) GTEST_SKIP() << "this user may not mount a file system";
  Checkpoint checkpoint = small_checkpoint(comm);
  write_checkpoint(comm, path + "/c.h5", checkpoint);
  checkpoint.distributed["atoms"].add("big", "1", {100000}, std::vector<double>(100000));
  try {
    write_checkpoint(comm, path + "/c.h5", checkpoint);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no room: "));
    EXPECT_THAT(error.what(), HasSubstr(" are free"));
  }
  EXPECT_EQ(read_checkpoint(comm, path + "/c.h5").shared.at("run").real_scalar("time"), 2.5);
  comm.barrier();
  if (comm.is_root()) ::umount(path.c_str());
}

}  // namespace
}  // namespace locum::io
