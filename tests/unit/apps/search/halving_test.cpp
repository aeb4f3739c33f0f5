#include "apps/search/halving.hpp"

#include <gtest/gtest.h>

namespace locum::apps {
namespace {

void expect_rungs(const std::vector<Rung>& rungs, const std::vector<std::pair<int, int>>& expected) {
  ASSERT_EQ(rungs.size(), expected.size());
  for (std::size_t r = 0; r < rungs.size(); ++r) {
    EXPECT_EQ(rungs[r].candidates, expected[r].first) << r;
    EXPECT_EQ(rungs[r].epochs, expected[r].second) << r;
  }
}

TEST(Halving, ATripleOfTheEpochsGoesToAThirdOfTheCandidates) {
  expect_rungs(halving_rungs(27, 90, 3), {{27, 4}, {9, 10}, {3, 30}, {1, 90}});
  expect_rungs(halving_rungs(12, 100, 3), {{12, 12}, {4, 34}, {2, 100}});
  expect_rungs(halving_rungs(4, 8, 2), {{4, 2}, {2, 4}, {1, 8}});
}

TEST(Halving, FewCandidatesAreTrainedInFullAtOnce) {
  expect_rungs(halving_rungs(1, 100, 3), {{1, 100}});
  expect_rungs(halving_rungs(2, 100, 3), {{2, 100}});
}

TEST(Halving, EveryTrainingHasAnEpochAndWithoutANetworkThereIsOneRung) {
  expect_rungs(halving_rungs(9, 1, 3), {{9, 1}, {3, 1}, {1, 1}});
  expect_rungs(halving_rungs(9, 0, 3), {{9, 0}});
}

}  // namespace
}  // namespace locum::apps
