#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/learner.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

PotentialConfig small_config(int l_max) {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 4;
  config.l_max = l_max;
  config.four_body_radials = 2;
  config.four_body_l_max = std::min(l_max, 3);
  config.components = 10;
  config.hidden = 9;
  config.members = 3;
  return config;
}

struct Case {
  const char* name;
  bool two_elements;
  int l_max;
  double core;
};

class SinglePrecision : public ::testing::TestWithParam<Case> {};

// Sums of some hundred rounded terms of order one: 1e-5 is what 6e-8 a term may come to at worst.
TEST_P(SinglePrecision, AnswersAsDoubleToItsRounding) {
  PotentialConfig config = small_config(GetParam().l_max);
  config.core_distance = GetParam().core;
  const auto potential =
      test::random_potential(config, GetParam().two_elements ? std::vector<int>{6, 14} : std::vector<int>{14});
  for (int repeats = 1; repeats <= 2; ++repeats) {  // 8 atoms fill half a pack, 64 in species of 22 and 42 fill none
    const FrameLabel label = test::disordered_diamond(GetParam().two_elements, 7, repeats);
    potential->precision = Precision::fp64;
    const auto full = test::answer(potential, label);
    potential->precision = Precision::fp32;
    const auto single = test::answer(potential, label);
    double largest = 0.0, difference = 0.0;
    for (std::size_t k = 0; k < full.force.size(); ++k) {
      largest = std::max(largest, std::abs(full.force[k]));
      difference = std::max(difference, std::abs(single.force[k] - full.force[k]));
    }
    EXPECT_LT(difference, 1e-5 * largest);
    EXPECT_GT(difference, 0.0);  // or it was not single precision at all
    EXPECT_NEAR(single.result.energy, full.result.energy, 1e-6 * std::abs(full.result.energy));
    EXPECT_NEAR(single.score, full.score, 1e-4 * full.score);
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b)
        EXPECT_NEAR(single.result.virial[a][b], full.result.virial[a][b], 1e-5 * std::abs(full.result.virial[a][a]));
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SinglePrecision,
                         ::testing::Values(Case{"one", false, 2, 0.0}, Case{"two", true, 3, 0.0},
                                           Case{"core", true, 4, 2.6}, Case{"highest", false, 5, 0.0}),
                         [](const auto& info) { return info.param.name; });

TEST(Precision, IsKeptInTheRecordAndAbsentMeansDouble) {
  const auto potential = test::random_potential(small_config(2), {14});
  potential->precision = Precision::fp32;
  PotentialRecord record = potential->record();
  EXPECT_EQ(record.attributes.at("inference_precision"), "fp32");
  EXPECT_EQ(NeuralPotential::from_record(record)->precision, Precision::fp32);
  record.attributes.erase("inference_precision");
  EXPECT_EQ(NeuralPotential::from_record(record)->precision, Precision::fp64);
  record.attributes["inference_precision"] = "fp31";
  EXPECT_THROW(NeuralPotential::from_record(record), ConfigError);
}

TEST(Precision, UnknownWordsAndBoundsAreRefused) {
  InferenceConfig config;
  EXPECT_NO_THROW(config.validate());
  config.precision = "single";
  EXPECT_THROW(config.validate(), ConfigError);
  config.precision = "fp32";
  config.bound = -1.0;
  EXPECT_THROW(config.validate(), ConfigError);
}

// A linear student of a linear teacher with a little more: quick to fit, and wrong by something.
PrecisionCheck check_after_fit(double bound, Precision& granted, double& rmse) {
  PotentialConfig teacher = small_config(2), student = teacher;
  student.four_body_radials = 0;
  const auto frames = test::labelled_frames(test::random_potential(teacher, {14}), false, 4, 3);
  TrainingConfig training;
  training.network = false;
  training.validation_fraction = 0.25;
  PotentialLearner learner(Context{}, student, training, frames, {"fp32", bound});
  const auto report = learner.fit();
  rmse = report.metrics.at("validation/force_rmse_eV_per_A");
  granted = learner.potential()->precision;
  PotentialLearner restarted(Context{}, student, training, frames, {"fp32", bound});
  restarted.restore(learner.state());
  EXPECT_EQ(restarted.potential()->precision, granted);
  return learner.precision();
}

TEST(Precision, IsGrantedOnlyWithinTheBound) {
  Precision granted = Precision::fp64;
  double rmse = 0.0;
  const PrecisionCheck within = check_after_fit(0.02, granted, rmse);
  EXPECT_EQ(granted, Precision::fp32);
  EXPECT_EQ(within.granted, Precision::fp32);
  EXPECT_GT(within.rms, 0.0);
  EXPECT_GE(within.largest, within.rms);
  EXPECT_NEAR(within.held_out, rmse, 1e-4 * rmse);
  EXPECT_NE(within.text().find("granted"), std::string::npos);

  const PrecisionCheck beyond = check_after_fit(0.5 * within.rms / within.held_out, granted, rmse);
  EXPECT_EQ(granted, Precision::fp64);
  EXPECT_EQ(beyond.granted, Precision::fp64);
  EXPECT_EQ(beyond.wanted, Precision::fp32);
  EXPECT_NE(beyond.text().find("refused"), std::string::npos);
}

}  // namespace
}  // namespace locum::potential
