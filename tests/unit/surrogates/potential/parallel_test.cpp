// The potential over a decomposition in space: nothing depends on the number of ranks beyond rounding.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "solvers/md/simulation.hpp"
#include "tests/unit/surrogates/potential/potential_fixture.hpp"

namespace locum::potential {
namespace {

struct Outcome {
  double energy = 0.0, score = 0.0;
  Mat3 virial;
  std::vector<double> force, atom_energy;
};

md::Structure structure_of(const FrameLabel& label) {
  md::Structure structure;
  structure.cell = label.cell;
  for (int i = 0; i < label.atoms(); ++i)
    structure.position.push_back({label.position[3 * i], label.position[3 * i + 1], label.position[3 * i + 2]});
  structure.atomic_number = label.atomic_number;
  return structure;
}

Outcome run(const Context& context, const std::shared_ptr<NeuralPotential>& potential, const FrameLabel& label,
            int timesteps) {
  const md::Structure structure = structure_of(label);
  PotentialStep step(potential);
  md::MdConfig config;
  config.timestep = 0.5;
  config.initial_temperature = 100.0;
  md::Simulation simulation(context, config, structure, potential->config().cutoff, step);
  simulation.initialize();
  for (int k = 0; k < timesteps; ++k) simulation.advance();
  Outcome r;
  AtomisticResult result = Atomistic::make_output(simulation.configuration());
  const int sample = 0;
  step.evaluate_with_score(simulation.configuration(), std::span<const int>(&sample, 1), result,
                           std::span<double>(&r.score, 1));
  r.energy = result.energy;
  r.virial = result.virial;
  r.force = gather_by_id(simulation.configuration(), result.force);
  r.atom_energy = gather_by_id(simulation.configuration(), result.atom_energy);
  return r;
}

PotentialConfig small_config() {
  PotentialConfig config;
  config.cutoff = 4.2;
  config.radials = 4;
  config.four_body_radials = 2;
  config.components = 10;
  return config;
}

TEST(Parallel, EnergyForcesVirialAndScoreAreThoseOfOneRank) {
  const PotentialConfig config = small_config();
  Context world;
  world.comm = Communicator::world();
  for (const bool two : {false, true})
    for (const int timesteps : {0, 20}) {
      auto potential = test::random_potential(config, two ? std::vector<int>{6, 14} : std::vector<int>{14});
      const FrameLabel label = test::disordered_diamond(two, 7, 4, 0.1);
      const Outcome a = run(world, potential, label, timesteps), b = run(Context(), potential, label, timesteps);
      double scale = 0.0;
      for (const double f : b.force) scale = std::max(scale, std::abs(f));
      ASSERT_EQ(a.force.size(), b.force.size());
      EXPECT_NEAR(a.energy, b.energy, 1e-10 * std::abs(b.energy));
      EXPECT_NEAR(a.score, b.score, 1e-9 * b.score);
      for (std::size_t k = 0; k < b.force.size(); ++k) EXPECT_NEAR(a.force[k], b.force[k], 1e-10 * scale);
      for (std::size_t k = 0; k < b.atom_energy.size(); ++k)
        EXPECT_NEAR(a.atom_energy[k], b.atom_energy[k], 1e-10 * std::abs(b.atom_energy[k]));
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) EXPECT_NEAR(a.virial[i][j], b.virial[i][j], 1e-10 * std::abs(b.energy));
    }
}

// The step keeps its schedule while a list does; a hot crystal's list is made anew every few timesteps, and two
// simulations have one each.
TEST(Parallel, OneStepServesTwoSimulationsInTurnAsTwoStepsWould) {
  const PotentialConfig config = small_config();
  Context world;
  world.comm = Communicator::world();
  const auto potential = test::random_potential(config, {6, 14});
  const md::Structure first = structure_of(test::disordered_diamond(true, 7, 4, 0.1)),
                      second = structure_of(test::disordered_diamond(false, 8, 5, 0.1));
  md::MdConfig md;
  md.timestep = 1.0;
  md.initial_temperature = 2000.0;
  md.skin = 0.1;
  PotentialStep shared(potential), one(potential), two(potential);
  md::Simulation a(world, md, first, config.cutoff, shared), b(world, md, second, config.cutoff, shared),
      c(world, md, first, config.cutoff, one), d(world, md, second, config.cutoff, two);
  for (md::Simulation* simulation : {&a, &b, &c, &d}) simulation->initialize();
  const auto rebuilds = c.rebuilds();
  for (int k = 0; k < 12; ++k)
    for (md::Simulation* simulation : {&a, &b, &c, &d}) simulation->advance();
  EXPECT_GT(c.rebuilds(), rebuilds);
  EXPECT_LT(c.rebuilds(), rebuilds + 12);
  // Bit for bit but for a GPU's atomic sums in any order, which a dozen timesteps hardly magnify.
  const double rounding = device_is_host ? 0.0 : 1e-10;
  EXPECT_NEAR(a.result().energy, c.result().energy, rounding * std::abs(c.result().energy));
  EXPECT_NEAR(b.result().energy, d.result().energy, rounding * std::abs(d.result().energy));
}

// Largest departure of the energy per atom over a run at constant energy, eV.
double departure(const Context& context, const std::shared_ptr<NeuralPotential>& potential, Precision precision) {
  potential->precision = precision;
  potential->upload();
  const FrameLabel label = test::disordered_diamond(false, 7, 4, 0.05);
  PotentialStep step(potential);
  md::MdConfig config;
  config.timestep = 0.5;
  config.initial_temperature = 100.0;
  md::Simulation simulation(context, config, structure_of(label), potential->config().cutoff, step);
  simulation.initialize();
  const double start = simulation.conserved_quantity();
  double most = 0.0;
  for (int k = 0; k < 200; ++k) {
    simulation.advance();
    most = std::max(most, std::abs(simulation.conserved_quantity() - start) / label.atoms());
  }
  return most;
}

// What velocity Verlet itself leaves is some 1e-6 eV/atom here; rounding of an atom's energy of some eV may add 2e-7.
TEST(Parallel, SinglePrecisionConservesEnergyAsDoubleDoes) {
  const PotentialConfig config = small_config();
  Context world;
  world.comm = Communicator::world();
  const auto potential = test::random_potential(config, {14});
  const double full = departure(world, potential, Precision::fp64),
               single = departure(world, potential, Precision::fp32);
  EXPECT_GT(full, 0.0);
  EXPECT_NE(single, full);
  EXPECT_LT(single, 1.02 * full + 2e-7);
  std::printf("largest departure of the energy: %.3e eV/atom in fp64, %.3e in fp32\n", full, single);
}

}  // namespace
}  // namespace locum::potential
