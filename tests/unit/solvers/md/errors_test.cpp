#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/md/rank_grid.hpp"
#include "tests/support/argon.hpp"

namespace locum::md {
namespace {

using test::argon;
using test::LennardJonesStep;
using test::world_context;

// The text of the error that `run` throws; every rank of a test calls it, and every rank must get one.
template <class E, class Run>
std::string error_of(Run run) {
  try {
    run();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error on rank " << Communicator::world().rank();
  return "";
}

void has(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts) EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' in: " << text;
}

// Lennard-Jones until timestep `when`; then the number `value` on the atom with this id (−1: in the energy).
class FailingStep final : public AtomisticStep {
 public:
  FailingStep(std::int64_t when, std::int64_t id, double value) : when_(when), id_(id), value_(value) {}
  std::string name() const override { return "failing step"; }
  void evaluate(const Configuration& c, std::span<const int> samples, AtomisticResult& out) override {
    good_.evaluate(c, samples, out);
    if (c.timestep < when_) return;
    if (id_ < 0) out.energy = value_;
    const auto id = host_copy(c.id);
    const auto force = host_copy(out.force);
    for (int i = 0; i < c.n_local; ++i)
      if (id(i) == id_) force(i, 1) = value_;
    Kokkos::deep_copy(out.force, force);
  }

 private:
  LennardJonesStep good_;
  std::int64_t when_, id_;
  double value_;
};

std::string failure(std::int64_t when, std::int64_t id, double value) {
  FailingStep step(when, id, value);
  Simulation s(world_context(), {}, argon(4), 7.5, step);
  return error_of<NumericalError>([&] {
    s.initialize();
    for (int k = 0; k < 20; ++k) s.advance();
  });
}

TEST(Explosion, AnAtomThatMovesTooFarIsNamedOnEveryRank) {
  // Two half kicks of 0.5 · 5000 / (39.95 · 103.6) = 0.6 Å/fs on an argon atom; the limit is 0.5 Å in 1 fs.
  has(failure(5, 77, 5000.0), {"atom 77 moved by", "in timestep 6,", "at most 0.5 Å", "speed of", "5000", "eV/Å",
                               "timestep 6", "smaller timestep (now 1 fs)"});
}

TEST(Explosion, AForceThatIsNotFiniteIsNamedAtItsTimestep) {
  has(failure(5, 140, std::numeric_limits<double>::quiet_NaN()),
      {"force on atom 140", "nan", "timestep 5", "failing step"});
  has(failure(0, 3, std::numeric_limits<double>::infinity()), {"force on atom 3", "inf", "timestep 0"});
}

TEST(Explosion, AnEnergyThatIsNotFiniteIsNoticed) {
  has(failure(5, -1, std::numeric_limits<double>::quiet_NaN()), {"energy", "nan", "timestep 5", "failing step"});
}

TEST(Explosion, ATimestepThatIsTooLongEndsWithItsTimestepAndAtom) {
  MdConfig config;
  config.timestep = 20.0;
  config.initial_temperature = 1500.0;
  LennardJonesStep step;
  Simulation s(world_context(), config, argon(4), 7.5, step);
  s.initialize();
  has(error_of<NumericalError>([&] {
        for (int k = 0; k < 500; ++k) s.advance();
      }),
      {"timestep", "atom ", "smaller timestep (now 20 fs)"});
}

TEST(OneSpot, TwoAtomsAreNamedOnEveryRank) {
  Structure structure = argon(4, 0.0);
  structure.position[200] = structure.position[31] + Vec3{0.0, 0.05, 0.0};
  LennardJonesStep step;
  const auto text = error_of<NumericalError>([&] { Simulation(world_context(), {}, structure, 7.5, step); });
  has(text, {"two atoms on one spot", "atom 31 at (", "atom 200 at (", "0.05 Å", "at least 0.1 Å"});
}

TEST(OneSpot, AtomsThatMeetAcrossTheBoundaryAreFoundToo) {
  Structure structure = argon(4, 0.0);
  structure.position[0] = {0.0, 0.0, 0.01};
  structure.position[1] = {0.0, 0.0, structure.cell.vectors()[2][2] - 0.01};
  LennardJonesStep step;
  has(error_of<NumericalError>([&] { Simulation(world_context(), {}, structure, 7.5, step); }),
      {"two atoms on one spot", "atom 0 ", "atom 1 ", "0.02 Å"});
}

TEST(RankGrid, MoreRanksThanCellsSaysHowManyWork) {
  const Communicator world = Communicator::world();
  if (world.size() == 1) GTEST_SKIP() << "one rank always has room";
  LennardJonesStep step;
  has(error_of<ConfigError>([&] { Simulation(world_context(), {}, argon(2), 7.5, step); }),
      {"more ranks than cells: " + std::to_string(world.size()) + " ranks", "5.26", "cut-off with its skin is 8.0",
       "use at most 1 rank,"});
  const Cell long_cell(Mat3{{{30.0, 0, 0}, {0, 10.0, 0}, {0, 0, 10.0}}});
  if (world.size() != 4) return;
  has(error_of<ConfigError>([&] { make_rank_grid(world, long_cell, 8.0); }), {"7.5", "use at most 3 ranks"});
}

TEST(RankGrid, SplitsTheLongDirection) {
  const Communicator world = Communicator::world();
  const RankGrid grid = make_rank_grid(world, Cell(Mat3{{{10, 0, 0}, {0, 80, 0}, {0, 0, 10}}}), 6.0);
  EXPECT_EQ(grid.count[0], 1);
  EXPECT_EQ(grid.count[1], world.size());
  EXPECT_EQ(grid.count[2], 1);
  EXPECT_EQ(grid.rank_at(grid.coordinate[0], grid.coordinate[1], grid.coordinate[2]), world.rank());
  EXPECT_EQ(grid.neighbor(1, 1), (world.rank() + 1) % world.size());
  EXPECT_EQ(grid.neighbor(0, -1), world.rank());
}

TEST(RankGrid, OwnersTileTheCell) {
  const Communicator world = Communicator::world();
  const RankGrid grid = make_rank_grid(world, Cell(40.0 * identity()), 6.0);
  int mine = 0;
  for (int x = 0; x < 20; ++x)
    for (int y = 0; y < 20; ++y)
      for (int z = 0; z < 20; ++z) mine += grid.owner({x / 20.0, y / 20.0, z / 20.0}) == world.rank();
  EXPECT_EQ(world.sum(mine), 8000);
  EXPECT_EQ(mine, 8000 / world.size());
}

TEST(MdConfig, BadSettingsAreRefused) {
  const auto refused = [](auto change) {
    MdConfig config;
    change(config);
    EXPECT_THROW(config.validate(), ConfigError);
  };
  refused([](MdConfig& c) { c.timestep = 0.0; });
  refused([](MdConfig& c) { c.timestep = 50.0; });
  refused([](MdConfig& c) { c.skin = -0.1; });
  refused([](MdConfig& c) { c.thermostat.kind = "bussy"; });
  refused([](MdConfig& c) { c.thermostat.temperature = {}; });
  refused([](MdConfig& c) { c.thermostat.temperature = {-5.0}; });
  refused([](MdConfig& c) { c.thermostat.time = {0.0, 10.0}; });
  refused([](MdConfig& c) { c.thermostat.friction = 0.0; });
  refused([](MdConfig& c) {
    c.thermostat.temperature = {100.0, 200.0};
    c.thermostat.time = {10.0, 10.0};
  });
  EXPECT_NO_THROW(MdConfig().validate());
}

}  // namespace
}  // namespace locum::md
