// Which sets of a series are of another kind, which are compared, and what cannot be asked for.
#include "apps/series/series_config.hpp"

#include <gtest/gtest.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

TEST(SeriesConfig, TheLastSetsAreOfAnotherKindUnlessAPlaceIsNamed) {
  SeriesConfig series;
  series.sets = 5;
  EXPECT_FALSE(series.is_other(4));
  series.other_sets = 2;
  EXPECT_FALSE(series.is_other(2));
  EXPECT_TRUE(series.is_other(3));
  EXPECT_TRUE(series.is_other(4));
  series.other_first = 1;
  EXPECT_FALSE(series.is_other(0));
  EXPECT_TRUE(series.is_other(1));
  EXPECT_TRUE(series.is_other(2));
  EXPECT_FALSE(series.is_other(3));
}

TEST(SeriesConfig, RefusesMoreSetsOfAnotherKindThanThereAre) {
  SeriesConfig series;
  series.sets = 3;
  series.other_sets = 2;
  series.other_first = 2;
  EXPECT_THROW(series.validate(), ConfigError);
  series.other_first = 1;
  EXPECT_NO_THROW(series.validate());
  series.files = {"a.cxi", "b.cxi", "c.cxi"};
  EXPECT_THROW(series.validate(), ConfigError);
}

TEST(SeriesConfig, MinusOneComparesTheLastSet) {
  BaselineConfig compare;
  compare.sets = {0, -1};
  EXPECT_TRUE(compare.wants(0, 4));
  EXPECT_FALSE(compare.wants(2, 4));
  EXPECT_TRUE(compare.wants(3, 4));
  compare.all = true;
  EXPECT_TRUE(compare.wants(2, 4));
  compare.sets = {4};
  EXPECT_THROW(compare.validate(4), ConfigError);
}

TEST(SeriesConfig, TilesOfOneSetDoNotContinueThoseOfAnother) {
  SeriesRunConfig config;
  EXPECT_NO_THROW(config.validate());
  config.gate.resume_calls = 2;
  EXPECT_THROW(config.validate(), ConfigError);
}

TEST(SeriesConfig, OtherEnginesFollowTheSameLikelihoodWhereTheyKnowIt) {
  SeriesRunConfig config;
  config.ptychography.likelihood = "poisson";
  config.ptychography.warm_up = 6;
  EXPECT_EQ(config.ptychography.by_engine("rpie").likelihood, "poisson");
  EXPECT_EQ(config.ptychography.by_engine("rpie").warm_up, 0);
  config.compare.engines = {"rpie", "dm", "raar"};
  EXPECT_NO_THROW(config.validate());  // the latter two project onto amplitudes
}

// Tile 5 of one set is not tile 5 of the next: each set may teach, but none with all that it has.
TEST(SeriesConfig, EverySetMayTeach) {
  const SeriesRunConfig config;
  EXPECT_EQ(config.gate.label_spacing, 1);
  EXPECT_GT(config.gate.labels_to_update, 0);
  EXPECT_GT(config.gate.labels_a_call, 0);
  EXPECT_LT(config.gate.labels_a_call, config.gate.labels_to_update) << "more than one set behind a fit";
  EXPECT_GT(config.gate.max_updates, 1);
}

TEST(SeriesConfig, ProbeAndPositionsStayAsTheyAre) {
  SeriesRunConfig config;
  config.ptychography.probe.refine = true;
  EXPECT_THROW(config.validate(), ConfigError);
  config.ptychography.probe.refine = false;
  config.ptychography.positions.correct = true;
  EXPECT_THROW(config.validate(), ConfigError);
}

TEST(SeriesConfig, NobodyKnowsTheTruthOfFiles) {
  LabelledDataConfig data;
  data.files = {"a.cxi", "b.cxi", "c.cxi"};
  EXPECT_EQ(data.size(), 3);
  EXPECT_THROW(data.validate(), ConfigError);
  data.labels = "solver";
  EXPECT_NO_THROW(data.validate());
  data.files = {"a.cxi"};
  EXPECT_THROW(data.validate(), ConfigError);
}

TEST(SeriesConfig, RangesOfThePhaseAscend) {
  LabelledDataConfig data;
  data.phase = {2.0, 1.0};
  EXPECT_THROW(data.validate(), ConfigError);
  data.phase = {1.0};
  EXPECT_THROW(data.validate(), ConfigError);
  data.phase = {1.0, 1.0};
  EXPECT_NO_THROW(data.validate());
}

}  // namespace
}  // namespace locum::apps
