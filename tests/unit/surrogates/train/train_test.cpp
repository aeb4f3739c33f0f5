#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/train/schedule.hpp"
#include "surrogates/train/split.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::train {
namespace {

// Mean over samples of Σ_k (p_k − target_k(sample))²: minimum at the mean of the targets.
class Bowl final : public Objective {
 public:
  std::size_t parameters() const override { return 3; }
  int samples() const override { return 10; }
  double gradient(std::span<const double> p, std::span<const int> batch, std::span<double> g) override {
    std::fill(g.begin(), g.end(), 0.0);
    double loss = 0.0;
    for (const int s : batch)
      for (int k = 0; k < 3; ++k) {
        const double off = p[k] - (k + 0.01 * s);
        loss += off * off / batch.size();
        g[k] += 2.0 * off / batch.size();
      }
    return loss;
  }
  std::map<std::string, double> validate(std::span<const double> p) override {
    double loss = 0.0;
    for (int k = 0; k < 3; ++k) loss += (p[k] - k - 0.045) * (p[k] - k - 0.045);
    return {{"validation/loss", loss}};
  }
};

TrainerConfig bowl_config() {
  TrainerConfig config;
  config.epochs = 60;
  config.batch = 3;  // does not divide the number of samples
  config.learning_rate = 0.1;
  config.patience = 60;
  return config;
}

TEST(Trainer, FindsTheBottomOfABowl) {
  Bowl bowl;
  Trainer trainer(bowl_config(), {5.0, -3.0, 0.0});
  trainer.run(bowl);
  EXPECT_EQ(trainer.epochs_done(), 60);
  EXPECT_LT(trainer.best_loss(), 1e-3);  // the start is 38 away; noise of a batch is 0.03
}

TEST(Trainer, ResumedHalfWayItEndsBitForBitTheSame) {
  Bowl bowl;
  Trainer whole(bowl_config(), {5.0, -3.0, 0.0});
  FieldSet kept;
  whole.run(bowl, [&](int epoch, const auto&) {
    if (epoch == 23) kept = whole.state();
  });
  Trainer second(bowl_config(), {0.0, 0.0, 0.0});
  second.restore(kept);
  second.run(bowl);
  EXPECT_EQ(second.best(), whole.best());
  EXPECT_EQ(second.state().real("parameters"), whole.state().real("parameters"));
}

TEST(Trainer, StopsWhenValidationNoLongerImproves) {
  Bowl bowl;
  TrainerConfig config = bowl_config();
  config.learning_rate = 0.0;
  config.patience = 4;
  Trainer trainer(config, {0.0, 0.0, 0.0});
  trainer.run(bowl);
  EXPECT_EQ(trainer.epochs_done(), 5);
}

TEST(Shuffle, IsAPermutationThatDependsOnTheEpoch) {
  auto first = shuffled(17, 1, 0);
  EXPECT_EQ(first, shuffled(17, 1, 0));
  EXPECT_NE(first, shuffled(17, 1, 1));
  std::sort(first.begin(), first.end());
  for (int k = 0; k < 17; ++k) EXPECT_EQ(first[k], k);
  EXPECT_TRUE(shuffled(0, 1, 0).empty());
}

TEST(Schedule, RisesThenFallsToZero) {
  EXPECT_EQ(cosine_schedule(0.0, 0.1, 2.0), 0.0);
  EXPECT_DOUBLE_EQ(cosine_schedule(0.1, 0.1, 2.0), 2.0);
  EXPECT_NEAR(cosine_schedule(1.0, 0.1, 2.0), 0.0, 1e-15);
}

TEST(Split, TakesWholeTrajectories) {
  std::vector<std::int64_t> trajectory;
  for (int t = 0; t < 20; ++t)
    for (int k = 0; k < 3; ++k) trajectory.push_back(t);
  const auto part = split_by_trajectory(trajectory, 0.15, 0.1);
  std::set<std::int64_t> by_part[3];
  for (std::size_t k = 0; k < part.size(); ++k) by_part[static_cast<int>(part[k])].insert(trajectory[k]);
  EXPECT_EQ(by_part[0].size(), 15u);
  EXPECT_EQ(by_part[1].size(), 3u);
  EXPECT_EQ(by_part[2].size(), 2u);
}

TEST(Split, FoldsHoldEachTrajectoryOutInTurn) {
  std::vector<std::int64_t> trajectory;
  for (int t = 0; t < 20; ++t) trajectory.push_back(t);
  std::vector<int> times(20, 0);
  for (int fold = 0; fold < 5; ++fold) {
    const auto part = split_by_trajectory(trajectory, 0.2, 0.0, fold);
    for (int t = 0; t < 20; ++t) times[t] += part[t] == Part::validation;
  }
  EXPECT_EQ(times, std::vector<int>(20, 1));
}

TEST(Split, TwoTrajectoriesAreEnoughAndOneIsNot) {
  const std::vector<std::int64_t> two{4, 4, 9}, one{4, 4, 4};
  const auto part = split_by_trajectory(two, 0.1, 0.0);
  EXPECT_EQ(std::count(part.begin(), part.end(), Part::validation), 1 + (part[0] == Part::validation));
  EXPECT_THROW(split_by_trajectory(one, 0.1, 0.0), ConfigError);
  EXPECT_THROW(split_by_trajectory(two, 0.1, 0.1), ConfigError);
}

}  // namespace
}  // namespace locum::train
