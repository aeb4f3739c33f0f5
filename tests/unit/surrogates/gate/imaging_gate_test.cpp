// The gate over the imaging step: full multislice as the solver, the local mode as the surrogate. What the gate knows
// of imaging is the domain's struct, as it is for molecular dynamics.
#include <gtest/gtest.h>

#include <numeric>

#include "solvers/imaging/engines/scan_step.hpp"
#include "surrogates/gate/gate.hpp"
#include "tests/unit/solvers/imaging/engines/silicon.hpp"

namespace locum::gate {
namespace {

using imaging::Position;

// Silicon with a few atoms of gold in its far corner, where the calibration's probes do not go.
Specimen silicon_with_gold() {
  Specimen s = imaging::testing::silicon_100(5, 5, 2, 0.08);
  for (std::size_t k = 0; k < s.position.size(); ++k)
    if (s.position[k].x > 19.0 && s.position[k].y > 19.0 && s.position[k].x < 23.0 && s.position[k].y < 23.0)
      s.atomic_number[k] = 79;
  return s;
}

ProbeBatch batch_of(const Communicator& comm, int configuration, const std::vector<Position>& positions,
                    const std::vector<double>& scale) {
  ProbeBatch batch;
  batch.comm = comm;
  batch.configuration = configuration;
  for (const Position& p : positions) batch.position.push_back({p.x, p.y});
  batch.scale = scale;
  return batch;
}

std::vector<int> all_of(const ProbeBatch& batch) {
  std::vector<int> samples(batch.position.size());
  std::iota(samples.begin(), samples.end(), 0);
  return samples;
}

TEST(ImagingGate, HandsBackTheProbesThatTheLocalModeDoesNotKnow) {
  Context context;
  context.comm = Communicator::world();
  const Specimen specimen = silicon_with_gold();
  const auto known = imaging::testing::raster(12, 8.0);
  const imaging::ScanSetup setup = imaging::testing::microscope(specimen, 160, 2.8);
  const auto configurations = imaging::testing::thermal(specimen, 6);
  imaging::LocalConfig settings;
  settings.probes = 120;
  settings.configurations = 4;
  imaging::LocalEngine<float> local(context, setup, settings, configurations, known);
  imaging::MultisliceEngine<float> full(context, setup, configurations);
  local.prepare();
  full.prepare();
  imaging::ScanStep solver(full);
  imaging::LocalStep<float> surrogate(local);
  const std::vector<double> scale = imaging::channel_scale(local);

  // Held-out probes: a configuration that the calibration did not see.
  const ProbeBatch held_out = batch_of(context.comm, 2, known, scale);
  DetectorSignals truth = Imaging::make_output(held_out), answer = truth;
  std::vector<double> scores(known.size());
  solver.evaluate(held_out, all_of(held_out), truth);
  surrogate.evaluate_with_score(held_out, all_of(held_out), answer, scores);
  std::vector<train::CalibrationPair> pairs;
  for (std::size_t k = 0; k < known.size(); ++k)
    pairs.push_back({scores[k], Imaging::error(held_out, truth, answer, static_cast<int>(k)).largest});

  GateConfig config;
  config.audit_rate = 0.1;
  config.resume_calls = 0;
  config.labels_to_update = 0;
  Gate<Imaging> gate(solver, surrogate, nullptr, config, {"signal_rmse", "1"}, context);
  gate.calibrate(pairs);

  std::vector<Position> scan = known;
  const std::size_t strange = scan.size();
  for (int x = 0; x < 3; ++x)
    for (int y = 0; y < 3; ++y) scan.push_back({20.0 + x, 20.0 + y});
  const ProbeBatch production = batch_of(context.comm, 5, scan, scale);
  DetectorSignals image = Imaging::make_output(production), right = image;
  gate.evaluate(production, all_of(production), image);
  solver.evaluate(production, all_of(production), right);

  std::size_t back_known = 0, back_strange = 0;
  for (const Decision& decision : gate.last_decisions()) {
    const bool back = decision.player == Player::solver;
    const std::size_t sample = static_cast<std::size_t>(decision.sample);
    (sample < strange ? back_known : back_strange) += back;
    const SampleError error = Imaging::error(production, right, image, decision.sample);
    if (back) {
      EXPECT_EQ(error.largest, 0.0) << "the caller gets the solver's answer";
    }
    if (decision.audited) {
      EXPECT_DOUBLE_EQ(decision.error, error.largest);
    }
  }
  EXPECT_EQ(back_strange, scan.size() - strange);
  EXPECT_LE(back_known, strange / 10);  // the threshold lies a quarter above the 95 % quantile of held-out bounds
  const Account account = gate.account();
  EXPECT_GE(account.audits, 5);
  EXPECT_GT(account.upper_95, account.estimate);
  EXPECT_LT(account.estimate, 0.05);  // of a channel's mean
}

}  // namespace
}  // namespace locum::gate
