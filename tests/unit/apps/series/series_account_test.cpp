// The account in terms of whole data sets, against numbers worked out by hand; records and the frame-level gate.
#include "apps/series/series_account.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/series/held_out.hpp"

namespace locum::apps {
namespace {

SetRecord record_of(std::int64_t number, bool other, double final_image) {
  SetRecord r;
  r.number = number;
  r.other = other;
  r.truth_known = true;
  r.frames = 100;
  r.tiles = 10;
  r.final_image = final_image;
  return r;
}

SetComparison comparison_of(std::int64_t number, double flat, double propagated, bool flat_converged = true) {
  SetComparison c;
  c.number = number;
  c.baselines.resize(2);
  c.baselines[0].start = "flat";
  c.baselines[0].seconds = flat;
  c.baselines[0].converged = flat_converged;
  c.baselines[1].start = "back_propagated";
  c.baselines[1].seconds = propagated;
  c.baselines[1].converged = true;
  return c;
}

gate::Account book() {
  gate::Account a;
  a.calls.total = 40;
  a.wall = 12.0;
  a.solver = 4.0;
  a.surrogate = 4.0;
  a.gate = 1.0;
  a.training_in_run = 1.0;  // 2 s of the run are no one's
  a.training = 6.0;
  a.training_data = 3.0;
  a.surrogate_call = 0.1;
  a.gate_call = 0.025;
  return a;
}

TEST(SeriesAccount, TakesTheSolverAloneFromComparedSetsOfTheSameKind) {
  const std::vector<SetRecord> records = {record_of(0, false, 2.0), record_of(1, false, 2.0), record_of(2, false, 2.0),
                                          record_of(3, true, 4.0)};
  const auto a = series_account(book(), records, {comparison_of(0, 10.0, 8.0), comparison_of(3, 20.0, 30.0)});
  // 8 + 8 + 8 of the kind, 20 of the other one, and the 2 s that are not the step
  EXPECT_DOUBLE_EQ(a.solver_only_s, 46.0);
  EXPECT_EQ(a.solver_only_is, "extrapolated");
  EXPECT_DOUBLE_EQ(a.solver_call, 44.0 / 40.0);
  EXPECT_DOUBLE_EQ(a.step, 1.1 / (0.1 + 0.025 + 4.0 / 40.0));
  EXPECT_DOUBLE_EQ(a.application, 46.0 / (12.0 + 3.0 + 5.0));
  EXPECT_DOUBLE_EQ(a.break_even_calls, 9.0 / (1.1 - 0.225));
}

TEST(SeriesAccount, IsMeasuredWhereAllSetsWereCompared) {
  const std::vector<SetRecord> records = {record_of(0, false, 2.0)};
  EXPECT_EQ(series_account(book(), records, {comparison_of(0, 10.0, 8.0)}).solver_only_is, "measured");
}

TEST(SeriesAccount, NeverPaysWhereTheSolverAloneIsQuicker) {
  const std::vector<SetRecord> records = {record_of(0, false, 2.0)};
  const auto a = series_account(book(), records, {comparison_of(0, 1.0, 1.0)});
  EXPECT_LT(a.application, 1.0);
  EXPECT_TRUE(std::isinf(a.break_even_calls));
}

// What the gate knows of the solver are regions, which have more frames than their tiles.
TEST(SeriesAccount, HasNoSpeedUpWhereNoSetWasSolvedByTheSolverAlone) {
  gate::Account regions = book();
  regions.solver_call = 0.5;
  regions.step = 3.0;
  regions.application = 2.0;
  const gate::Account a = series_account(regions, {record_of(0, false, 2.0)}, {});
  for (const double unknown : {a.solver_call, a.step, a.application, a.solver_only_s, a.break_even_calls})
    EXPECT_TRUE(std::isnan(unknown));
  EXPECT_EQ(a.solver_only_is, "not measured");
  EXPECT_EQ(a.solver, 4.0);
}

TEST(SeriesAccount, DoesNotSayWhenItPaysWhereTheTrainingIsNotKnown) {
  gate::Account of_old_model = book();
  of_old_model.training_counted = false;
  const auto a = series_account(of_old_model, {record_of(0, false, 2.0)}, {comparison_of(0, 100.0, 80.0)});
  EXPECT_TRUE(std::isfinite(a.application));
  EXPECT_TRUE(std::isnan(a.break_even_calls));
}

TEST(SeriesAccount, SaysWhatItWouldBeBesideAnotherEngine) {
  const std::vector<SetRecord> records = {record_of(0, false, 2.0), record_of(1, false, 2.0), record_of(2, true, 4.0)};
  std::vector<SetComparison> compared = {comparison_of(0, 10.0, 8.0), comparison_of(2, 20.0, 30.0)};
  for (std::size_t k = 0; k < 2; ++k) {
    Baseline other;
    other.engine = "cg";
    other.start = "flat";
    other.seconds = k == 0 ? 3.0 : 5.0;
    other.converged = true;
    compared[k].baselines.push_back(other);
  }
  const auto a = series_account(book(), records, compared);
  EXPECT_DOUBLE_EQ(a.application, 38.0 / 20.0);  // the run's own engine, as without the other one
  EXPECT_EQ(compared[0].best().engine, "");
  const auto beside = applications_beside(a, records, compared);
  ASSERT_EQ(beside.size(), 1u);
  EXPECT_EQ(beside[0].first, "cg");
  EXPECT_DOUBLE_EQ(beside[0].second, (3.0 + 3.0 + 5.0 + 2.0) / 20.0);
  EXPECT_EQ(compared[0].spread_r(), comparison_of(0, 10.0, 8.0).spread_r());
}

TEST(SetComparison, TheBestStartIsTheQuickestThatConverged) {
  EXPECT_EQ(comparison_of(0, 5.0, 8.0).best().start, "flat");
  EXPECT_EQ(comparison_of(0, 5.0, 8.0, false).best().start, "back_propagated");
}

TEST(SetComparison, ComesBackFromItsState) {
  SetComparison c = comparison_of(7, 5.0, 8.0, false);
  c.solver.value = {{1.0f, 2.0f}, {3.0f, 4.0f}};
  c.baselines.push_back(c.baselines[0]);
  c.baselines[2].start = "random 1";
  c.baselines[2].quality = {0.1, 0.2, 0.3};
  c.baselines[2].time = {1.0, 2.0};
  c.baselines[2].r = {0.5, 0.4};
  c.baselines[2].phase_error = {std::nan(""), 0.1};
  c.baselines.insert(c.baselines.begin() + 2, c.baselines[1]);
  c.baselines[2].engine = "cg";
  c.baselines[2].start = "flat";
  const SetComparison back = SetComparison::from_state(c.state(), {"cg"});
  EXPECT_EQ(back.number, 7);
  EXPECT_EQ(back.by("cg"), &back.baselines[2]);
  EXPECT_EQ(back.baselines[2].title(), "cg, flat");
  EXPECT_EQ(back.by("dm"), nullptr);
  EXPECT_EQ(back.solver.value, c.solver.value);
  ASSERT_EQ(back.baselines.size(), 4u);
  EXPECT_EQ(back.baselines[3].start, "random 1");
  EXPECT_EQ(back.baselines[3].quality.phase_error, 0.2);
  EXPECT_EQ(back.baselines[3].time, c.baselines[3].time);
  EXPECT_FALSE(back.baselines[0].converged);
  EXPECT_EQ(back.best().start, "back_propagated");
}

TEST(SetRecord, ComesBackFromItsState) {
  SetRecord r = record_of(3, true, 2.5);
  r.handed_back = 4;
  r.audited = 1;
  r.regions = {3, 2};
  r.audits = {1, 1};
  r.network = {0.2, 0.1, 0.05};
  r.gated = {0.1, 0.05, std::nan("")};
  r.uncertainty = {0.1, 0.2};
  r.error = {0.05, std::nan("")};
  r.handed = {0.0, 1.0};
  const SetRecord back = SetRecord::from_state(r.state());
  EXPECT_EQ(back.number, 3);
  EXPECT_TRUE(back.other);
  EXPECT_EQ(back.handed_back, 4);
  EXPECT_EQ(back.audited, 1);
  EXPECT_EQ(back.regions.count, 3);
  EXPECT_EQ(back.regions.open, 2);
  EXPECT_EQ(back.audits.open, 1);
  EXPECT_EQ(back.final_image, 2.5);
  EXPECT_EQ(back.network.phase_error, 0.1);
  EXPECT_TRUE(std::isnan(back.gated.amplitude_error));
  EXPECT_EQ(back.uncertainty, r.uncertainty);
  EXPECT_EQ(back.handed, r.handed);
}

TEST(FrameGate, CountsWrongFramesByTheErrorOfWhatTrainingHeldOut) {
  SetRecord own = record_of(0, false, 1.0), other = record_of(1, true, 1.0);
  own.error = {0.1, 0.1, 0.1, 0.1};
  own.handed = {0.0, 0.0, 0.0, 1.0};
  other.error = {0.29, 0.31, 0.5, 0.6};  // three of them beyond 3 · 0.1
  other.handed = {1.0, 1.0, 0.0, 1.0};
  const FrameGate gate = frame_gate({own, other}, 0.1);
  EXPECT_EQ(gate.in_domain, 0.1);
  EXPECT_EQ(gate.frames, 8);
  EXPECT_EQ(gate.wrong, 3);
  EXPECT_EQ(gate.wrong_handed_back, 2);
  EXPECT_EQ(gate.handed_back, 4);
  EXPECT_NEAR(gate.recall(), 2.0 / 3.0, 1e-15);
  other.truth_known = false;
  EXPECT_TRUE(std::isnan(frame_gate({own, other}, 0.1).recall()));
}

TEST(FrameGate, AnAnswerThatIsNoNumberIsWrong) {
  SetRecord r = record_of(0, false, 1.0);
  r.error = {0.1, std::nan(""), std::nan("")};
  r.handed = {0.0, 0.0, 1.0};
  const FrameGate gate = frame_gate({r}, 0.1);
  EXPECT_EQ(gate.wrong, 2);
  EXPECT_EQ(gate.wrong_handed_back, 1);
}

// A third of the frames lost, in a file that nobody calls of another kind: they must not widen their own measure.
TEST(FrameGate, FramesDoNotSetTheMeasureThatTheyAreCountedBy) {
  SetRecord file = record_of(0, false, 1.0);
  file.error = {0.02, 0.02, 0.02, 0.02, 0.9, 0.9};
  file.handed = {0.0, 0.0, 0.0, 0.0, 1.0, 0.0};
  const FrameGate gate = frame_gate({file}, 0.02);
  EXPECT_EQ(gate.wrong, 2);
  EXPECT_EQ(gate.wrong_handed_back, 1);
}

TEST(HeldOutErrors, ComeBackFromTheirState) {
  HeldOutErrors errors{{{0.1, 0.3}, {0.2, 0.4}}, 0.05};
  EXPECT_NEAR(errors.worst_frame_rmse(), std::sqrt(0.125), 1e-15);
  const HeldOutErrors back = HeldOutErrors::from_state(errors.state());
  ASSERT_EQ(back.pairs.size(), 2u);
  EXPECT_EQ(back.pairs[1].score, 0.2);
  EXPECT_EQ(back.pairs[1].error, 0.4);
  EXPECT_EQ(back.frame_error, 0.05);
}

}  // namespace
}  // namespace locum::apps
