#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/invariants/rounding.hpp"
#include "surrogates/potential/training/learner.hpp"
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

double rms_difference(const test::Answer& a, const test::Answer& b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < a.force.size(); ++k) sum += std::pow(a.force[k] - b.force[k], 2);
  return std::sqrt(sum / static_cast<double>(a.force.size()));
}

test::Answer answer_in(Precision precision, const std::shared_ptr<NeuralPotential>& potential,
                       const FrameLabel& label) {
  potential->precision = precision;
  potential->upload();
  return test::answer(potential, label);
}

TEST(Precision, FewerBitsOfOperandsCostMoreAndLeaveTheLinearPartAlone) {
  const auto potential = test::random_potential(small_config(3), {6, 14});
  const FrameLabel label = test::disordered_diamond(true, 7, 2);
  const auto full = answer_in(Precision::fp64, potential, label);
  const auto error = [&](Precision p) { return rms_difference(answer_in(p, potential, label), full); };
  const double single = error(Precision::fp32), tf32 = error(Precision::tf32), fp16 = error(Precision::fp16),
               bf16 = error(Precision::bf16), int8 = error(Precision::int8);
  EXPECT_GT(tf32, 10.0 * single);
  EXPECT_GT(bf16, 4.0 * tf32);  // three bits less: eight times in the mean
  EXPECT_LT(fp16, 2.0 * tf32);  // as many bits of fraction
  EXPECT_GT(int8, 0.0);
  double size = 0.0;
  for (const double f : full.force) size += f * f;
  size = std::sqrt(size / static_cast<double>(full.force.size()));
  EXPECT_LT(bf16, 0.05 * size);
  EXPECT_LT(int8, 0.1 * size);  // its steps are of the data's deviations, and this model has seen none

  potential->use_network = false;
  const auto linear = answer_in(Precision::fp64, potential, label);
  for (const Precision p : {Precision::bf16, Precision::int8})
    EXPECT_LT(rms_difference(answer_in(p, potential, label), linear), 1e-5 * size);
}

TEST(Precision, AComponentThatNothingProjectsOnIsNoDivisionByZero) {
  const auto potential = test::random_potential(small_config(2), {14});
  auto& projection = potential->species()[0].projection;
  for (std::size_t m = 0; m < projection.size(); m += potential->config().components) projection[m] = 0.0;
  const auto answer = answer_in(Precision::int8, potential, test::disordered_diamond(false));
  for (const double f : answer.force) EXPECT_TRUE(std::isfinite(f));
}

TEST(Precision, RoundingKeepsTheBitsThatAFormatHas) {
  const float values[] = {1.0f, -1.2345678f, 3.1415927e-3f, 777.77f, -1e-9f, 0.0f};
  for (const float a : values) {
    EXPECT_NEAR(rounded(a, Precision::tf32), a, std::ldexp(std::abs(a), -11));
    EXPECT_NEAR(rounded(a, Precision::bf16), a, std::ldexp(std::abs(a), -8));
    EXPECT_NEAR(rounded(a, Precision::fp16), a, std::ldexp(std::abs(a), -11) + std::ldexp(1.0, -25));
    EXPECT_EQ(rounded(a, Precision::fp32), a);
    for (const Precision p : {Precision::tf32, Precision::bf16, Precision::fp16})
      EXPECT_EQ(rounded(rounded(a, p), p), rounded(a, p));
  }
  EXPECT_EQ(rounded(1.0f + 0x1p-8f, Precision::bf16), 1.0f);  // a tie goes to the even one
  EXPECT_EQ(rounded(1.0f + 3 * 0x1p-8f, Precision::bf16), 1.0f + 0x1p-6f);
  EXPECT_EQ(rounded(1e6f, Precision::fp16), 65504.0f);
  EXPECT_EQ(in_steps(0.26f, 0.1f), 0.1f * 3.0f);
  EXPECT_EQ(in_steps(-100.0f, 0.1f), -0.1f * 127.0f);
  EXPECT_EQ(in_steps(1.0f, 0.0f), 0.0f);
}

TEST(Precision, IsKeptInTheRecordAndAbsentMeansDouble) {
  const auto potential = test::random_potential(small_config(2), {14});
  potential->precision = Precision::fp32;
  FieldTree record = potential->record();
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

LearnerOptions in_single(double bound) {
  LearnerOptions options;
  options.inference.precision = "fp32";
  options.inference.bound = bound;
  return options;
}

// A linear student of a linear teacher with a little more: quick to fit, and wrong by something.
PrecisionCheck check_after_fit(double bound, Precision& granted, double& rmse) {
  PotentialConfig teacher = small_config(2), student = teacher;
  student.four_body_radials = 0;
  const auto frames = test::labelled_frames(test::random_potential(teacher, {14}), false, 4, 3);
  TrainingConfig training;
  training.network = false;
  training.validation_fraction = 0.25;
  PotentialLearner learner(Context{}, student, training, frames, in_single(bound));
  const auto report = learner.fit();
  rmse = report.metrics.at("validation/force_rmse_eV_per_A");
  granted = learner.potential()->precision;
  PotentialLearner restarted(Context{}, student, training, frames, in_single(bound));
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
