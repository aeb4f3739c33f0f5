#include "kokkos_kernels/base/memory.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/together.hpp"

namespace locum {
namespace {

// A tree of files that looks like /proc and /sys, for this rank alone.
class MachineFiles {
 public:
  MachineFiles() : root_(std::filesystem::temp_directory_path() / ("locum_memory_" + std::to_string(getpid()))) {}
  ~MachineFiles() { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::string root() const { return root_.string(); }

 private:
  std::filesystem::path root_;
};

constexpr const char* meminfo = "MemTotal:  100 kB\nMemFree:  10 kB\nMemAvailable:    80 kB\n";

TEST(Memory, WithoutControlGroupsItIsWhatTheKernelCallsAvailable) {
  const MachineFiles files;
  EXPECT_EQ(available_memory(files.root()), 0u);  // nothing is known
  files.write("proc/meminfo", meminfo);
  EXPECT_EQ(available_memory(files.root()), 80u * 1024);
}

TEST(Memory, TheTightestGroupOfVersionTwoCounts) {
  const MachineFiles files;
  files.write("proc/meminfo", meminfo);
  files.write("proc/self/cgroup", "0::/job/step\n");
  files.write("sys/fs/cgroup/job/step/memory.max", "max\n");
  files.write("sys/fs/cgroup/job/step/memory.current", "5000\n");
  EXPECT_EQ(available_memory(files.root()), 80u * 1024);
  files.write("sys/fs/cgroup/job/memory.max", "50000\n");
  files.write("sys/fs/cgroup/job/memory.current", "20000\n");
  EXPECT_EQ(available_memory(files.root()), 30000u);
  files.write("sys/fs/cgroup/job/memory.stat", "anon 15000\ninactive_file 4000\n");  // can be dropped
  EXPECT_EQ(available_memory(files.root()), 34000u);
}

TEST(Memory, AGroupOfVersionOneCountsToo) {
  const MachineFiles files;
  files.write("proc/meminfo", meminfo);
  files.write("proc/self/cgroup", "5:cpu:/other\n4:memory:/slurm/job\n");
  files.write("sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "10000\n");
  files.write("sys/fs/cgroup/memory/slurm/job/memory.usage_in_bytes", "12000\n");  // over its limit for a moment
  EXPECT_EQ(available_memory(files.root()), 0u);
  files.write("sys/fs/cgroup/memory/slurm/job/memory.usage_in_bytes", "4000\n");
  EXPECT_EQ(available_memory(files.root()), 6000u);
}

TEST(Memory, ThePeakGrowsByWhatIsWritten) {
  const std::uint64_t before = resident_memory();
  ASSERT_GT(before, 0u);
  const std::vector<char> block(64 << 20, 1);
  EXPECT_GE(resident_memory(), before + (60u << 20));
  EXPECT_GE(peak_memory(), before + (60u << 20));
  EXPECT_EQ(block.back(), 1);
}

TEST(Memory, AllRanksOfOneMachineShareItsNode) {
  const Communicator world = Communicator::world();
  EXPECT_EQ(ranks_on_node(world), world.size());  // tests run on one machine
  EXPECT_EQ(ranks_on_node(Communicator::self()), 1);
  EXPECT_EQ(ranks_on_device(Communicator::self()), 1);
  if (device_is_host) {
    EXPECT_EQ(ranks_on_device(world), world.size());
    EXPECT_EQ(device_bus_id(), "");
  }
}

TEST(Memory, BytesAreToldWithTwoOrThreeDigits) {
  EXPECT_EQ(bytes_text(1536.0), "2 KiB");
  EXPECT_EQ(bytes_text(1.5 * (1 << 20)), "1.5 MiB");
  EXPECT_EQ(bytes_text(412.0 * (1 << 20)), "412 MiB");
  EXPECT_EQ(bytes_text(1.9 * (1 << 30)), "1.9 GiB");
  EXPECT_EQ(bytes_text(120.0 * (1 << 30)), "120 GiB");
}

TEST(Together, AFailureOfOneRankIsEveryRanks) {
  const Communicator world = Communicator::world();
  try {
    together(world, [&] {
      if (world.rank() == world.size() - 1) throw ConfigError("is bad", "frame 3", "remove it");
    });
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.where(), "frame 3");
    EXPECT_NE(std::string(error.what()).find("is bad"), std::string::npos);
  }
  EXPECT_NO_THROW(together(world, [] {}));
}

}  // namespace
}  // namespace locum
