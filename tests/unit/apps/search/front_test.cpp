#include "apps/search/front.hpp"

#include <gmock/gmock.h>

#include "kokkos_kernels/random/philox.hpp"

namespace locum::apps {
namespace {

using testing::ElementsAre;

// Errors fall as costs rise along 0, 2, 4; 1 is beaten by 0 alone, 3 by 2 and 1.
const std::vector<FrontPoint> five = {{0.5, 1.0}, {0.6, 2.0}, {0.3, 2.0}, {0.7, 3.0}, {0.1, 8.0}};

TEST(Front, ThoseThatNoOtherDominatesAreFirstAndThoseThatOnlyTheseDominateSecond) {
  EXPECT_THAT(front_ranks(five), ElementsAre(0, 1, 0, 2, 0));
  EXPECT_TRUE(front_ranks({}).empty());
}

TEST(Front, EqualPointsShareAFront) {
  const std::vector<FrontPoint> equal = {{0.2, 3.0}, {0.2, 3.0}, {0.2, 4.0}};
  EXPECT_THAT(front_ranks(equal), ElementsAre(0, 0, 1));
}

TEST(Front, NoPointIsDominatedByOneOfItsOwnOrALaterFront) {
  std::vector<FrontPoint> points;
  for (int k = 0; k < 57; ++k)
    points.push_back(
        {random::uniform(1, random::Stream::search, k, 0), random::uniform(1, random::Stream::search, k, 1)});
  const auto rank = front_ranks(points);
  for (std::size_t a = 0; a < points.size(); ++a) {
    bool beaten_by_the_one_before = rank[a] == 0;
    for (std::size_t b = 0; b < points.size(); ++b) {
      const bool beats = points[b].error < points[a].error && points[b].cost < points[a].cost;
      EXPECT_FALSE(beats && rank[b] >= rank[a]);
      beaten_by_the_one_before = beaten_by_the_one_before || (beats && rank[b] == rank[a] - 1);
    }
    EXPECT_TRUE(beaten_by_the_one_before);
  }
}

TEST(Front, TheBestAndTheCheapestAreKeptAndThenTheLoneliest) {
  EXPECT_THAT(best_by_front(five, 1), ElementsAre(4));
  EXPECT_THAT(best_by_front(five, 2), ElementsAre(0, 4));
  EXPECT_THAT(best_by_front(five, 3), ElementsAre(0, 2, 4));
  EXPECT_THAT(best_by_front(five, 4), ElementsAre(0, 1, 2, 4));
  EXPECT_THAT(best_by_front(five, 9), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_TRUE(best_by_front(five, 0).empty());
  // Between the ends, 2 has the wider gap around it.
  const std::vector<FrontPoint> line = {{1.0, 1.0}, {0.9, 1.1}, {0.4, 3.0}, {0.1, 9.0}};
  EXPECT_THAT(best_by_front(line, 3), ElementsAre(0, 2, 3));
}

}  // namespace
}  // namespace locum::apps
