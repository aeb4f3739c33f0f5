#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/support/argon.hpp"

namespace locum::md {
namespace {

using test::argon;
using test::LennardJonesStep;
using test::world_context;

MdConfig settings(const std::string& thermostat) {
  MdConfig config;
  config.timestep = 4.0;
  config.timesteps = 120;
  config.skin = 0.4;
  config.thermostat.kind = thermostat;
  config.thermostat.temperature = {100.0, 160.0};  // a ramp: the time must come back too
  config.thermostat.time_constant = 150.0;
  return config;
}

void advance(Simulation& s, int timesteps) {
  for (int k = 0; k < timesteps; ++k) s.advance();
}

void fields_are_equal_bit_for_bit(const FieldSet& a, const FieldSet& b) {
  ASSERT_EQ(a.fields().size(), b.fields().size());
  for (const auto& [name, field] : a.fields()) {
    EXPECT_EQ(field.shape, b.at(name).shape) << name;
    EXPECT_TRUE(field.values == b.at(name).values) << name;
  }
}

std::vector<double> by_id(const Simulation& s) {
  auto numbers = test::positions_by_id(s);
  for (const double v : test::velocities_by_id(s)) numbers.push_back(1000.0 * v);
  return numbers;
}

void are_near(const Simulation& a, const Simulation& b) {
  const auto x = by_id(a), y = by_id(b);
  ASSERT_EQ(x.size(), y.size());
  // Rounding of sums in another order, multiplied by chaos over some 200 fs. Positions may sit in another image.
  const double edge = a.cell().vectors()[0][0];
  for (std::size_t k = 0; k < x.size(); ++k) ASSERT_NEAR(std::remainder(x[k] - y[k], edge), 0.0, 1e-10);
}

class EveryThermostat : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Restart, EveryThermostat, ::testing::Values("none", "langevin", "bussi"));

TEST_P(EveryThermostat, GoesOnBitForBitFromAnyTimestep) {
  LennardJonesStep step({}, device_is_host);  // a GPU adds halves of pairs in any order, by atomics
  const MdConfig config = settings(GetParam());
  Simulation unbroken(world_context(), config, argon(4), 7.5, step);
  unbroken.initialize();
  for (const int stop : {1, 30, 43}) {  // from the start, and between two rebuilds
    advance(unbroken, stop - static_cast<int>(unbroken.timestep()));
    const FieldSet shared = unbroken.shared_state(), local = unbroken.local_state();
    EXPECT_NE(local.real("position"), local.real("built_position"));
    Simulation resumed(world_context(), config, argon(4), 7.5, step);
    resumed.restore(shared, local);
    fields_are_equal_bit_for_bit(resumed.shared_state(), shared);
    fields_are_equal_bit_for_bit(resumed.local_state(), local);
    Simulation reference(world_context(), config, argon(4), 7.5, step);
    reference.initialize();
    advance(reference, 100);
    advance(resumed, 100 - stop);
    EXPECT_GT(reference.rebuilds(), shared.integer_scalar("rebuilds") + 1);
    fields_are_equal_bit_for_bit(resumed.shared_state(), reference.shared_state());
    fields_are_equal_bit_for_bit(resumed.local_state(), reference.local_state());
    EXPECT_EQ(resumed.pressure(), reference.pressure());
    EXPECT_EQ(resumed.conserved_quantity(), reference.conserved_quantity());
  }
}

// All ranks' rows, one rank after the other, then dealt again in equal shares: what a file holds and another number of
// ranks reads.
FieldSet dealt_again(const FieldSet& local, const Communicator& from, const Communicator& to) {
  FieldSet fields;
  std::int64_t first = 0, last = 0;
  for (const auto& [name, field] : local.fields()) {
    const std::int64_t rows = from.sum(field.shape[0]);
    const std::int64_t width = field.shape.size() > 1 ? field.shape[1] : 1;
    // In reverse order of ranks: nobody gets the rows that it gave.
    first = rows * (to.size() - 1 - to.rank()) / to.size();
    last = rows * (to.size() - to.rank()) / to.size();
    auto shape = field.shape;
    shape[0] = last - first;
    std::visit(
        [&](const auto& values) {
          using T = typename std::decay_t<decltype(values)>::value_type;
          const auto all = from.all_gather(std::span<const T>(values));
          fields.add(name, field.unit, shape, std::vector<T>(all.begin() + first * width, all.begin() + last * width));
        },
        field.values);
  }
  return fields;
}

TEST_P(EveryThermostat, GoesOnWithOtherRanksUpToRounding) {
  LennardJonesStep step({}, true);
  const MdConfig config = settings(GetParam());
  const Context world = world_context();
  Context alone = world;
  alone.comm = Communicator::self();
  Simulation together(world, config, argon(4), 7.5, step), single(alone, config, argon(4), 7.5, step);
  together.initialize();
  single.initialize();
  advance(together, 31);
  advance(single, 31);

  Simulation shrunk(alone, config, argon(4), 7.5, step);
  shrunk.restore(together.shared_state(), dealt_again(together.local_state(), world.comm, alone.comm));
  Simulation grown(world, config, argon(4), 7.5, step);
  grown.restore(single.shared_state(), dealt_again(single.local_state(), alone.comm, world.comm));
  Simulation shuffled(world, config, argon(4), 7.5, step);
  shuffled.restore(together.shared_state(), dealt_again(together.local_state(), world.comm, world.comm));
  EXPECT_EQ(shrunk.timestep(), 31);
  EXPECT_EQ(grown.time(), together.time());
  for (Simulation* s : {&together, &shrunk, &grown, &shuffled}) advance(*s, 50);
  are_near(shrunk, together);
  are_near(grown, together);
  are_near(shuffled, together);
  EXPECT_NEAR(shrunk.conserved_quantity(), together.conserved_quantity(), 1e-10);
}

TEST(Restart, UnwrappedPositionsGoOn) {
  LennardJonesStep step;
  Structure structure = argon(4);
  structure.velocity.assign(structure.position.size(), Vec3{0.05, 0.0, -0.05});
  MdConfig config = settings("none");
  config.remove_momentum = false;
  Simulation first(world_context(), config, structure, 7.5, step);
  first.initialize();
  advance(first, 110);  // one cell is 421 fs long at this speed
  Simulation second(world_context(), config, structure, 7.5, step);
  second.restore(first.shared_state(), first.local_state());
  const auto a = first.local_atoms(Positions::unwrapped), b = second.local_atoms(Positions::unwrapped);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.position, b.position);
  for (std::size_t i = 0; i < b.size(); ++i)
    EXPECT_NEAR(b.position[3 * i] - structure.position[b.id[i]].x, 22.0, 1.5);  // the drift, and some vibration
}

TEST(Restart, ACheckpointOfAnotherStructureIsRefused) {
  LennardJonesStep step;
  const MdConfig config = settings("none");
  Simulation first(world_context(), config, argon(4), 7.5, step);
  first.initialize();
  Simulation other(world_context(), config, argon(4, 0.1, {0.01, 0, 0, 0, 0, 0}), 7.5, step);
  EXPECT_THROW(other.restore(first.shared_state(), first.local_state()), ConfigError);
}

TEST(Restart, RowsThatAreMissingAreNoticed) {
  LennardJonesStep step;
  Simulation first(world_context(), settings("none"), argon(4), 7.5, step);
  first.initialize();
  FieldSet none;
  const FieldSet local = first.local_state();
  for (const auto& [name, field] : local.fields()) {
    auto shape = field.shape;
    shape[0] = 0;
    std::visit(
        [&](auto values) {
          values.clear();
          none.add(name, field.unit, shape, values);
        },
        field.values);
  }
  Simulation second(world_context(), settings("none"), argon(4), 7.5, step);
  EXPECT_THROW(second.restore(first.shared_state(), none), ConfigError);
}

}  // namespace
}  // namespace locum::md
