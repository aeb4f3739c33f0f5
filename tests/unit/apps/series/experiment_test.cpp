// Data sets of an experiment: the same from any number of ranks, never one of the training's in the series.
#include "apps/series/experiment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "apps/series/watched_solver.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/apps/series/tiny_series.hpp"

namespace locum::apps {
namespace {

SeriesRunConfig tiny() {
  SeriesRunConfig config = testing::tiny_series(2);
  config.data.count = 3;
  config.series.other_sets = 1;
  config.series.other.kind = "binary";
  return config;
}

const auto go_on = [](std::size_t, const TrainingData&) { return true; };

std::vector<float> counts_of(const Ptychogram& data, int frame) {
  std::vector<float> counts(data.window());
  data.frames->read(std::span<const int>(&frame, 1), counts);
  return counts;
}

TEST(Experiment, TrainingDataAreTheSameWhetherTheyAreHeldOrMadeAsTheyAreRead) {
  const Context context{Communicator::world()};
  const TrainingData held = make_training_data(context, tiny(), true, {}, go_on),
                     made = make_training_data(context, tiny(), false, {}, go_on);
  ASSERT_EQ(held.sets.size(), 3u);
  ASSERT_EQ(made.sets.size(), 3u);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(held.sets[k].truth.value, made.sets[k].truth.value);
    EXPECT_EQ(held.sets[k].core, held.sets[k].data.whole());
    EXPECT_EQ(held.sets[k].data.comm.size(), 1);
    EXPECT_FALSE(held.sets[k].data.tiles.empty());
    EXPECT_EQ(counts_of(held.sets[k].data, 4), counts_of(made.sets[k].data, 4));
  }
  EXPECT_NE(held.sets[0].truth.value, held.sets[1].truth.value);
}

TEST(Experiment, EveryRankHasTheSameTrainingData) {
  const Context context{Communicator::world()};
  const TrainingData data = make_training_data(context, tiny(), true, {}, go_on);
  double sum = 0.0;
  for (const auto& set : data.sets) {
    for (const auto& v : set.truth.value) sum += v.real();
    for (const float c : counts_of(set.data, 2)) sum += c;
  }
  EXPECT_EQ(context.comm.max(sum), context.comm.min(sum));
}

TEST(Experiment, SetsOfTheSeriesAreNoneOfTheTraining) {
  const Context context{Communicator::world()};
  const SeriesRunConfig config = tiny();
  const TrainingData data = make_training_data(context, config, false, {}, go_on);
  for (std::int64_t number = 0; number < 2; ++number) {
    const SeriesSet set = series_set(context, config, number);
    EXPECT_EQ(set.other, number == 1);
    EXPECT_FALSE(set.data.tiles.empty());
    EXPECT_EQ(set.truth.value.size(), set.data.object_size());
    for (const auto& learned : data.sets) EXPECT_NE(learned.truth.value, set.truth.value);
  }
}

TEST(Experiment, ThePhaseOfEachObjectIsDrawnFromItsRange) {
  const Context context{Communicator::world()};
  SeriesRunConfig config = tiny();
  config.simulation.object.amplitude = 1.0;
  config.data.phase = {1.0, 2.0};
  const TrainingData data = make_training_data(context, config, false, {}, go_on);
  std::vector<double> ranges;
  for (const auto& set : data.sets) {
    double most = 0.0;  // phases begin at 0
    for (const auto& v : set.truth.value) most = std::max(most, static_cast<double>(std::arg(v)));
    ranges.push_back(most);
    EXPECT_LE(most, 2.0 + 1e-5);
  }
  EXPECT_NE(ranges[0], ranges[1]);
}

TEST(Experiment, AnEndIsHeardAfterEachRound) {
  const Context context{Communicator::world()};
  const TrainingData data =
      make_training_data(context, tiny(), false, {}, [](std::size_t, const TrainingData&) { return false; });
  EXPECT_EQ(data.sets.size(), std::min<std::size_t>(3, static_cast<std::size_t>(context.comm.size())));
}

TEST(Experiment, LabelsOfTheSolverThatAreKnownAreTaken) {
  const Context context{Communicator::world()};
  SeriesRunConfig config = tiny();
  config.data.labels = "solver";
  config.ptychography.sweeps = 2;
  const TrainingData first = make_training_data(context, config, true, {}, go_on);
  std::vector<ObjectFunction> known;
  for (const auto& set : first.sets) known.push_back(set.truth);
  known.pop_back();
  for (auto& object : known) object.value[0] = {7.0f, 0.0f};
  const TrainingData again = make_training_data(context, config, true, known, go_on);
  EXPECT_EQ(again.sets[0].truth.value, known[0].value);
  EXPECT_EQ(again.sets[2].truth.value, first.sets[2].truth.value);
}

TEST(Experiment, LabelsThatDidNotConvergeAreCounted) {
  const Context context{Communicator::world()};
  SeriesRunConfig config = tiny();
  EXPECT_EQ(make_training_data(context, config, false, {}, go_on).open_labels, 0) << "the truth needs no sweeps";
  config.data.labels = "solver";
  config.ptychography.sweeps = 2;
  const TrainingData data = make_training_data(context, config, false, {}, go_on);
  EXPECT_EQ(data.open_labels, 3);
  const std::vector<ObjectFunction> known = {data.sets[0].truth, data.sets[1].truth};
  EXPECT_EQ(make_training_data(context, config, false, known, go_on).open_labels, 1) << "new ones only";
  config.ptychography.sweeps = 200;
  config.ptychography.tolerance = 0.5;  // anything will do
  EXPECT_EQ(make_training_data(context, config, false, {}, go_on).open_labels, 0);
}

// Two sweeps converge nowhere; audits and what is handed back are counted apart.
TEST(WatchedSolver, CountsRegionsThatDidNotConverge) {
  const Context context{Communicator::world()};
  SeriesRunConfig config = tiny();
  config.ptychography.sweeps = 2;
  const SeriesSet set = series_set(context, config, 0);
  const std::vector<int> all = [&] {
    std::vector<int> tiles(set.data.tiles.size());
    std::iota(tiles.begin(), tiles.end(), 0);
    return tiles;
  }();
  WatchedSolver solver(config.ptychography);
  ObjectFunction object = Ptychography::make_output(set.data);
  const ObjectFunction start = object;
  solver.evaluate_from(start, set.data, all, object);
  EXPECT_EQ(solver.handed_back().count, 1);
  EXPECT_EQ(solver.handed_back().open, 1);
  EXPECT_EQ(solver.audits().count, 0);
  solver.evaluate(set.data, std::vector<int>{0}, object);
  EXPECT_EQ(solver.audits().open, 1);
  solver.forget();
  EXPECT_EQ(solver.handed_back().count, 0);
}

TEST(Experiment, DataThatDoNotFitTheMemoryAreRefusedBeforeTheyAreMade) {
  const Context context{Communicator::world()};
  SeriesRunConfig config = tiny();
  config.data.count = 100000;
  config.data.memory_GiB = 0.01;
  EXPECT_THROW(make_training_data(context, config, true, {}, go_on), ConfigError);
}

}  // namespace
}  // namespace locum::apps
