#include "surrogates/gate/gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/gate/play.hpp"

namespace locum::gate {
namespace {

using namespace toy;

TEST(Gate, FallsBackWhereTheSurrogateIsWrong) {
  Play play(true, toy_config());
  play.run(300);
  int blind = 0, blind_back = 0, good = 0, good_back = 0;
  for (std::size_t k = 0; k < play.x.size(); ++k) {
    const bool back = play.decisions[k].player == Player::solver;
    if (in_blind_spot(play.x[k])) {
      ++blind;
      blind_back += back;
    } else {
      ++good;
      good_back += back;
    }
  }
  ASSERT_GT(blind, 200);
  EXPECT_EQ(blind_back, blind);  // its score is 20 times the usual there, its own scatter a factor of 3
  // Scores of at most 1.5 (0.95-quantile 1.45) times the usual scale against a threshold of 1.25 · 1.45.
  EXPECT_EQ(good_back, 0) << good;
}

TEST(Gate, TheCallerGetsTheSolversAnswerBackAndTheSurrogatesOfAnAudit) {
  Play play(true, toy_config());
  play.run(100);
  const int c = Communicator::world().rank() % components;
  int audited = 0, back = 0;
  for (std::size_t k = 0; k < play.x.size(); ++k) {
    const Decision& d = play.decisions[k];
    const double expected = d.player == Player::solver ? std::sin(play.x[k] + c) : play.surrogate.answer(play.x[k], c);
    EXPECT_EQ(play.answers[k], expected);
    audited += d.audited;
    back += d.player == Player::solver;
    EXPECT_EQ(d.both_played(), !std::isnan(d.error));
    if (d.both_played()) {
      const SampleError truth = play.surrogate.true_error(play.x[k]);
      EXPECT_NEAR(d.error, truth.largest, 1e-14);  // a few roundings of numbers of order one
      EXPECT_NEAR(d.mean_square, truth.mean_square, 1e-14);
    }
  }
  EXPECT_GT(audited, 20);
  EXPECT_GT(back, 20);
  EXPECT_EQ(play.solver.answered, audited + back);
}

// What iterates: keeps which samples it began from an answer that was there, and what that answer was.
class StartingSolver final : public Step<Batch> {
 public:
  std::string name() const override { return "sine, from a start"; }
  void evaluate(const Batch::Input& in, std::span<const int> samples, Batch::Output& out) override {
    neutral += static_cast<std::int64_t>(samples.size());
    sine_.evaluate(in, samples, out);
  }
  void evaluate_from(const Batch::Output& start, const Batch::Input& in, std::span<const int> samples,
                     Batch::Output& out) override {
    for (int s : samples) starts.push_back({in.x[s], start[s * components]});
    sine_.evaluate(in, samples, out);
  }
  struct Start {
    double x, answer;
  };
  std::vector<Start> starts;
  std::int64_t neutral = 0;

 private:
  Solver sine_;
};

TEST(Gate, TheSolverMayStartFromTheSurrogatesAnswerButNotToJudgeIt) {
  for (bool knows_itself : {true, false}) {
    StartingSolver solver;
    Surrogate surrogate(knows_itself);
    Learner learner(surrogate);
    Gate<Batch> gate(solver, surrogate, &learner, toy_config(), metric, Context{});
    std::int64_t back = 0, audited = 0, judged = 0;
    for (int call = 0; call < 60; ++call) {
      Batch::Input input;
      for (int s = 0; s < 7; ++s) input.x.push_back(uniform_x(1, call * 7 + s));
      Batch::Output output = Batch::make_output(input);
      gate.evaluate(input, all_of(input), output);
      for (const Decision& d : gate.last_decisions()) {
        back += d.player == Player::solver;
        audited += d.audited;
        judged += d.judged;
        EXPECT_TRUE(d.judged || !d.audited);
      }
    }
    ASSERT_GT(back, 20);
    ASSERT_GE(audited, 9);
    EXPECT_EQ(gate.audit().count(), audited);
    EXPECT_EQ(gate.account().calls.audited, audited);
    EXPECT_EQ(judged > audited, !knows_itself) << "the correction hands back everything of what errs unawares";
    EXPECT_EQ(static_cast<std::int64_t>(solver.starts.size()), back);
    EXPECT_EQ(solver.neutral, judged);
    for (const auto& start : solver.starts) EXPECT_EQ(start.answer, surrogate.answer(start.x, 0));
  }
}

TEST(Gate, ACallOfWhichMuchIsStrangeIsHandedBackWhole) {
  GateConfig config = toy_config();
  config.all_above = 0.3;
  Play play(true, config);
  play.run(100);
  const std::size_t batch = static_cast<std::size_t>(play.batch_size);
  int whole = 0, in_part = 0;
  for (std::size_t first = 0; first < play.x.size(); first += batch) {
    std::size_t uncertain = 0, company = 0, audited = 0, back = 0;
    for (std::size_t k = first; k < first + batch; ++k) {
      uncertain += play.decisions[k].reason == Reason::uncertain;
      company += play.decisions[k].reason == Reason::company;
      back += play.decisions[k].player == Player::solver;
      audited += play.decisions[k].audited;
    }
    if (uncertain >= 3) {  // of 7: more than 0.3
      ++whole;
      EXPECT_EQ(back, batch);
      EXPECT_EQ(company, batch - uncertain);
      EXPECT_EQ(audited, 0u) << "what the surrogate did not play cannot be audited";
    } else {
      in_part += uncertain > 0;
      EXPECT_EQ(back, uncertain);
      EXPECT_EQ(company, 0u);
    }
  }
  EXPECT_GT(whole, 3);
  EXPECT_GT(in_part, 10);
}

// A surrogate that is wrong where its score does not rise: nobody but audits can tell.
TEST(Gate, OnlyAuditsTellOfABlindSpotThatTheScoreDoesNotShow) {
  GateConfig config = toy_config();
  config.correct_by_audits = false;
  Play play(false, config);
  play.run(300);
  EXPECT_LT(play.fallback_share(0, play.decisions.size()), 0.01);
  EXPECT_GT(play.gate.audit().estimate(), 5 * Surrogate::usual);
  EXPECT_TRUE(play.gate.account().bound_is_broken());
}

// The blind spot is 15 % of the domain and no score shows it: a bound that covers 90 % must then cover its errors too,
// and the gate stops trusting the surrogate.
TEST(Gate, AuditsTakeTrustFromASurrogateThatIsWrongWhereItIsSure) {
  Play play(false, toy_config());
  double widest = 1.0;  // a hundred judged samples may by chance have few of the blind spot
  for (int k = 0; k < 30; ++k) {
    play.run(10);
    widest = std::max(widest, play.gate.calibration().correction());
  }
  const std::size_t n = play.decisions.size();
  EXPECT_LT(play.fallback_share(0, 50), 0.01);  // fewer than the 9 audits that a correction asks for
  EXPECT_GT(play.fallback_share(n / 2, n), 0.5);
  EXPECT_GT(widest, 2.0);
  EXPECT_FALSE(play.gate.account().bound_is_broken());
}

// What took the trust is learned, and samples that only the correction hands back are still looked at: it comes back.
TEST(Gate, TrustTakenByAuditsReturnsOnceTheSurrogateHasLearned) {
  GateConfig config = toy_config();
  config.labels_to_update = 20;
  Play play(false, config);
  play.run(1000);
  const std::size_t n = play.decisions.size();
  EXPECT_EQ(play.fallback_share(100, 200), 1.0);
  EXPECT_LT(play.fallback_share(n - 1000, n), 0.01);
  EXPECT_LT(play.gate.calibration().correction(), 1.2);
}

TEST(Gate, LearningInTheRunMendsTheBlindSpot) {
  GateConfig config = toy_config();
  config.labels_to_update = 20;
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

TEST(Gate, LabelsAuditedSamplesEvenWhereTheScoreDoesNotRise) {
  GateConfig config = toy_config();
  config.labels_to_update = 50;
  Play play(false, config);
  play.run(900);
  double late = 0.0;
  for (std::size_t k = play.x.size() - 500; k < play.x.size(); ++k)
    late = std::max(late, play.surrogate.true_error(play.x[k]).largest);
  EXPECT_LT(late, 6 * Surrogate::usual);  // 4,000 normal numbers stay below 5 deviations; the blind spot had 20
}

TEST(Gate, LearnsNoMoreOftenThanAllowed) {
  GateConfig config = toy_config();
  config.labels_to_update = 5;
  config.max_updates = 2;
  Play play(true, config);
  play.run(200);
  EXPECT_EQ(play.learner.updates, 2);
  EXPECT_GT(play.learner.labels.size(), 10u);
}

TEST(Gate, KeepsLabelsOfHandedBackSamplesApartWhenTold) {
  GateConfig config = toy_config();
  config.audit_rate = 0.0;
  config.label_spacing = 10;
  Play play(true, config, 1, 1);
  play.gate.force_solver(true);
  play.run(95);
  EXPECT_EQ(play.learner.labels.size(), 10u);  // calls 0, 10, … 90
}

TEST(Gate, SpreadsTheLabelsOfACallOverWhatItHandsBack) {
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

TEST(Gate, KeepsNoLabelsThatNobodyWillLearnFromWhenTold) {
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

TEST(Gate, TheLedgerAddsUp) {
  GateConfig config = toy_config();
  config.warm_up = 4;
  config.labels_to_update = 30;
  Play play(true, config);
  Stopwatch watch;
  play.run(150);
  const double wall = watch.seconds();
  const Calls& calls = play.gate.ledger().calls();
  std::int64_t audited = 0, solver = 0, fallback = 0;
  for (const Decision& d : play.decisions) {
    audited += d.audited;
    solver += d.player == Player::solver;
    fallback += is_fallback(d.reason);
  }
  EXPECT_EQ(calls.total, 150 * 7);
  EXPECT_EQ(calls.surrogate + calls.solver, calls.total);
  EXPECT_EQ(calls.solver, solver);
  EXPECT_EQ(calls.audited, audited);
  EXPECT_EQ(calls.fallback, fallback);
  EXPECT_EQ(std::accumulate(calls.by_reason.begin(), calls.by_reason.end(), std::int64_t{0}), calls.total);
  EXPECT_EQ(calls.by_reason[static_cast<int>(Reason::warm_up)], 4 * 7);
  EXPECT_EQ(play.solver.answered, calls.solver_played());
  EXPECT_EQ(play.gate.audit().count(), calls.audited);
  const Ledger& ledger = play.gate.ledger();
  const double booked = ledger.seconds(Clock::solver) + ledger.seconds(Clock::surrogate) + ledger.seconds(Clock::gate) +
                        ledger.seconds(Clock::training_in_run);
  EXPECT_LE(booked, wall);
  for (Clock clock : {Clock::solver, Clock::surrogate, Clock::gate, Clock::training_in_run})
    EXPECT_GT(ledger.seconds(clock), 0.0);
}

TEST(Gate, DecidesBitForBitTheSameAfterARestart) {
  GateConfig config = toy_config();
  config.resume_calls = 2;
  config.labels_to_update = 25;
  config.label_spacing = 3;
  Play unbroken(true, config), restarted(true, config);
  unbroken.run(40);
  restarted.gate.restore(unbroken.gate.state());
  restarted.learner.restore(unbroken.learner.state());
  restarted.call = unbroken.call;
  unbroken.decisions.clear();
  unbroken.answers.clear();
  unbroken.run(60);
  restarted.run(60);
  ASSERT_EQ(restarted.decisions.size(), unbroken.decisions.size());
  for (std::size_t k = 0; k < unbroken.decisions.size(); ++k) {
    const Decision &a = unbroken.decisions[k], &b = restarted.decisions[k];
    EXPECT_EQ(a.call, b.call);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_EQ(a.audited, b.audited);
    EXPECT_EQ(a.uncertainty, b.uncertainty);
    EXPECT_EQ(unbroken.answers[k], restarted.answers[k]);
  }
  EXPECT_EQ(restarted.gate.audit().mean_squares(), unbroken.gate.audit().mean_squares());
  EXPECT_EQ(restarted.gate.audit().upper_95(), unbroken.gate.audit().upper_95());
  EXPECT_EQ(restarted.gate.ledger().calls().by_reason, unbroken.gate.ledger().calls().by_reason);
  EXPECT_EQ(restarted.gate.ledger().labels(), unbroken.gate.ledger().labels());
}

TEST(Gate, AnswersOnlyTheSamplesAskedFor) {
  Play play(true, toy_config());
  Batch::Input input{Communicator::world(), {0.5, 2.3, 1.5, 2.4}};
  Batch::Output output(input.x.size() * components, -9.0);
  const std::vector<int> samples = {3, 0};
  play.gate.evaluate(input, samples, output);
  ASSERT_EQ(play.gate.last_decisions().size(), 2u);
  EXPECT_EQ(play.gate.last_decisions()[0].sample, 3);
  EXPECT_EQ(play.gate.last_decisions()[0].player, Player::solver);
  for (int c = 0; c < components; ++c) {
    EXPECT_EQ(output[1 * components + c], -9.0);
    EXPECT_EQ(output[2 * components + c], -9.0);
    if (Batch::mine(input, c)) {
      EXPECT_EQ(output[3 * components + c], std::sin(2.4 + c));
    }
  }
  play.gate.evaluate(input, {}, output);  // no samples: no call
  EXPECT_EQ(play.gate.ledger().calls().total, 2);
}

}  // namespace
}  // namespace locum::gate
