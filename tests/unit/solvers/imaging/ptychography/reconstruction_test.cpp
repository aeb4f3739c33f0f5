#include "solvers/imaging/ptychography/reconstruction.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

using namespace locum;
using namespace locum::imaging;

namespace {

plain::Case some_case(int pixels, int modes, bool noise = false) {
  plain::Setting setting;
  setting.nx = setting.ny = pixels;
  setting.modes = modes;
  setting.noise = noise;
  setting.radius = 0.25;
  setting.counts = 1e5;
  return plain::make(setting, plain::grid(setting, 6, 5, 0.12 * pixels, 1.0, true));
}

PtychographyConfig config_of(const std::string& engine, int sweeps) {
  PtychographyConfig config;
  config.engine = engine;
  config.sweeps = sweeps;
  config.tolerance = 0.0;
  return config;
}

double difference(const ObjectFunction& a, const ObjectFunction& b) {
  double most = 0.0;
  for (std::size_t k = 0; k < a.value.size(); ++k)
    most = std::max(most, static_cast<double>(std::abs(a.value[k] - b.value[k])));
  return most;
}

const std::vector<std::string> engines = {"epie", "rpie", "lsqml", "cg", "dm", "raar"};

PtychographyConfig everything(const std::string& engine) {
  PtychographyConfig config = config_of(engine, 8);
  config.probe.refine = true;
  config.probe.from = 1;
  config.probe.orthogonalise = 2;
  if (engine == "cg") {  // all frames at once, positions as they are
    config.probe.from = 2;
    config.warm_up = 1;
    config.line_search = 0.5;
    return config;
  }
  config.batch = engine == "epie" ? 1 : 8;
  config.positions.correct = true;
  config.positions.from = 3;
  config.momentum = engine == "lsqml" ? 0.5 : 0.0;
  config.warm_up = engine == "lsqml" ? 2 : 0;
  return config;
}

}  // namespace

TEST(Reconstruction, RanksAgree) {
  plain::Case c = some_case(24, 2);
  for (const std::string& engine : engines) {
    const PtychographyConfig config = everything(engine);
    c.data.comm = Communicator::self();
    Reconstruction alone(c.data, config);
    alone.run();
    c.data.comm = Communicator::world();
    Reconstruction together(c.data, config);
    together.run();
    // Sums over the ranks' parts are rounded otherwise: 1e-7 of each update, grown by eight sweeps of feedback through
    // probe, positions and the phases of dark pixels.
    EXPECT_LT(difference(alone.object(), together.object()), 2e-3) << engine;
    EXPECT_NEAR(alone.r_factor(), together.r_factor(), 1e-4) << engine;
    for (std::size_t k = 0; k < alone.history().size(); ++k)
      EXPECT_NEAR(alone.history()[k].r, together.history()[k].r, 1e-4) << engine;
  }
}

TEST(Reconstruction, TheSameRunGivesTheSameBits) {
  plain::Case c = some_case(20, 1, true);
  c.data.comm = Communicator::world();
  for (const std::string& engine : engines) {
    Reconstruction first(c.data, everything(engine)), second(c.data, everything(engine));
    first.run();
    second.run();
    EXPECT_EQ(difference(first.object(), second.object()), 0.0) << engine;
  }
}

TEST(Reconstruction, GoesOnBitForBit) {
  plain::Case c = some_case(20, 2);
  c.data.comm = Communicator::world();
  for (const std::string& engine : engines) {
    PtychographyConfig config = everything(engine);
    config.likelihood = engine == "lsqml" || engine == "cg" ? "poisson" : "amplitude";
    config.tolerance = 1e-9;
    Reconstruction whole(c.data, config), first(c.data, config), second(c.data, config);
    whole.run();
    for (int k = 0; k < 5; ++k) first.advance();
    second.restore(first.shared_state(), first.local_state());
    second.run();
    EXPECT_EQ(second.sweeps(), whole.sweeps()) << engine;
    EXPECT_EQ(difference(whole.object(), second.object()), 0.0) << engine;
    EXPECT_EQ(whole.positions(), second.positions()) << engine;
    EXPECT_EQ(whole.probe(), second.probe()) << engine;
  }
}

TEST(Reconstruction, GoesOnBitForBitAcrossACorrectionOfDrift) {
  plain::Case c = some_case(20, 1, true);
  c.data.comm = Communicator::world();
  PtychographyConfig config = everything("lsqml");
  config.sweeps = 13;
  config.positions.from = 0;  // drift is found after ten sweeps
  Reconstruction whole(c.data, config);
  whole.run();
  for (const int stop : {9, 10, 11}) {
    Reconstruction first(c.data, config), second(c.data, config);
    for (int k = 0; k < stop; ++k) first.advance();
    second.restore(first.shared_state(), first.local_state());
    second.run();
    EXPECT_EQ(difference(whole.object(), second.object()), 0.0) << stop;
    EXPECT_EQ(whole.positions(), second.positions()) << stop;
  }
  config.positions.drift = 0;
  Reconstruction without(c.data, config);
  without.run();
  EXPECT_NE(whole.positions(), without.positions());
}

TEST(Reconstruction, FramesThatDoNotFitAreReadAsTheyAreNeeded) {
  plain::Case c = some_case(20, 1);
  PtychographyConfig config = config_of("lsqml", 4);
  config.batch = 4;
  Reconstruction held(c.data, config);
  config.memory = 30.0 * 20 * 48 * 4 / (1 << 30);  // less than the frames alone
  Reconstruction streamed(c.data, config);
  EXPECT_TRUE(held.fields().store().resident());
  EXPECT_FALSE(streamed.fields().store().resident());
  held.run();
  streamed.run();
  EXPECT_EQ(difference(held.object(), streamed.object()), 0.0);
}

TEST(Reconstruction, WavesThatDoNotFitAreRefusedWithTheForecast) {
  plain::Case c = some_case(20, 1);
  PtychographyConfig config = config_of("dm", 4);
  config.memory = 1e-4;
  EXPECT_THROW(Reconstruction(c.data, config), ConfigError);
}

TEST(Reconstruction, StopsWhereTheObjectRests) {
  plain::Case c = some_case(24, 1);
  PtychographyConfig config = config_of("lsqml", 300);
  config.batch = 8;
  config.tolerance = 1e-2;
  Reconstruction reconstruction(c.data, config);
  reconstruction.run();
  EXPECT_TRUE(reconstruction.converged());
  EXPECT_LT(reconstruction.sweeps(), 300);
  EXPECT_GE(reconstruction.sweeps(), 15);
  EXPECT_LT(reconstruction.history().back().change_of_ten, 1e-2);
}

TEST(Reconstruction, CallersStopItAfterAnySweep) {
  plain::Case c = some_case(20, 1);
  Reconstruction reconstruction(c.data, config_of("rpie", 50));
  reconstruction.run([](const SweepRecord& record) { return record.sweep < 2; });
  EXPECT_EQ(reconstruction.sweeps(), 3);
}

TEST(Reconstruction, NoiselessFramesAreExplainedByEveryEngine) {
  plain::Case c = some_case(32, 1);
  const struct {
    const char* engine;
    int sweeps;
    double r;
  } expected[] = {{"epie", 40, 0.02}, {"rpie", 40, 0.02}, {"lsqml", 40, 0.02},
                  {"cg", 40, 0.02},   {"dm", 60, 0.02},   {"raar", 60, 0.02}};
  for (const auto& e : expected) {
    PtychographyConfig config = config_of(e.engine, e.sweeps);
    config.noise_bound = 0.0;
    Reconstruction reconstruction(c.data, config);
    const double before = reconstruction.r_factor();
    reconstruction.run();
    // An order below the start, whose R is about a fifth.
    EXPECT_LT(reconstruction.r_factor(), e.r) << e.engine << " from " << before;
  }
}
