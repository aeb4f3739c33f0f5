#include "surrogates/gate/account.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace locum::gate {
namespace {

Decision decision(Player player, Reason reason, bool audited = false) {
  Decision d;
  d.player = player;
  d.reason = reason;
  d.audited = audited;
  return d;
}

// 100 calls: 80 trusted of which 8 audited, 10 uncertain, 5 held, 5 warm-up. Solver 1 s, surrogate 0.01 s a call.
Ledger plain_ledger() {
  Ledger ledger;
  for (int k = 0; k < 80; ++k) ledger.record(decision(Player::surrogate, Reason::trusted, k < 8));
  for (int k = 0; k < 10; ++k) ledger.record(decision(Player::solver, Reason::uncertain));
  for (int k = 0; k < 5; ++k) ledger.record(decision(Player::solver, Reason::hold));
  for (int k = 0; k < 5; ++k) ledger.record(decision(Player::solver, Reason::warm_up));
  ledger.add(Clock::solver, 28.0);
  ledger.add(Clock::surrogate, 1.0);
  ledger.add(Clock::gate, 0.1);
  ledger.add(Clock::training_in_run, 2.0);
  ledger.add(Clock::io, 0.5);
  ledger.add(Clock::run, 33.1);
  ledger.add(Clock::training_before, 5.0);
  ledger.add(Clock::training_data, 10.0);
  return ledger;
}

const Metric metric{"force_rmse_eV_per_A", "eV/Angstrom"};

Audit some_audits(int count) {
  Audit audit(metric);
  for (int k = 0; k < count; ++k) audit.add(0.01 * (1 + k % 3), 0.1, 0.2, true);
  return audit;
}

TEST(Account, AddsUp) {
  const Account a = make_account(plain_ledger(), some_audits(12), 0.9, Communicator::self());
  EXPECT_EQ(a.calls.total, 100);
  EXPECT_EQ(a.calls.surrogate + a.calls.solver, a.calls.total);
  EXPECT_EQ(a.calls.solver, 20);
  EXPECT_EQ(a.calls.audited, 8);
  EXPECT_EQ(a.calls.fallback, 15);
  EXPECT_DOUBLE_EQ(a.fallback_fraction, 0.15);
  EXPECT_DOUBLE_EQ(a.solver_share, 0.28);  // audits are part of the price
  EXPECT_DOUBLE_EQ(a.training, 7.0);
}

TEST(Account, FollowsTheFormulasOfTheDesign) {
  const Account a = make_account(plain_ledger(), some_audits(12), 0.9, Communicator::self());
  const double gated = 0.01 + 0.001 + 0.28 * 1.0;
  EXPECT_NEAR(a.step, 1.0 / gated, 1e-12);
  EXPECT_LT(a.step, 1.0 / a.solver_share);
  // What is not the step: 33.1 − 28 − 1 − 0.1 − 2 = 2 s.
  EXPECT_NEAR(a.solver_only_s, 102.0, 1e-12);
  EXPECT_EQ(a.solver_only_is, "extrapolated");
  EXPECT_NEAR(a.application, 102.0 / (33.1 + 10.0 + 5.0), 1e-12);
  EXPECT_NEAR(a.break_even_calls, (10.0 + 7.0) / (1.0 - gated), 1e-9);
}

TEST(Account, SaysMeasuredOnlyOfAMeasuredSolverRun) {
  Ledger ledger = plain_ledger();
  ledger.set_solver_only(96.2);
  const Account a = make_account(ledger, some_audits(12), 0.9, Communicator::self());
  EXPECT_EQ(a.solver_only_is, "measured");
  EXPECT_NEAR(a.application, 96.2 / 48.1, 1e-12);
}

TEST(Account, ASurrogateSlowerThanTheSolverNeverPaysOff) {
  Ledger ledger = plain_ledger();
  ledger.add(Clock::surrogate, 500.0);
  const Account a = make_account(ledger, some_audits(12), 0.9, Communicator::self());
  EXPECT_EQ(a.break_even_calls, std::numeric_limits<double>::infinity());
  EXPECT_LT(a.step, 1.0);
  EXPECT_GE(a.wall, 531.0);  // a run cannot be shorter than its parts
}

TEST(Account, GivesNoSpeedUpWithoutTheErrorNextToIt) {
  const auto text = [](int audits) {
    return to_text(make_account(plain_ledger(), some_audits(audits), 0.9, Communicator::self()));
  };
  EXPECT_EQ(text(0).find("times"), std::string::npos);
  EXPECT_NE(text(0).find("no audit measured the error"), std::string::npos);
  EXPECT_NE(text(5).find("no bound: 5 audits, 10 are needed"), std::string::npos);
  const std::string full = text(12);
  const auto line = full.substr(full.find("speed-up:"));
  const auto first_line = line.substr(0, line.find('\n'));
  EXPECT_NE(first_line.find("times"), std::string::npos);
  EXPECT_NE(first_line.find("force_rmse_eV_per_A"), std::string::npos);
  EXPECT_NE(first_line.find("95 % confidence"), std::string::npos);
}

TEST(Account, OfNothingIsEmptyAndHasNoSpeedUp) {
  const Account a = make_account(Ledger{}, Audit{}, 0.9, Communicator::self());
  EXPECT_EQ(a.calls.total, 0);
  EXPECT_EQ(a.fallback_fraction, 0.0);
  EXPECT_TRUE(std::isnan(a.step));
  EXPECT_FALSE(to_text(a).empty());
}

TEST(Account, TakesTheCostOfASolverCallFromAReferenceWhereItHasNone) {
  Ledger ledger;
  for (int k = 0; k < 10; ++k) ledger.record(decision(Player::surrogate, Reason::trusted));
  ledger.add(Clock::surrogate, 1.0);
  ledger.set_solver_reference(2.0);
  const Account a = make_account(ledger, Audit{}, 0.9, Communicator::self());
  EXPECT_DOUBLE_EQ(a.step, 20.0);
}

TEST(Account, SaysWhatItHasNoSpeedUpFor) {
  Ledger ledger;
  for (int k = 0; k < 10; ++k) ledger.record(decision(Player::surrogate, Reason::trusted));
  ledger.add(Clock::surrogate, 1.0);
  Account a = make_account(ledger, some_audits(12), 0.9, Communicator::self());
  EXPECT_EQ(a.solver_only_is, "not measured");
  EXPECT_TRUE(std::isnan(a.break_even_calls));
  a.not_measured_why = "nobody looked";
  const std::string text = to_text(a);
  EXPECT_NE(text.find("speed-up: not measured: nobody looked"), std::string::npos);
  EXPECT_NE(text.find("solver not measured"), std::string::npos);
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

TEST(Account, SaysWhenTrainingIsNotCounted) {
  Account a = make_account(plain_ledger(), some_audits(12), 0.9, Communicator::self());
  EXPECT_NE(to_text(a).find("training and data counted"), std::string::npos);
  EXPECT_DOUBLE_EQ(break_even(a, 0.5), 34.0);
  a.training_counted = false;
  a.break_even_calls = break_even(a, 0.5);
  EXPECT_TRUE(std::isnan(a.break_even_calls));
  const std::string text = to_text(a);
  EXPECT_EQ(text.find("training and data counted"), std::string::npos);
  EXPECT_NE(text.find("training and data NOT counted"), std::string::npos);
  EXPECT_NE(text.find("before: not known"), std::string::npos);
  EXPECT_NE(text.find("when it pays off is not known"), std::string::npos);
}

// Of 50 audits at a coverage of 0.9 five exceed their bound on average; 12 or more do by chance in 0.3 % of the runs.
TEST(Account, WarnsWhenTheSurrogateIsWrongWhereItIsSure) {
  Audit usual, broken;
  for (int k = 0; k < 50; ++k) {
    usual.add(0.01, 0.1, 0.2, k >= 6);
    broken.add(0.01, 0.1, 0.2, k >= 14);
  }
  const auto account = [](const Audit& audit) {
    return make_account(plain_ledger(), audit, 0.9, Communicator::self());
  };
  EXPECT_FALSE(account(usual).bound_is_broken());
  EXPECT_TRUE(account(broken).bound_is_broken());
  EXPECT_NE(to_text(account(broken)).find("wrong where it is sure"), std::string::npos);
}

TEST(Account, TakesTheSlowestRanksTimes) {
  const Communicator world = Communicator::world();
  Ledger ledger = plain_ledger();
  ledger.add(Clock::solver, world.rank());
  const Account a = make_account(ledger, some_audits(12), 0.9, world);
  EXPECT_DOUBLE_EQ(a.solver, 28.0 + world.size() - 1);
  EXPECT_EQ(a.calls.total, 100);  // the ranks of one gate decide together: a call is counted once
}

TEST(Ledger, ComesBackFromItsState) {
  Ledger ledger = plain_ledger();
  ledger.count_label();
  ledger.count_update();
  ledger.set_solver_only(3.0);
  Ledger back;
  back.restore(ledger.state());
  EXPECT_EQ(back.calls().by_reason, ledger.calls().by_reason);
  EXPECT_EQ(back.calls().total, 100);
  EXPECT_EQ(back.labels(), 1);
  EXPECT_EQ(back.updates(), 1);
  EXPECT_EQ(back.solver_only(), 3.0);
  for (int c = 0; c < clock_count; ++c) EXPECT_EQ(back.seconds(Clock(c)), ledger.seconds(Clock(c)));
}

}  // namespace
}  // namespace locum::gate
