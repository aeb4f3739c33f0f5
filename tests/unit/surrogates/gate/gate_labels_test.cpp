// What the gate gives its learner, when that learns, and what it is worth.
#include <gtest/gtest.h>

#include <cmath>

#include "surrogates/gate/gate.hpp"
#include "tests/unit/surrogates/gate/play.hpp"

namespace locum::gate {
namespace {

using namespace toy;

TEST(GateLabels, LearningInTheRunMendsTheBlindSpot) {
  GateConfig config = toy_config();
  config.labels_to_update = 20;
  config.correct_by_audits = false;  // which swings by some per cent
  Play play(true, config);
  int told = 0;
  play.gate.on_update([&](const Update& update) {
    ++told;
    EXPECT_GE(update.fit.samples, 20);
    EXPECT_GT(update.threshold, 0.0);
  });
  play.run(200);
  const std::size_t n = play.decisions.size();
  EXPECT_GT(play.fallback_share(0, 100), 0.08);   // the blind spot is 15 % of the domain
  EXPECT_EQ(play.fallback_share(n / 2, n), 0.0);  // by then labels lie closer than 0.2 everywhere in it
  EXPECT_EQ(told, play.learner.updates);
  EXPECT_EQ(play.gate.ledger().updates(), told);
  EXPECT_GE(told, 1);
  EXPECT_EQ(play.gate.ledger().labels(), static_cast<std::int64_t>(play.learner.labels.size()));
}

TEST(GateLabels, LabelsAuditedSamplesEvenWhereTheScoreDoesNotRise) {
  GateConfig config = toy_config();
  config.labels_to_update = 50;
  Play play(false, config);
  play.run(900);
  double late = 0.0;
  for (std::size_t k = play.x.size() - 500; k < play.x.size(); ++k)
    late = std::max(late, play.surrogate.true_error(play.x[k]).largest);
  EXPECT_LT(late, 6 * Surrogate::usual);  // 4,000 normal numbers stay below 5 deviations; the blind spot had 20
}

TEST(GateLabels, LearnsNoMoreOftenThanAllowed) {
  GateConfig config = toy_config();
  config.labels_to_update = 5;
  config.max_updates = 2;
  Play play(true, config);
  play.run(200);
  EXPECT_EQ(play.learner.updates, 2);
  EXPECT_GT(play.learner.labels.size(), 10u);
}

TEST(GateLabels, KeepsLabelsOfHandedBackSamplesApartWhenTold) {
  GateConfig config = toy_config();
  config.audit_rate = 0.0;
  config.label_spacing = 10;
  Play play(true, config, 1, 1);
  play.gate.force_solver(true);
  play.run(95);
  EXPECT_EQ(play.learner.labels.size(), 10u);  // calls 0, 10, … 90
}

TEST(GateLabels, SpreadsTheLabelsOfACallOverWhatItHandsBack) {
  GateConfig config = toy_config();
  config.audit_rate = 0.0;
  config.labels_a_call = 3;
  Play play(true, config, 1, 10);
  play.gate.force_solver(true);
  play.run(4);
  EXPECT_EQ(play.learner.labels.size(), 12u);  // of each call, though its samples bear the numbers of the one before
  config.labels_a_call = 10;
  Play whole(true, config, 1, 10);
  whole.gate.force_solver(true);
  whole.run(1);
  EXPECT_EQ(whole.learner.labels.size(), 10u);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(play.learner.labels[k], whole.learner.labels[3 * k + 3]);
}

TEST(GateLabels, KeepsNoLabelsThatNobodyWillLearnFromWhenTold) {
  GateConfig config = toy_config();
  config.labels_to_update = 5;
  config.max_updates = 1;
  config.keep_labels = false;
  Play play(true, config, 1, 1);
  play.gate.force_solver(true);
  play.run(20);
  EXPECT_EQ(play.learner.updates, 1);
  EXPECT_EQ(play.learner.labels.size(), 5u);
}

}  // namespace
}  // namespace locum::gate
