#include "apps/search/candidates.hpp"

#include <gtest/gtest.h>

#include <set>

#include "surrogates/potential/invariants/invariants.hpp"

namespace locum::apps {
namespace {

TEST(Candidates, TheFirstIsTheInputItself) {
  Candidate base;
  base.potential.cutoff = 7.0;
  base.potential.hidden = 37;
  EXPECT_EQ(searched_settings(draw_candidate(base, 1, 5, 0)), searched_settings(base));
}

TEST(Candidates, SeedNumberAndAttemptDecideEverything) {
  const Candidate base;
  EXPECT_EQ(searched_settings(draw_candidate(base, 1, 5, 3)), searched_settings(draw_candidate(base, 1, 5, 3)));
  std::set<std::vector<std::pair<std::string, double>>> different;
  for (int number = 1; number <= 40; ++number) different.insert(searched_settings(draw_candidate(base, 1, 5, number)));
  EXPECT_EQ(different.size(), 40u);
  EXPECT_NE(searched_settings(draw_candidate(base, 1, 5, 3)), searched_settings(draw_candidate(base, 1, 6, 3)));
  EXPECT_NE(searched_settings(draw_candidate(base, 1, 5, 3, 0)), searched_settings(draw_candidate(base, 1, 5, 3, 1)));
}

TEST(Candidates, AllAreValidAndWithinTheRangesAndWithinReasonForManyElements) {
  const SearchRanges ranges;
  Candidate short_ranged, long_ranged;
  short_ranged.potential.cutoff = 1.7;  // hardly more than `closest`
  long_ranged.potential.cutoff = 12.0;  // the input's limit
  for (const Candidate& base : {Candidate(), short_ranged, long_ranged})
    for (const int species : {1, 2, 4})
      for (int number = 0; number < 30; ++number) {
        const Candidate c = draw_candidate(base, species, 9, number);
        EXPECT_NO_THROW(c.potential.validate());
        EXPECT_NO_THROW(c.training.validate());
        EXPECT_LE(c.potential.cutoff, 12.0);
        if (number == 0) continue;
        EXPECT_GE(c.potential.softness, 0.99 * ranges.softness.low);  // rounded to three digits
        EXPECT_LE(c.potential.softness, 1.01 * ranges.softness.high);
        EXPECT_GE(c.training.learning_rate, 0.99 * ranges.learning_rate.low);
        EXPECT_LE(c.training.learning_rate, 1.01 * ranges.learning_rate.high);
        const int most = std::max(ranges.invariants, 3 * potential::make_invariants(base.potential, species).count / 2);
        const int count = potential::make_invariants(c.potential, species).count;
        EXPECT_LE(count, most);
        EXPECT_LE(c.potential.components, count);
      }
}

TEST(Candidates, EveryValueOfAListIsDrawnAndEveryThirdOfAnInterval) {
  const SearchRanges ranges;
  std::set<int> hidden, members, softness;
  for (int number = 1; number <= 200; ++number) {
    const Candidate c = draw_candidate(Candidate(), 1, 2, number);
    hidden.insert(c.potential.hidden);
    members.insert(c.potential.members);
    softness.insert(c.potential.softness < 0.247 ? 0 : c.potential.softness < 0.608 ? 1 : 2);  // thirds of 0.1 … 1.5
  }
  EXPECT_EQ(hidden, std::set<int>(ranges.hidden.begin(), ranges.hidden.end()));
  EXPECT_EQ(members, std::set<int>(ranges.members.begin(), ranges.members.end()));
  EXPECT_EQ(softness.size(), 3u);
}

}  // namespace
}  // namespace locum::apps
