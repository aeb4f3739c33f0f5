#include "kokkos_kernels/base/energy_meter.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/timer.hpp"

namespace locum {
namespace {

// A folder like /sys/class/powercap, of this process alone.
class FakePowercap : public ::testing::Test {
 protected:
  void SetUp() override {
    root = std::filesystem::temp_directory_path() / ("locum_powercap_" + std::to_string(getpid()));
    std::filesystem::create_directories(root);
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  void write(const std::string& zone, const std::string& name, double energy, double wrap) {
    std::filesystem::create_directories(root / zone);
    std::ofstream(root / zone / "name") << name << "\n";
    std::ofstream(root / zone / "energy_uj") << static_cast<long long>(energy) << "\n";
    std::ofstream(root / zone / "max_energy_range_uj") << static_cast<long long>(wrap) << "\n";
  }
  std::filesystem::path root;
};

TEST_F(FakePowercap, RaplCountsPackagesOnlyAndSurvivesAWrap) {
  write("intel-rapl:0", "package-0", 9e6, 10e6);
  write("intel-rapl:1", "package-1", 1e6, 10e6);
  write("intel-rapl:0:0", "dram", 0, 10e6);  // part of package 0
  write("intel-rapl:2", "psys", 0, 10e6);    // the packages once more
  auto counter = open_rapl(root);
  ASSERT_NE(counter, nullptr);
  EXPECT_EQ(counter->method(), "rapl");
  EXPECT_EQ(counter->joules(), 0.0);
  write("intel-rapl:0", "package-0", 2e6, 10e6);  // wrapped: 3 J
  write("intel-rapl:1", "package-1", 5e6, 10e6);  // 4 J
  write("intel-rapl:0:0", "dram", 7e6, 10e6);
  write("intel-rapl:2", "psys", 7e6, 10e6);
  EXPECT_DOUBLE_EQ(counter->joules(), 7.0);
  write("intel-rapl:1", "package-1", 6e6, 10e6);
  EXPECT_DOUBLE_EQ(counter->joules(), 8.0);
}

TEST_F(FakePowercap, RaplIsNotThereWithoutAPackage) {
  EXPECT_EQ(open_rapl(root), nullptr);
  EXPECT_EQ(open_rapl((root / "nowhere").string()), nullptr);
  write("intel-rapl:0", "package-0", 9e6, 10e6);
  std::filesystem::remove(root / "intel-rapl:0" / "energy_uj");  // as good as not readable
  EXPECT_EQ(open_rapl(root), nullptr);
}

TEST(Nvml, IsNotThereWithoutTheLibrary) { EXPECT_EQ(open_nvml({}, "libthere-is-no-such-library.so"), nullptr); }

// A library with NVML's names: two GPUs whose counters rise by 1.5 and 2.5 J at each reading.
TEST(Nvml, CountsTheGpusAskedForThroughTheLibrary) {
  auto all = open_nvml({}, LOCUM_FAKE_NVML);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->method(), "nvml");
  EXPECT_DOUBLE_EQ(all->joules(), 4.0);
  EXPECT_DOUBLE_EQ(all->joules(), 8.0);
  auto second = open_nvml({"0000:02:00.0"}, LOCUM_FAKE_NVML);
  ASSERT_NE(second, nullptr);
  EXPECT_DOUBLE_EQ(second->joules(), 2.5);
  EXPECT_EQ(open_nvml({"0000:09:00.0"}, LOCUM_FAKE_NVML), nullptr);
}

double burn(double seconds) {
  Stopwatch watch;
  double x = 1.0;
  while (watch.seconds() < seconds)
    for (int k = 0; k < 1000; ++k) x = x * 1.0000001 + 1e-9;
  return x;
}

TEST(EnergyMeter, EstimatesFromTheProcessorTimeOfAllRanksAndSaysSo) {
  EnergyConfig config;
  config.method = "estimate";
  config.watts_per_core = 20.0;
  const Communicator world = Communicator::world();
  EnergyMeter meter(config, world);
  EXPECT_GT(burn(0.1), 0.0);
  const EnergyReading reading = meter.reading();
  EXPECT_EQ(reading.method, "estimate");
  // 0.1 s of wall time is at most 0.1 s of processor time a rank, and on a crowded machine a share of it.
  EXPECT_GT(reading.joules, 0.01 * 20.0);
  EXPECT_EQ(world.max(reading.joules), world.min(reading.joules));
  EXPECT_DOUBLE_EQ(reading.kwh(), reading.joules / 3.6e6);

  EnergyMeter restarted(config, world);
  restarted.restore(meter.state());
  EXPECT_GE(restarted.reading().joules, reading.joules);
}

TEST(EnergyMeter, SaysNoneWhenNothingIsKnown) {
  EnergyConfig config;
  config.watts_per_core = 0.0;
  EnergyMeter meter(config, Communicator::world(), "/nowhere");
  if (device_is_host) {
    EXPECT_EQ(meter.reading().method, "none");
    EXPECT_EQ(meter.reading().joules, 0.0);
  }
  config.method = "guess";
  EXPECT_THROW(EnergyMeter(config, Communicator::world()), ConfigError);
}

TEST_F(FakePowercap, EveryNodeIsReadOnce) {
  const Communicator world = Communicator::world();
  std::string shared = root.string();
  world.broadcast(shared);
  if (world.is_root()) write("intel-rapl:0", "package-0", 1e6, 10e6);
  world.barrier();
  EnergyConfig config;
  config.method = "rapl";
  EnergyMeter meter(config, world, shared);
  world.barrier();
  if (world.is_root()) write("intel-rapl:0", "package-0", 4e6, 10e6);
  world.barrier();
  meter.update();
  const EnergyReading reading = meter.reading();
  EXPECT_EQ(reading.method, "rapl");
  EXPECT_DOUBLE_EQ(reading.joules, 3.0);  // all ranks of the test run on one node
  world.barrier();                        // the root removes the folder
}

}  // namespace
}  // namespace locum
