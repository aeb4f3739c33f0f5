#include "surrogates/gate/policy.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::gate {
namespace {

std::string played(Policy& policy, const std::vector<double>& uncertainties) {
  std::string text;
  for (double u : uncertainties) {
    policy.begin_call();
    const auto verdict = policy.decide(0, u, 1.0, true);
    text += verdict.player == Player::surrogate ? 's' : to_string(verdict.reason)[0];
  }
  return text;
}

GateConfig quiet() {
  GateConfig config;
  config.audit_rate = 0.0;
  return config;
}

TEST(Policy, WarmUpIsTheSolversWhateverTheUncertainty) {
  GateConfig config = quiet();
  config.warm_up = 3;
  Policy policy(config, 1);
  EXPECT_EQ(played(policy, {0.1, 0.1, 2.0, 0.1, 0.1}), "wwwss");
}

TEST(Policy, TheSolverKeepsTheStepUntilItHasBeenCalmLongEnough) {
  GateConfig config = quiet();
  config.resume_calls = 3;
  config.resume_ratio = 0.8;
  Policy policy(config, 1);
  // 0.85 is below the threshold but not calm: the count of calm calls starts again.
  EXPECT_EQ(played(policy, {0.5, 1.5, 0.7, 0.7, 0.85, 0.7, 0.7, 0.7, 0.95}), "suhhhhhss");
}

TEST(Policy, DoesNotFlapWhenTheUncertaintySwingsAboutTheThreshold) {
  std::vector<double> swinging;
  for (int k = 0; k < 200; ++k) swinging.push_back(k % 2 ? 1.01 : 0.99);
  GateConfig config = quiet();
  config.max_hold = 0;
  Policy policy(config, 1);
  EXPECT_EQ(played(policy, swinging).substr(1).find('s'), std::string::npos);
  config.resume_calls = 0;  // without hysteresis it does, at every other call
  Policy flapping(config, 1);
  EXPECT_EQ(played(flapping, swinging).substr(0, 6), "sususu");
}

TEST(Policy, HoldsNoLongerThanAllowed) {
  GateConfig config = quiet();
  config.max_hold = 4;
  Policy policy(config, 1);
  EXPECT_EQ(played(policy, {1.5, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95}), "uhhhhss");
}

TEST(Policy, WhatIsNotANumberIsHandedBack) {
  Policy policy(quiet(), 1);
  EXPECT_EQ(played(policy, {std::nan(""), 2.0 / 0.0 * 0.0}), "uu");
  policy.begin_call();
  EXPECT_EQ(policy.decide(0, 0.1, std::nan(""), true).player, Player::solver);
  EXPECT_EQ(policy.decide(1, 0.1, 1.0, false).reason, Reason::uncalibrated);
}

TEST(Policy, EachSampleHasAHysteresisOfItsOwn) {
  Policy policy(quiet(), 1);
  policy.begin_call();
  policy.decide(0, 0.1, 1.0, true);
  policy.decide(1, 9.9, 1.0, true);
  policy.begin_call();
  EXPECT_EQ(policy.decide(0, 0.1, 1.0, true).reason, Reason::trusted);
  EXPECT_EQ(policy.decide(1, 0.1, 1.0, true).reason, Reason::hold);
}

TEST(Policy, ForceGivesEverythingToTheSolverWhileItLasts) {
  Policy policy(quiet(), 1);
  policy.force_solver(true);
  EXPECT_EQ(played(policy, {0.1, 0.1}), "ff");
  policy.force_solver(false);
  EXPECT_EQ(played(policy, {0.1}), "s");
}

// 100,000 draws at a rate of 0.05, half of the samples sure and half nearly not: both shares within four standard
// errors (0.001 each) of the rate, and the samples drawn are the same when the uncertainties are exchanged.
TEST(Policy, AuditsAreDrawnIndependentlyOfTheUncertainty) {
  GateConfig config;
  config.audit_rate = 0.05;
  Policy policy(config, 5), exchanged(config, 5);
  int sure = 0, unsure = 0;
  for (int call = 0; call < 100000; ++call) {
    policy.begin_call();
    exchanged.begin_call();
    const bool is_sure = random::bits(9, random::Stream::shuffle, call, 0).word[0] & 1u;
    const bool audited = policy.decide(0, is_sure ? 0.01 : 0.99, 1.0, true).audited;
    (is_sure ? sure : unsure) += audited;
    EXPECT_EQ(exchanged.decide(0, is_sure ? 0.99 : 0.01, 1.0, true).audited, audited);
  }
  EXPECT_NEAR(sure / 50000.0, 0.05, 0.004);
  EXPECT_NEAR(unsure / 50000.0, 0.05, 0.004);
}

TEST(Policy, DecidesTheSameAfterARestart) {
  GateConfig config;
  config.audit_rate = 0.3;
  config.resume_calls = 3;
  const auto uncertainty = [](int call, int sample) {
    return 1.2 * random::uniform(3, random::Stream::shuffle, call, sample);
  };
  Policy unbroken(config, 2);
  const auto advance = [&](Policy& policy, int from, int to) {
    std::vector<int> all;
    for (int call = from; call < to; ++call) {
      policy.begin_call();
      for (int s = 0; s < 3; ++s) {
        const auto v = policy.decide(s, uncertainty(call, s), 1.0, true);
        all.push_back(10 * static_cast<int>(v.reason) + v.audited);
      }
    }
    return all;
  };
  advance(unbroken, 0, 57);
  Policy restarted(config, 2);
  restarted.restore(unbroken.state());
  EXPECT_EQ(advance(restarted, 57, 200), advance(unbroken, 57, 200));
}

TEST(GateConfig, RefusesValuesOutOfRange) {
  EXPECT_NO_THROW(GateConfig{}.validate());
  GateConfig config;
  config.audit_rate = 1.5;
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.coverage = std::nan("");
  EXPECT_THROW(config.validate(), ConfigError);
  config = {};
  config.label_spacing = 0;
  EXPECT_THROW(config.validate(), ConfigError);
  EXPECT_THROW(Policy(GateConfig{}, 1).set_audit_rate(-0.1), ConfigError);
}

}  // namespace
}  // namespace locum::gate
