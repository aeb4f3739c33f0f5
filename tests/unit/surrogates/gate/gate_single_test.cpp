// The gate over a domain of one sample a call.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/surrogates/gate/play.hpp"

namespace locum::gate {
namespace {

using namespace toy;

// A solver that takes 5 ms and a surrogate that takes 1: the book must say so (sleeping never takes less; it may take
// longer on a busy machine, so that only lower bounds are exact).
struct SlowSolver final : Step<Single> {
  std::string name() const override { return "slow"; }
  void evaluate(const Single::Input& in, std::span<const int>, Single::Output& out) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    out.y = in.x;
  }
};
struct QuickSurrogate final : locum::Surrogate<Single> {
  std::string name() const override { return "quick"; }
  void evaluate(const Single::Input& in, std::span<const int>, Single::Output& out) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    out.y = in.x + 0.1;
  }
  void evaluate_with_score(const Single::Input& in, std::span<const int> samples, Single::Output& out,
                           std::span<double> scores) override {
    evaluate(in, samples, out);
    scores[0] = in.x;
  }
};

std::vector<train::CalibrationPair> single_pairs() { return {20, {1.0, 0.1}}; }

TEST(Gate, BooksTimeWhereItWasSpent) {
  SlowSolver solver;
  QuickSurrogate surrogate;
  GateConfig config;
  config.warm_up = 10;
  config.audit_rate = 0.0;
  Gate<Single> gate(solver, surrogate, nullptr, config, metric, Context{});
  gate.calibrate(single_pairs());
  const int sample = 0;
  for (int call = 0; call < 40; ++call) {
    Single::Output out;
    gate.evaluate({1.0}, std::span<const int>(&sample, 1), out);
    EXPECT_DOUBLE_EQ(out.y, call < 10 ? 1.0 : 1.1);
  }
  EXPECT_GE(gate.ledger().seconds(Clock::solver), 0.050);
  EXPECT_GE(gate.ledger().seconds(Clock::surrogate), 0.040);
}

struct InstantStep final : locum::Surrogate<Single> {
  std::string name() const override { return "instant"; }
  void evaluate(const Single::Input& in, std::span<const int>, Single::Output& out) override { out.y = in.x; }
  void evaluate_with_score(const Single::Input& in, std::span<const int>, Single::Output& out,
                           std::span<double> scores) override {
    out.y = in.x;
    scores[0] = 1.0;
  }
};

// The least of ten rounds of 200 calls, so that a busy machine does not matter. Measured: 0.2 µs a call; the limit is a
// hundredth of the cheapest surrogate there is (a network over a few atoms, some ms).
TEST(Gate, TakesMicrosecondsItself) {
  InstantStep solver, surrogate;
  GateConfig config;
  config.audit_rate = 0.05;
  Gate<Single> gate(solver, surrogate, nullptr, config, metric, Context{});
  gate.calibrate(single_pairs());
  const int sample = 0;
  double least = 1.0;
  for (int round = 0; round < 10; ++round) {
    const double before = gate.ledger().seconds(Clock::gate);
    Single::Output out;
    for (int call = 0; call < 200; ++call) gate.evaluate({1.0}, std::span<const int>(&sample, 1), out);
    least = std::min(least, (gate.ledger().seconds(Clock::gate) - before) / 200);
  }
  RecordProperty("gate_us_per_call", std::to_string(1e6 * least));
  EXPECT_LT(least, 10e-6);
  EXPECT_GT(least, 0.0);
}

TEST(Gate, PlaysADomainOfOneSampleWithHysteresis) {
  SlowSolver solver;
  QuickSurrogate surrogate;
  GateConfig config;
  config.audit_rate = 0.0;
  config.resume_calls = 2;
  config.threshold = 0.2;
  Gate<Single> gate(solver, surrogate, nullptr, config, metric, Context{});
  gate.calibrate(single_pairs());  // uncertainty = 0.1 x
  std::string who;
  const int sample = 0;
  for (double x : {1.0, 2.5, 1.9, 1.0, 1.0, 1.9}) {
    Single::Output out;
    gate.evaluate({x}, std::span<const int>(&sample, 1), out);
    who += to_string(gate.last_decisions()[0].reason)[0];
  }
  EXPECT_EQ(who, "tuhhtt");  // 1.9 is below the threshold, but not below 0.9 of it
}

TEST(Gate, TheSolverPlaysUntilThereIsACalibration) {
  GateConfig config = toy_config();
  config.labels_to_update = 20;
  Play play(true, config, 1, 7, 5);  // five held-out samples cannot calibrate a coverage of 0.9
  play.run(10);
  for (const Decision& d : play.decisions) EXPECT_EQ(d.reason, Reason::uncalibrated);
  EXPECT_EQ(play.gate.ledger().updates(), 3);

  SlowSolver solver;
  QuickSurrogate surrogate;
  Gate<Single> gate(solver, surrogate, nullptr, GateConfig{}, metric, Context{});
  Single::Output out;
  const int sample = 0;
  EXPECT_THROW(gate.evaluate({1.0}, std::span<const int>(&sample, 1), out), ConfigError);
}

}  // namespace
}  // namespace locum::gate
