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
  GateConfig config = toy_config();
  config.correct_by_audits = false;  // which swings by some per cent
  Play play(true, config);
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
  bool starts_from_answer() const override { return true; }
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
    for (int call = 0; call < 120; ++call) {
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
    EXPECT_EQ(gate.account().calls.solver_played(), solver.neutral + static_cast<std::int64_t>(solver.starts.size()));
    if (!knows_itself) EXPECT_GT(judged, audited) << "the correction hands back what errs unawares";
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
// and the gate stops trusting the surrogate. Whatever the surrogate does, no more audits exceed their bounds than the
// correction's own theorem allows.
TEST(Gate, AuditsTakeTrustFromASurrogateThatIsWrongWhereItIsSure) {
  Play play(false, toy_config());
  play.run(300);
  const std::size_t n = play.decisions.size();
  EXPECT_LT(play.fallback_share(0, 100), 0.01);
  EXPECT_GT(play.fallback_share(n / 2, n), 0.5);
  const Calibration& calibration = play.gate.calibration();
  EXPECT_GT(calibration.correction(), 1.5);
  std::int64_t judged = 0, exceeded = 0;
  for (const Decision& d : play.decisions) {
    judged += d.judged;
    exceeded += d.judged && d.error > d.uncertainty;
  }
  EXPECT_GT(exceeded, 15);
  EXPECT_LE(exceeded, 0.1 * judged + std::log(calibration.correction()) / Calibration::correction_step + 1e-9);
}

// What took the trust is learned, and samples that only the correction hands back are still looked at: it comes back,
// within some hundred of them at the rate of audits that a production run has.
TEST(Gate, TrustTakenByAuditsReturnsOnceTheSurrogateHasLearned) {
  GateConfig config = toy_config();
  config.audit_rate = 0.01;
  Play play(false, config, 1, 1);
  play.run(20000);
  const std::size_t n = play.decisions.size();
  EXPECT_GT(play.fallback_share(n / 2, n), 0.3);
  for (int k = 0; k < 40; ++k) play.surrogate.learned.push_back(Surrogate::blind_from + 0.015 * k);
  play.run(4000);
  EXPECT_LT(play.fallback_share(n + 3000, n + 4000), 0.05);
  EXPECT_LT(play.gate.calibration().correction(), 1.3);
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
  for (bool knows_itself : {true, false}) {
    Play unbroken(knows_itself, config), restarted(knows_itself, config);
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
      EXPECT_EQ(a.judged, b.judged);
      EXPECT_EQ(a.uncertainty, b.uncertainty);
      EXPECT_EQ(unbroken.answers[k], restarted.answers[k]);
    }
    EXPECT_EQ(restarted.gate.audit().mean_squares(), unbroken.gate.audit().mean_squares());
    EXPECT_EQ(restarted.gate.audit().upper_95(), unbroken.gate.audit().upper_95());
    EXPECT_EQ(restarted.gate.ledger().calls().by_reason, unbroken.gate.ledger().calls().by_reason);
    EXPECT_EQ(restarted.gate.ledger().labels(), unbroken.gate.ledger().labels());
    EXPECT_EQ(restarted.gate.ledger().calls().second_answers, unbroken.gate.ledger().calls().second_answers);
    EXPECT_EQ(restarted.gate.calibration().correction(), unbroken.gate.calibration().correction());
  }
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
