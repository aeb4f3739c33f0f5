// The bound that audits give, in a hundred repeated runs of one series: each draws other tiles, and each bound is held
// against the error of all tiles that the network played, which here is known: their difference from the solver's
// objects of the whole sets, which have more frames than an audit's region.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "solvers/imaging/ptychography/ptychography_solver.hpp"
#include "surrogates/gate/gate.hpp"
#include "surrogates/imaging/object_learner.hpp"
#include "surrogates/imaging/object_step.hpp"
#include "tests/unit/surrogates/imaging/small_experiment.hpp"

namespace locum {
namespace {

using imaging::LabelledObject;
using imaging::testing::small_data_set;

// What network and solver answered for every data set of the series, so that a run costs its decisions only.
struct Recorded {
  std::vector<LabelledObject> sets;
  std::vector<ObjectFunction> network, solver;
  std::vector<std::vector<double>> scores;
  std::size_t now = 0;
};

// Audits are solved as the product solves them: the audited tile's region alone, from the neutral start, with the
// frames that reach into its core, a quarter to half of the set's. What was solved before is remembered. (Audited tiles
// of one call that share frames the product solves together, with more frames than here.) What is handed back is of no
// matter.
class AuditingSolver final : public PtychographyStep {
 public:
  explicit AuditingSolver(const Recorded& r) : r_(r) {}
  std::string name() const override { return "auditing solver"; }
  void evaluate(const Ptychogram& in, std::span<const int> samples, ObjectFunction& out) override {
    for (const int tile : samples) {
      auto found = known_.find({r_.now, tile});
      if (found == known_.end()) {
        ObjectFunction object = Ptychography::make_output(in);
        solver_.evaluate(in, std::span(&tile, 1), object);
        EXPECT_LT(solver_.reports().front().frames, in.size());
        found = known_.emplace(std::pair{r_.now, tile}, std::move(object)).first;
      }
      Ptychography::copy_sample(in, found->second, out, tile);
    }
  }
  void evaluate_from(const ObjectFunction&, const Ptychogram& in, std::span<const int> samples,
                     ObjectFunction& out) override {
    for (int s : samples) Ptychography::copy_sample(in, r_.solver[r_.now], out, s);
  }

 private:
  const Recorded& r_;
  imaging::PtychographySolver solver_{imaging::PtychographyConfig{}};
  std::map<std::pair<std::size_t, int>, ObjectFunction> known_;
};

class RecordedNetwork final : public PtychographySurrogate {
 public:
  explicit RecordedNetwork(const Recorded& r) : r_(r) {}
  std::string name() const override { return "recorded network"; }
  void evaluate(const Ptychogram& in, std::span<const int> samples, ObjectFunction& out) override {
    for (int s : samples) Ptychography::copy_sample(in, r_.network[r_.now], out, s);
  }
  void evaluate_with_score(const Ptychogram& in, std::span<const int> samples, ObjectFunction& out,
                           std::span<double> scores) override {
    evaluate(in, samples, out);
    for (std::size_t k = 0; k < samples.size(); ++k)
      scores[k] = r_.scores[r_.now][static_cast<std::size_t>(samples[k])];
  }

 private:
  const Recorded& r_;
};

std::vector<int> all_tiles(const Ptychogram& data) {
  std::vector<int> tiles(data.tiles.size());
  std::iota(tiles.begin(), tiles.end(), 0);
  return tiles;
}

imaging::ObjectLearner trained_learner(const std::shared_ptr<imaging::FarFieldModel>& model) {
  imaging::ObjectTrainingConfig training;
  training.epochs = 6;
  std::vector<LabelledObject> sets;
  for (int k = 0; k < 20; ++k) sets.push_back(small_data_set(1000 + k, 1.0 + 0.05 * k));
  imaging::ObjectLearner learner({}, imaging::testing::small_network(), training, model, 16, std::move(sets));
  learner.fit();
  return learner;
}

Recorded record(const std::shared_ptr<imaging::FarFieldModel>& model, const imaging::ObjectLearner& learner,
                int count) {
  Recorded r;
  imaging::ObjectStep network(learner.cascade(), model);
  imaging::PtychographySolver solver{imaging::PtychographyConfig{}};
  for (int k = 0; k < count; ++k) {
    r.sets.push_back(small_data_set(k, 1.0 + 1.0 * k / count, 12));
    const Ptychogram& data = r.sets.back().data;
    const std::vector<int> tiles = all_tiles(data);
    r.scores.emplace_back(tiles.size());
    r.network.push_back(Ptychography::make_output(data));
    r.solver.push_back(Ptychography::make_output(data));
    network.evaluate_with_score(data, tiles, r.network.back(), r.scores.back());
    solver.evaluate(data, tiles, r.solver.back());
  }
  return r;
}

struct SeriesRun {
  double bound = 0.0, truth = 0.0;
  std::int64_t audits = 0;
};

SeriesRun run_series(Recorded& r, PtychographyStep& solver, std::span<const train::CalibrationPair> pairs,
                     std::uint64_t seed) {
  RecordedNetwork network(r);
  gate::GateConfig config;
  config.audit_rate = 0.1;
  config.resume_calls = 0;
  config.labels_to_update = 0;
  config.correct_by_audits = false;  // the same tiles are trusted in every run
  Context context;
  context.seed = seed;
  gate::Gate<Ptychography> gate(solver, network, nullptr, config, {"object_rmse", "1"}, context);
  gate.calibrate(pairs);
  double sum = 0.0;
  std::int64_t trusted = 0;
  for (r.now = 0; r.now < r.sets.size(); ++r.now) {
    const Ptychogram& data = r.sets[r.now].data;
    ObjectFunction object = Ptychography::make_output(data);
    gate.evaluate(data, all_tiles(data), object);
    for (const gate::Decision& d : gate.last_decisions()) {
      if (d.player != gate::Player::surrogate) continue;
      sum += Ptychography::error(data, r.solver[r.now], object, d.sample).mean_square;
      ++trusted;
    }
  }
  return {gate.audit().upper_95(), std::sqrt(sum / static_cast<double>(trusted)), gate.audit().count()};
}

TEST(PtychographyAudits, TheirBoundHoldsInNinetyThreeOfAHundredRunsAtLeast) {
  const auto model = imaging::testing::small_model();
  imaging::ObjectLearner learner = trained_learner(model);
  const std::vector<train::CalibrationPair> pairs = learner.calibration();
  Recorded series = record(model, learner, 30);
  AuditingSolver solver(series);
  int held = 0;
  double excess = 0.0;
  const double truth = run_series(series, solver, pairs, 1).truth;
  ASSERT_GT(truth, 0.0);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const SeriesRun run = run_series(series, solver, pairs, seed);
    EXPECT_DOUBLE_EQ(run.truth, truth);
    ASSERT_GE(run.audits, gate::Audit::minimum_count);
    held += run.bound >= truth;
    excess += run.bound / truth / 100.0;
  }
  std::printf("the bound held in %d of 100 runs; %.2f times the error of %.4f on average\n", held, excess, truth);
  EXPECT_GE(held, 93);  // of a 95 % bound: fewer in one of seven such tests by chance; seeds are fixed
  EXPECT_LT(excess, 3.0) << "a bound that holds because it says nothing";
}

}  // namespace
}  // namespace locum
