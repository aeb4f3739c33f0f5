#include "solvers/imaging/engines/prism_store.hpp"

#include <gtest/gtest.h>

#include "solvers/imaging/engines/prism_engine.hpp"
#include "tests/unit/solvers/imaging/engines/scans.hpp"

namespace locum::imaging {
namespace {

using testing::configurations_of;
using testing::random_specimen;
using testing::scan_of;
using testing::setup_for;
using testing::some_positions;

TEST(PrismStore, WhatMemoryDoesNotHoldIsMadeAgain) {
  ScanSetup setup = setup_for({64, 60, 9.0, 9.1}, 6.0);
  const Context context{Communicator::world(), {}, 1};
  const auto configurations = configurations_of(random_specimen(9.0, 9.1, 6.0, 30), 3);
  PrismConfig config;
  config.interpolation = {1, 1};
  PrismEngine<float> all(context, setup, config, configurations);
  EXPECT_EQ(all.store().kept(), 3);
  const double one = all.memory().shared / 3.0;
  setup.memory = 0.9 * all.memory().shared;
  PrismEngine<float> some(context, setup, config, configurations);
  EXPECT_EQ(some.store().kept(), 2);
  EXPECT_LT(some.memory().shared, setup.memory);
  EXPECT_GT(some.memory().rank, all.memory().rank + 0.9 * one);
  all.prepare();
  some.prepare();
  const auto positions = some_positions(setup.grid, 5);
  for (const int c : {2, 0, 2, 1}) EXPECT_EQ(scan_of(some, c, positions).signal, scan_of(all, c, positions).signal);
}

// Beams are shared out among ranks; each is computed by itself, so that nothing may change with their number.
TEST(PrismStore, EveryRankHasTheSameMatrix) {
  const ScanSetup setup = setup_for({64, 60, 9.0, 9.1}, 6.0);
  const auto configurations = configurations_of(random_specimen(9.0, 9.1, 6.0, 30), 1);
  PrismConfig config;
  config.interpolation = {1, 1};
  PrismEngine<float> shared({Communicator::world(), {}, 1}, setup, config, configurations);
  PrismEngine<float> alone({}, setup, config, configurations);
  shared.prepare();
  alone.prepare();
  const auto positions = some_positions(setup.grid, 9);
  EXPECT_EQ(scan_of(shared, 0, positions).signal, scan_of(alone, 0, positions).signal);
}

}  // namespace
}  // namespace locum::imaging
