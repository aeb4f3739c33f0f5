// On a GPU an array costs more than most kernels of a mini-batch: it waits for all that is under way.
#include <gtest/gtest.h>

#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "tests/support/allocations.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

namespace locum::imaging {
namespace {

plain::Case some_case() {
  plain::Setting setting;
  setting.nx = setting.ny = 16;
  setting.modes = 2;
  return plain::make(setting, plain::grid(setting, 5, 5, 3.0, 0.4, true));  // 25 frames: batches of 8, 8, 8 and 1
}

// Of the fifth and the sixth sweep: the first few find how much room patches and batches take.
std::vector<std::string> allocated(const PtychographyConfig& config) {
  const plain::Case c = some_case();
  Reconstruction reconstruction(c.data, config);
  for (int sweep = 0; sweep < 4; ++sweep) reconstruction.advance();
  const test::Allocations allocations;
  for (int sweep = 0; sweep < 2; ++sweep) reconstruction.advance();
  return allocations.labels();
}

PtychographyConfig config_of(const std::string& engine, int batch, bool refine) {
  PtychographyConfig config;
  config.engine = engine;
  config.batch = batch;
  config.tolerance = 0.0;
  config.probe.refine = refine;
  config.probe.from = 0;
  return config;
}

TEST(Allocations, AreSeen) {
  const test::Allocations allocations;
  const View<float*> view("something", 3);
  EXPECT_EQ(allocations.labels(), std::vector<std::string>{"something"});
}

TEST(SteadySweep, AllocatesNothing) {
  const std::vector<std::string> nothing;
  for (const bool refine : {false, true}) {
    for (const char* engine : {"epie", "rpie", "lsqml"}) {
      EXPECT_EQ(allocated(config_of(engine, 1, refine)), nothing) << engine << ", " << refine;
      EXPECT_EQ(allocated(config_of(engine, 8, refine)), nothing) << engine << ", " << refine;
    }
    for (const char* engine : {"lsqml", "cg", "dm", "raar"})
      EXPECT_EQ(allocated(config_of(engine, 0, refine)), nothing) << engine << ", " << refine;
  }
}

TEST(SteadySweep, AllocatesNothingWhilePositionsFollow) {
  for (const char* engine : {"rpie", "lsqml", "raar"}) {
    PtychographyConfig config = config_of(engine, 8, true);
    config.positions.correct = true;
    config.positions.from = 0;
    config.positions.drift = 0;
    EXPECT_EQ(allocated(config), std::vector<std::string>()) << engine;
  }
}

}  // namespace
}  // namespace locum::imaging
