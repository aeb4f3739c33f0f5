// One gate, two physics: molecular dynamics and ptychography play under the same template, and their accounts are drawn
// by the same lines. What differs is in each domain's struct.
#include <gtest/gtest.h>

#include <complex>
#include <numeric>

#include "solvers/api/ptychography.hpp"
#include "surrogates/gate/gate.hpp"
#include "tests/support/argon.hpp"

namespace locum::gate {
namespace {

// Both domains' surrogates are wrong by a known measure and know it: the score is that measure.
class WrongArgon final : public AtomisticSurrogate {
 public:
  std::string name() const override { return "argon, a little too strong"; }
  void evaluate(const Configuration& in, std::span<const int> samples, AtomisticResult& out) override {
    step_.evaluate(in, samples, out);
  }
  void evaluate_with_score(const Configuration& in, std::span<const int> samples, AtomisticResult& out,
                           std::span<double> scores) override {
    evaluate(in, samples, out);
    scores[0] = ++calls_ % 5 == 0 ? 1.0 : 0.01;  // every fifth configuration is strange to it
  }

 private:
  test::LennardJonesStep step_{{.epsilon = 0.0105}};
  int calls_ = 0;
};

// A phase object on a raster of frames whose counts nobody looks at.
Ptychogram small_ptychogram(const Communicator& comm) {
  Ptychogram p;
  p.comm = comm;
  p.nx = p.ny = 8;
  p.dx = p.dy = 0.2;
  p.object_nx = p.object_ny = 48;
  for (int x = 0; x <= 40; x += 4)
    for (int y = 0; y <= 40; y += 4) p.position.push_back({static_cast<double>(x), static_cast<double>(y)});
  p.frames = std::make_shared<FramesInMemory>(p.size(), std::vector<float>(64 * p.position.size(), 1.0f));
  p.probe.assign(64, Ptychogram::Value(1.0f));
  p.validate();
  p.tiles = make_tiles(p, 12);
  return p;
}

Ptychogram::Value true_object(int pixel) { return std::polar(1.0f, 0.01f * static_cast<float>(pixel % 97)); }

class TrueObject final : public PtychographyStep {
 public:
  std::string name() const override { return "true object"; }
  void evaluate(const Ptychogram& in, std::span<const int> samples, ObjectFunction& out) override {
    ObjectFunction whole = Ptychography::make_output(in);
    for (std::size_t k = 0; k < whole.value.size(); ++k) whole.value[k] = true_object(static_cast<int>(k));
    for (int s : samples) Ptychography::copy_sample(in, whole, out, s);
  }
};

class WrongObject final : public PtychographySurrogate {
 public:
  std::string name() const override { return "object, here and there wrong"; }
  void evaluate(const Ptychogram& in, std::span<const int> samples, ObjectFunction& out) override {
    ObjectFunction whole = Ptychography::make_output(in);
    for (int s = 0; s < Ptychography::samples(in); ++s) {
      const PixelBox& core = in.tiles[static_cast<std::size_t>(s)].core;
      for (int x = core.x0; x < core.x1; ++x)
        for (int y = core.y0; y < core.y1; ++y) {
          const int k = x * in.object_ny + y;
          const float off = (x + y) % 2 ? 1.0f : -1.0f;
          whole.value[static_cast<std::size_t>(k)] =
              true_object(k) * std::polar(1.0f, off * static_cast<float>(wrong_by(s)));
        }
    }
    for (int s : samples) Ptychography::copy_sample(in, whole, out, s);
  }
  void evaluate_with_score(const Ptychogram& in, std::span<const int> samples, ObjectFunction& out,
                           std::span<double> scores) override {
    evaluate(in, samples, out);
    for (std::size_t k = 0; k < samples.size(); ++k) scores[k] = wrong_by(samples[k]);
  }
  static double wrong_by(int sample) { return sample % 5 == 0 ? 0.5 : 0.01; }
};

template <class Domain>
class Play {
 public:
  Play(Step<Domain>& solver, Surrogate<Domain>& surrogate, const Metric& metric, const Context& context)
      : gate(solver, surrogate, nullptr, config(), metric, context) {
    std::vector<train::CalibrationPair> pairs;
    for (int k = 0; k < 40; ++k) pairs.push_back({0.01, 0.0001 * k});
    gate.calibrate(pairs);
  }
  void expect_an_account(double largest) const {
    const Account a = gate.account();
    EXPECT_EQ(a.calls.total, a.calls.surrogate + a.calls.solver);
    EXPECT_NEAR(a.fallback_fraction, 0.2, 0.08);  // every fifth sample, on grids that are no multiple of five
    EXPECT_GE(a.audits, Audit::minimum_count);
    EXPECT_GT(a.estimate, 0.0);
    EXPECT_LT(a.estimate, a.upper_95);
    EXPECT_LT(a.largest_error, largest);
    EXPECT_FALSE(to_text(a).empty());
  }
  Gate<Domain> gate;

 private:
  static GateConfig config() {
    GateConfig c;
    c.audit_rate = 0.3;
    c.resume_calls = 0;
    c.labels_to_update = 0;
    c.correct_by_audits = false;
    return c;
  }
};

TEST(OneGate, PlaysMolecularDynamics) {
  const Context context = test::world_context();
  test::LennardJonesStep solver;
  WrongArgon surrogate;
  Play<Atomistic> play(solver, surrogate, {"force_rmse_eV_per_A", "eV/Angstrom"}, context);
  md::MdConfig config;
  config.initial_temperature = 40.0;
  md::Simulation simulation(context, config, test::argon(4), solver.potential().cutoff, play.gate);
  simulation.initialize();
  for (int k = 0; k < 100; ++k) simulation.advance();
  play.expect_an_account(0.1);
}

TEST(OneGate, PlaysPtychography) {
  const Context context = test::world_context();
  TrueObject solver;
  WrongObject surrogate;
  Play<Ptychography> play(solver, surrogate, {"object_rmse", "1"}, context);
  const Ptychogram data = small_ptychogram(context.comm);
  std::vector<int> tiles(data.tiles.size());
  std::iota(tiles.begin(), tiles.end(), 0);
  for (int k = 0; k < 12; ++k) {
    ObjectFunction object = Ptychography::make_output(data);
    play.gate.evaluate(data, tiles, object);
    for (const Decision& d : play.gate.last_decisions()) {
      EXPECT_EQ(d.player == Player::solver, WrongObject::wrong_by(d.sample) > 0.1);
      if (d.audited) {
        EXPECT_NEAR(d.error, 0.01, 1e-3);  // ± 0.01 rad on alternate pixels: 2 sin(0.005), as far as weights balance
      }
    }
    TrueObject truth;
    ObjectFunction right = Ptychography::make_output(data);
    truth.evaluate(data, tiles, right);
    for (int s = 0; s < Ptychography::samples(data); ++s)
      EXPECT_LT(Ptychography::error(data, right, object, s).largest, 0.02) << "what was wrong was handed back";
  }
  play.expect_an_account(0.02);
}

}  // namespace
}  // namespace locum::gate
