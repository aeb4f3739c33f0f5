#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/run_directory.hpp"
#include "apps/timeline.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

namespace fs = std::filesystem;

class RunDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (comm_.is_root()) fs::remove_all(root_);
    comm_.barrier();
  }
  void TearDown() override {
    comm_.barrier();
    if (comm_.is_root()) fs::remove_all(root_);
  }
  static std::string content(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  Communicator comm_ = Communicator::world();
  std::string root_ = "run_directory_test." + std::to_string(comm_.size());
};

TEST_F(RunDirectoryTest, AnEarlierRunIsMovedAsideNeverOverwritten) {
  for (int run = 0; run < 3; ++run) {
    RunDirectory directory(comm_, root_ + "/run", false);
    EXPECT_FALSE(directory.has("input.toml"));
    directory.write_text("input.toml", "run = " + std::to_string(run));
    EXPECT_TRUE(directory.has("input.toml"));
  }
  comm_.barrier();
  EXPECT_EQ(content(root_ + "/run/input.toml"), "run = 2");
  EXPECT_EQ(content(root_ + "/run.1/input.toml"), "run = 0");
  EXPECT_EQ(content(root_ + "/run.2/input.toml"), "run = 1");
}

TEST_F(RunDirectoryTest, RestartKeepsWhatIsThereAndNeedsARun) {
  EXPECT_THROW(RunDirectory(comm_, root_ + "/none", true), IoError);
  RunDirectory(comm_, root_ + "/run", false).write_text("input.toml", "a");
  EXPECT_TRUE(RunDirectory(comm_, root_ + "/run", true).has("input.toml"));
}

TEST_F(RunDirectoryTest, AFileInTheFoldersPlaceIsRefusedOnEveryRank) {
  if (comm_.is_root()) {
    fs::create_directories(root_);
    std::ofstream(root_ + "/run") << "precious";
  }
  comm_.barrier();
  EXPECT_THROW(RunDirectory(comm_, root_ + "/run", false), IoError);
  EXPECT_EQ(content(root_ + "/run"), "precious");
}

TEST(Timeline, ComesBackFromItsState) {
  Timeline timeline;
  timeline.add({1.0, 300.0, -5.0, 0.1, NAN, Player::surrogate, true, false});
  timeline.add({2.0, 301.0, -5.1, NAN, 0.3, Player::solver, false, true});
  Timeline copy;
  copy.restore(timeline.state());
  ASSERT_EQ(copy.entries().size(), 2u);
  EXPECT_EQ(copy.entries()[0].player, Player::surrogate);
  EXPECT_TRUE(copy.entries()[0].audited);
  EXPECT_TRUE(std::isnan(copy.entries()[0].error));
  EXPECT_EQ(copy.entries()[1].error, 0.3);
  EXPECT_TRUE(copy.entries()[1].learned);
}

}  // namespace
}  // namespace locum::apps
