#include "surrogates/gate/calibration.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::gate {
namespace {

using train::CalibrationPair;

TEST(ConformalQuantile, TakesTheFiniteSampleRank) {
  std::vector<double> values;
  for (int k = 19; k >= 1; --k) values.push_back(k);
  EXPECT_EQ(conformal_quantile(values, 0.9), 18.0);   // ⌈20 · 0.9⌉
  EXPECT_EQ(conformal_quantile(values, 0.95), 19.0);  // ⌈20 · 0.95⌉
  EXPECT_EQ(conformal_quantile(values, 0.5), 10.0);
}

TEST(ConformalQuantile, RefusesTooFewPairsForItsLevel) {
  EXPECT_EQ(pairs_needed(0.9), 9u);
  EXPECT_EQ(pairs_needed(0.95), 19u);
  EXPECT_EQ(pairs_needed(0.5), 1u);
  EXPECT_NO_THROW(conformal_quantile(std::vector<double>(9, 1.0), 0.9));
  EXPECT_THROW(conformal_quantile(std::vector<double>(8, 1.0), 0.9), ConfigError);
  EXPECT_THROW(conformal_quantile({}, 0.9), ConfigError);
}

CalibrationPair random_pair(std::uint64_t seed, std::uint64_t k) {
  const double score = 0.1 + random::uniform(seed, random::Stream::shuffle, k, 0);
  const double normal = random::normal_pair(seed, random::Stream::shuffle, k, 1).first;
  return {score, score * std::exp(0.5 * normal)};
}

// The theorem, over exchangeable data: n = 99 held-out pairs, one new one, 20,000 seeds. 0.9 ≤ coverage ≤ 0.91; three
// standard errors of 20,000 trials are 0.0064.
TEST(Calibration, CoversExchangeableDataAtItsLevel) {
  const int trials = 20000;
  int held = 0;
  for (int seed = 0; seed < trials; ++seed) {
    std::vector<CalibrationPair> pairs;
    for (int k = 0; k < 99; ++k) pairs.push_back(random_pair(seed, k));
    Calibration calibration{GateConfig{}};
    calibration.fit(pairs);
    const CalibrationPair fresh = random_pair(seed, 1000);
    held += fresh.error <= calibration.uncertainty(fresh.score);
  }
  const double coverage = static_cast<double>(held) / trials;
  EXPECT_GT(coverage, 0.9 - 0.0064);
  EXPECT_LT(coverage, 0.91 + 0.0064);
}

std::vector<CalibrationPair> plain_pairs(double scale = 1.0) {
  std::vector<CalibrationPair> pairs;
  for (int k = 1; k <= 100; ++k) pairs.push_back({scale * 0.01 * k, scale * 0.02 * k});
  return pairs;
}

TEST(Calibration, FindsTheThresholdOnceUnlessToldToMoveIt) {
  GateConfig config;
  config.threshold_factor = 1.5;
  Calibration calibration(config);
  calibration.fit(plain_pairs());
  EXPECT_DOUBLE_EQ(calibration.scale(), 2.0);
  EXPECT_DOUBLE_EQ(calibration.threshold(), 1.5 * 2.0 * 0.95);
  calibration.fit(plain_pairs(3.0));
  EXPECT_DOUBLE_EQ(calibration.threshold(), 1.5 * 2.0 * 0.95);

  config.moving_threshold = true;
  Calibration moving(config);
  moving.fit(plain_pairs());
  moving.fit(plain_pairs(3.0));
  EXPECT_DOUBLE_EQ(moving.threshold(), 3.0 * 1.5 * 2.0 * 0.95);
}

TEST(Calibration, KeepsAThresholdThatIsGiven) {
  GateConfig config;
  config.threshold = 0.3;
  Calibration calibration(config);
  calibration.fit(plain_pairs());
  EXPECT_EQ(calibration.threshold(), 0.3);
  Calibration elsewhere{GateConfig{}};
  elsewhere.fit(plain_pairs());
  calibration.restore(elsewhere.state());
  EXPECT_EQ(calibration.threshold(), 0.3);
}

TEST(Calibration, TrustsNoScoreThatIsNotANumber) {
  Calibration calibration{GateConfig{}};
  EXPECT_EQ(calibration.uncertainty(0.1), std::numeric_limits<double>::infinity());  // before fit
  calibration.fit(plain_pairs());
  for (double score : {std::nan(""), std::numeric_limits<double>::infinity(), -1e-9})
    EXPECT_EQ(calibration.uncertainty(score), std::numeric_limits<double>::infinity());
}

TEST(Calibration, GivesAScoreOfZeroTheBoundOfTheFloor) {
  Calibration calibration{GateConfig{}};
  calibration.fit(plain_pairs());
  EXPECT_DOUBLE_EQ(calibration.uncertainty(0.0), 2.0 * 0.01 * 0.5);  // 1 % of the median score
  std::vector<CalibrationPair> silent;
  for (int k = 1; k <= 9; ++k) silent.push_back({0.0, 0.1 * k});
  calibration.fit(silent);
  EXPECT_DOUBLE_EQ(calibration.uncertainty(0.0), 0.9);  // no score says anything: the quantile of the errors
}

TEST(Calibration, GroupsCountAsOneEachAndOneMoreLiesBeyondAll) {
  // Nine groups at 0.9 need all of their weight: the largest. Nineteen need 18 of 19: group 18 of those below.
  std::vector<std::vector<double>> groups;
  for (int k = 1; k <= 9; ++k) groups.push_back(std::vector<double>(k, k));  // of different size
  EXPECT_EQ(hierarchical_quantile(groups, 0.9), 9.0);
  for (int k = 10; k <= 19; ++k) groups.push_back({static_cast<double>(k)});
  EXPECT_EQ(hierarchical_quantile(groups, 0.9), 18.0);
  groups.resize(8);
  EXPECT_THROW(hierarchical_quantile(groups, 0.9), ConfigError);
}

// Frames of very different error, atoms of one frame alike: a bound for atoms of new frames must know that it has seen
// a few frames and not thousands of atoms. 400 repetitions: the mean of coverages is known to about 0.3 %.
TEST(Calibration, HierarchicalQuantileCoversAtomsOfNewFrames) {
  const int frames = 30, atoms = 40, repeats = 400;
  double covered = 0.0, flat = 0.0;
  for (int t = 0; t < repeats; ++t) {
    std::vector<std::vector<double>> groups(frames);
    std::vector<double> all;
    for (int f = 0; f <= frames; ++f) {
      const auto n = random::normal_pair(11, random::Stream::bootstrap, t, f);
      std::vector<double> of_frame;
      for (int a = 0; a < atoms; ++a) {
        const auto m = random::normal_pair(12, random::Stream::bootstrap, t * 100 + f, a);
        of_frame.push_back(std::exp(n.first) * std::abs(m.first));
      }
      if (f < frames) {
        groups[f] = of_frame;
        all.insert(all.end(), of_frame.begin(), of_frame.end());
        continue;
      }
      const double q = hierarchical_quantile(groups, 0.9), p = conformal_quantile(all, 0.9);
      for (const double r : of_frame) {
        covered += (r <= q) / static_cast<double>(atoms * repeats);
        flat += (r <= p) / static_cast<double>(atoms * repeats);
      }
    }
  }
  EXPECT_GT(covered, 0.895);
  EXPECT_LT(covered, 0.945);  // at most 1 / (frames + 1) above, and that error
  EXPECT_LT(flat, covered);
}

// For errors in any order, here long stretches of bad ones: none of the usual theorems' exchangeability.
TEST(Calibration, TheCorrectionKeepsItsPromiseForErrorsInAnyOrder) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Calibration calibration{GateConfig{}};
    calibration.fit(plain_pairs());
    int exceeded = 0;
    for (int k = 0; k < 300; ++k) {
      const double drift = random::uniform(seed, random::Stream::shuffle, k / 40, 0);
      const double error = 8.0 * drift * random::uniform(seed, random::Stream::shuffle, k, 1);
      const bool beyond = error > calibration.uncertainty(1.0);  // 2 without a correction
      exceeded += beyond;
      calibration.correct(beyond);
      const double c = calibration.correction();
      ASSERT_GE(c, 1.0);
      ASSERT_LE(exceeded, 0.1 * (k + 1) + std::log(c) / Calibration::correction_step + 1e-9) << seed;
    }
    EXPECT_LE(calibration.correction(), 8.0 / 2.0 * std::exp(Calibration::correction_step));  // never far beyond need
  }
}

TEST(Calibration, ACorrectionThatIsNotNeededLeavesTheBoundsAlmostAlone) {
  Calibration calibration{GateConfig{}};
  double mean = 0.0;
  for (std::uint64_t k = 0; k < 20000; ++k) {
    calibration.correct(random::uniform(5, random::Stream::shuffle, k, 0) < 0.05);  // better than promised
    mean += calibration.correction() / 20000.0;
  }
  EXPECT_LT(mean, 1.1);
}

TEST(Calibration, ACorrectionDoesNotMoveAMovingThresholdAndEndsWhereItIsSwitchedOff) {
  GateConfig config;
  config.moving_threshold = true;
  Calibration calibration(config);
  calibration.fit(plain_pairs());
  const double threshold = calibration.threshold();
  for (int k = 0; k < 10; ++k) calibration.correct(true);
  EXPECT_NEAR(calibration.correction(), std::exp(10 * Calibration::correction_step * 0.9), 1e-9);
  calibration.fit(plain_pairs());
  EXPECT_DOUBLE_EQ(calibration.threshold(), threshold);
  config.correct_by_audits = false;
  Calibration uncorrected(config);
  uncorrected.restore(calibration.state());
  EXPECT_EQ(uncorrected.correction(), 1.0);
  uncorrected.correct(true);
  EXPECT_EQ(uncorrected.correction(), 1.0);
}

TEST(Calibration, RefusesPairsThatAreNotErrors) {
  Calibration calibration{GateConfig{}};
  auto pairs = plain_pairs();
  pairs[3].error = std::nan("");
  EXPECT_THROW(calibration.fit(pairs), NumericalError);
  pairs[3] = {-1.0, 0.0};
  EXPECT_THROW(calibration.fit(pairs), NumericalError);
  EXPECT_FALSE(calibration.fitted());
}

}  // namespace
}  // namespace locum::gate
