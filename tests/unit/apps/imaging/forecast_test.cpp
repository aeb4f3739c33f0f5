#include "apps/imaging/forecast.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::apps {
namespace {

using ::testing::HasSubstr;
constexpr double mebibyte = 1024.0 * 1024.0;

TEST(Forecast, MemoryOfANodeIsWhatRanksShareAndWhatEachHasBesides) {
  if (!device_is_host) GTEST_SKIP() << "the engine's memory is the device's here";
  const Communicator comm = Communicator::world();
  const Forecast f = forecast_space(comm, {100.0 * mebibyte, 10.0 * mebibyte}, mebibyte, 5.0, ".");
  EXPECT_EQ(f.ranks_on_node, comm.size());
  EXPECT_DOUBLE_EQ(f.node, (100.0 + 11.0 * comm.size()) * mebibyte);
  EXPECT_GT(f.disk_free, 0.0);
  EXPECT_NO_THROW(refuse_what_cannot_fit(f, 0.0, 64));
}

TEST(Forecast, AFileThatTheDiskCannotHoldIsRefusedWithBothNumbers) {
  Forecast f;
  f.disk = 3.0 * mebibyte;
  f.disk_free = 2.0 * mebibyte;
  try {
    refuse_what_cannot_fit(f, 0.0, 64);
    FAIL() << "3 MiB went onto 2 MiB";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("3.0 MiB"));
    EXPECT_THAT(error.what(), HasSubstr("2.0 MiB"));
  }
}

TEST(Forecast, ABudgetCountsBeforeWhatIsAvailable) {
  Forecast f;
  f.available = 10.0 * mebibyte;
  f.node = 5.0 * mebibyte;
  EXPECT_NO_THROW(refuse_what_cannot_fit(f, 0.0, 64));
  EXPECT_NO_THROW(refuse_what_cannot_fit(f, 6.0 * mebibyte, 64));
  EXPECT_THROW(refuse_what_cannot_fit(f, 4.0 * mebibyte, 64), ConfigError);
  f.available = 4.0 * mebibyte;
  EXPECT_THROW(refuse_what_cannot_fit(f, 0.0, 64), ConfigError);
}

TEST(Forecast, ConfigurationsThatAreNotKeptAreMadeForEveryTile) {
  Forecast f;
  f.probe_seconds = 0.5;
  f.remake_seconds = 2.0;
  // 100 probes through 4 configurations on 2 ranks.
  EXPECT_DOUBLE_EQ(scan_seconds(f, 100, 10, 4, 4, 2), 100.0);
  EXPECT_DOUBLE_EQ(scan_seconds(f, 100, 10, 4, 1, 2), 100.0 + 2.0 * 10 * 3 / 2);
  EXPECT_DOUBLE_EQ(scan_seconds(f, 100, 10, 4, 3, 2), 100.0);  // a single one is not made again
}

TEST(Forecast, TimesAreToldInUnitsOfTheirOwnSize) {
  EXPECT_EQ(about(0.2), "less than a second");
  EXPECT_EQ(about(45.2), "45 s");
  EXPECT_EQ(about(600.0), "10 min");
  EXPECT_EQ(about(9000.0), "2.5 h");
  EXPECT_EQ(about(345600.0), "4.0 days");
}

}  // namespace
}  // namespace locum::apps
