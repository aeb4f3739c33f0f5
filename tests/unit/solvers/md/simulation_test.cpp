#include "solvers/md/simulation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "tests/support/argon.hpp"

namespace locum::md {
namespace {

using test::argon;
using test::forces_by_id;
using test::LennardJones;
using test::LennardJonesStep;
using test::positions_by_id;
using test::velocities_by_id;
using test::world_context;

Context alone(std::uint64_t seed = 3) {
  Context context;
  context.seed = seed;
  return context;
}

// Largest difference relative to the largest number, or to 1e-3 where symmetry makes all of them vanish.
double relative_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0.0, scale = 1e-3;
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    most = std::max(most, std::abs(a[k] - b[k]));
    scale = std::max(scale, std::abs(b[k]));
  }
  return most / scale;
}

void forces_are_those_of_a_plain_sum(const Context& context, const Structure& structure, const LennardJones& potential,
                                     bool through_ghosts) {
  LennardJonesStep step(potential, through_ghosts);
  Simulation s(context, {}, structure, potential.cutoff, step);
  s.initialize();
  const auto plain = test::sum_plainly(potential, structure.cell, structure.position);
  std::vector<double> force;
  for (const Vec3& f : plain.force)
    for (int d = 0; d < 3; ++d) force.push_back(f[d]);
  // Sums of some hundred numbers in another order: rounding only.
  EXPECT_NEAR(s.potential_energy(), plain.energy, 1e-12 * std::abs(plain.energy));
  EXPECT_NEAR(relative_difference(forces_by_id(s), force), 0.0, 1e-10);
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      EXPECT_NEAR(s.result().virial[a][b], plain.virial[a][b], 1e-10 * std::abs(plain.energy)) << a << b;
}

TEST(Simulation, ForcesAreThoseOfAPlainSumOnAnyNumberOfRanks) {
  for (const bool through_ghosts : {false, true})
    forces_are_those_of_a_plain_sum(world_context(), argon(4), {}, through_ghosts);
}

TEST(Simulation, ForcesAreThoseOfAPlainSumInATriclinicCell) {
  for (const bool through_ghosts : {false, true})
    forces_are_those_of_a_plain_sum(world_context(), argon(4, 0.1, {0.02, 0.3, -0.1, 0.0, -0.03, 0.2, 0.0, 0.0, 0.05}),
                                    {}, through_ghosts);
}

TEST(Simulation, ThinCellsSeeAsManyImagesAsTheCutoffReaches) {
  StructureConfig bcc;  // two atoms, a cut-off of 2.4 edges
  bcc.lattice = "bcc";
  bcc.element = "Ar";
  bcc.lattice_constant = 4.0;
  bcc.displacement = 0.05;
  LennardJones potential;
  potential.inner = 8.0;
  potential.cutoff = 9.6;
  for (const bool through_ghosts : {false, true}) {
    forces_are_those_of_a_plain_sum(alone(), make_structure(bcc, 2), potential, through_ghosts);
    forces_are_those_of_a_plain_sum(alone(), argon(1), potential, through_ghosts);
  }
  bcc.strain = {0.1, 0.4, 0.3, 0.0, -0.1, 0.2, 0.0, 0.0, 0.0};
  forces_are_those_of_a_plain_sum(alone(), make_structure(bcc, 2), potential, true);
  bcc.lattice = "sc";  // one atom, which sees nothing but itself
  forces_are_those_of_a_plain_sum(alone(), make_structure(bcc, 2), potential, true);
}

TEST(Simulation, ATriclinicCellOfTheSameCrystalGivesTheSameForces) {
  const Structure cubic = argon(4);
  Structure skewed = cubic;
  Mat3 h = cubic.cell.vectors();
  // The same lattice of images, other vectors.
  skewed.cell = Cell(Mat3{{{h[0][0], 0, 0}, {h[0][0], h[1][1], 0}, {0, -h[1][1], h[2][2]}}});
  LennardJonesStep step;
  Simulation a(world_context(), {}, cubic, step.potential().cutoff, step);
  a.initialize();
  Simulation b(alone(), {}, skewed, step.potential().cutoff, step);
  b.initialize();
  EXPECT_NEAR(b.potential_energy(), a.potential_energy(), 1e-12 * std::abs(a.potential_energy()));
  EXPECT_NEAR(relative_difference(forces_by_id(b), forces_by_id(a)), 0.0, 1e-10);
  EXPECT_NEAR(b.pressure(), a.pressure(), 1e-10 * std::abs(a.pressure()));
}

MdConfig hot(const std::string& thermostat) {
  MdConfig config;
  config.timestep = 4.0;
  config.skin = 0.4;
  config.thermostat.kind = thermostat;
  config.thermostat.temperature = {120.0};
  config.thermostat.time_constant = 200.0;
  config.thermostat.friction = 0.005;
  return config;
}

// The same run on one rank and on all: equal but for rounding, which chaos multiplies in time.
TEST(Simulation, TrajectoriesDoNotDependOnTheNumberOfRanks) {
  for (const std::string thermostat : {"none", "langevin", "bussi"}) {
    LennardJonesStep step({}, true);
    Simulation together(world_context(), hot(thermostat), argon(4), 7.5, step);
    Simulation single(alone(), hot(thermostat), argon(4), 7.5, step);
    together.initialize();
    single.initialize();
    for (int k = 0; k < 200; ++k) {
      together.advance();
      single.advance();
    }
    EXPECT_GT(single.rebuilds(), 5);
    // Argon's Lyapunov time is some 1 ps: 800 fs multiply 1e-16 by less than a thousand.
    EXPECT_NEAR(relative_difference(velocities_by_id(together), velocities_by_id(single)), 0.0, 1e-10) << thermostat;
    EXPECT_NEAR(together.potential_energy(), single.potential_energy(), 1e-10 * std::abs(single.potential_energy()));
    EXPECT_NEAR(together.temperature(), single.temperature(), 1e-9);
    EXPECT_NEAR(together.conserved_quantity(), single.conserved_quantity(), 1e-10);
  }
}

TEST(Simulation, MomentumIsConserved) {
  for (const std::string thermostat : {"none", "bussi"}) {
    LennardJonesStep step({}, true);
    Simulation s(world_context(), hot(thermostat), argon(4), 7.5, step);
    s.initialize();
    for (int k = 0; k < 100; ++k) s.advance();
    const auto v = velocities_by_id(s);
    double sum[3] = {0, 0, 0};
    for (std::size_t i = 0; i < v.size(); ++i) sum[i % 3] += v[i];
    // 256 velocities of order 1e-3 Å/fs, 100 additions each.
    for (const double p : sum) EXPECT_NEAR(p, 0.0, 1e-14);
  }
}

TEST(Simulation, PressureIsMinusTheSlopeOfTheEnergyAndTheIdealGasPart) {
  LennardJonesStep step;
  Structure structure = argon(4);
  set_velocities(structure, 80.0, 5, 0);
  Simulation s(world_context(), {}, structure, 7.5, step);
  s.initialize();
  const auto energy = [&](double scale) {
    std::vector<Vec3> r;
    for (const Vec3& x : structure.position) r.push_back(scale * x);
    return test::sum_plainly(step.potential(), Cell(scale * structure.cell.vectors()), r).energy;
  };
  const double d = 1e-5, volume = structure.cell.volume();
  const double slope = (energy(1.0 + d) - energy(1.0 - d)) / (volume * (std::pow(1.0 + d, 3) - std::pow(1.0 - d, 3)));
  const double expected = units::ev_per_A3_in_gpa * (-slope + 2.0 / 3.0 * s.kinetic_energy() / volume);
  EXPECT_NEAR(s.pressure(), expected, 1e-6 * std::abs(expected));  // central differences
  EXPECT_NEAR(s.pressure(), -(s.stress()[0][0] + s.stress()[1][1] + s.stress()[2][2]) / 3.0, 1e-15);
}

TEST(Simulation, UnwrappedPositionsAreContinuousAndWrappedOnesInTheCell) {
  LennardJonesStep step;
  Structure structure = argon(4);
  structure.velocity.assign(structure.position.size(), Vec3{0.02, -0.01, 0.005});  // everything drifts through the cell
  MdConfig config = hot("none");
  config.remove_momentum = false;
  config.timestep = 10.0;
  Simulation s(world_context(), config, structure, 7.5, step);
  s.initialize();
  for (int k = 0; k < 150; ++k) s.advance();
  Vec3 drift;
  const auto unwrapped = s.local_atoms(Positions::unwrapped), wrapped = s.local_atoms(Positions::wrapped);
  for (std::size_t i = 0; i < unwrapped.size(); ++i) {
    Vec3 r{unwrapped.position[3 * i], unwrapped.position[3 * i + 1], unwrapped.position[3 * i + 2]};
    drift = drift + (r - structure.position[unwrapped.id[i]]);
    Vec3 in{wrapped.position[3 * i], wrapped.position[3 * i + 1], wrapped.position[3 * i + 2]};
    const Vec3 f = s.cell().to_fractional(in);
    Vec3 images;
    for (int d = 0; d < 3; ++d) {
      EXPECT_GT(f[d], -1e-12);
      EXPECT_LT(f[d], 1.0 + 1e-12);
      images[d] = static_cast<double>(wrapped.image[3 * i + d]);
    }
    EXPECT_NEAR(norm(in + s.cell().to_cartesian(images) - r), 0.0, 1e-11);
  }
  double sum[3] = {drift.x, drift.y, drift.z};
  s.configuration().comm.sum(std::span<double>(sum));
  // Centre of mass: 1500 fs at the common velocity, 1.4 cells along x.
  EXPECT_NEAR(sum[0] / 256.0, 30.0, 1e-9);
  EXPECT_NEAR(sum[1] / 256.0, -15.0, 1e-9);
  EXPECT_NEAR(sum[2] / 256.0, 7.5, 1e-9);
}

TEST(Simulation, TheStepCanBeChangedInFlight) {
  LennardJonesStep first, second({}, true);
  Simulation s(world_context(), hot("none"), argon(4), 7.5, first),
      unchanged(world_context(), hot("none"), argon(4), 7.5, first);
  s.initialize();
  unchanged.initialize();
  s.set_step(second);
  for (int k = 0; k < 3; ++k) {
    s.advance();
    unchanged.advance();
  }
  EXPECT_EQ(second.calls(), 3);
  EXPECT_NEAR(s.potential_energy(), unchanged.potential_energy(), 1e-12 * std::abs(s.potential_energy()));
}

TEST(Simulation, RanksWithoutAtomsTakePart) {
  Structure pair;  // two atoms that collide in the middle of a large cell: most ranks own nothing, for a while or ever
  pair.cell = Cell(40.0 * identity());
  pair.position = {{19.0, 20.5, 20.5}, {25.0, 20.5, 20.5}};
  pair.velocity = {{0.003, 0.0002, 0.0001}, {-0.003, -0.0002, -0.0001}};
  pair.atomic_number = {18, 18};
  LennardJonesStep step({}, true);
  Simulation together(world_context(), hot("none"), pair, 7.5, step), single(alone(), hot("none"), pair, 7.5, step);
  together.initialize();
  single.initialize();
  const double energy = single.conserved_quantity();
  for (int k = 0; k < 300; ++k) {
    together.advance();
    single.advance();
  }
  EXPECT_NEAR(relative_difference(positions_by_id(together), positions_by_id(single)), 0.0, 1e-12);
  EXPECT_NEAR(together.conserved_quantity(), energy, 1e-5);  // a collision of 0.037 eV, at (ω Δt)² / 24 of it
}

// Each owned atom gets back its own one and one for each of its copies: none is lost, none comes twice.
TEST(GhostExchange, AddsEveryCopyToItsOwnerOnce) {
  LennardJonesStep step;
  for (const Structure& structure : {argon(4), argon(4, 0.1, {0.0, 0.3, 0.2, 0.0, 0.0, -0.2, 0.0, 0.0, 0.0})}) {
    Simulation s(world_context(), {}, structure, 7.5, step);
    const auto& c = s.configuration();
    const View<double* [3]> ones("ones", c.n_local + c.n_ghost);
    Kokkos::deep_copy(ones, 1.0);
    c.ghosts->add_to_owners(ones);
    const auto copies = gather_by_id(c, ones);
    const auto id = host_copy(c.id);
    std::vector<double> counted(copies.size(), 0.0);
    for (int i = 0; i < c.n_local + c.n_ghost; ++i)
      for (int d = 0; d < 3; ++d) counted[3 * id(i) + d] += 1.0;
    c.comm.sum(std::span<double>(counted));
    EXPECT_EQ(copies, counted);
  }
}

TEST(Simulation, AdvanceBeforeFirstForcesIsRefused) {
  LennardJonesStep step;
  Simulation s(world_context(), {}, argon(4), 7.5, step);
  EXPECT_THROW(s.advance(), ConfigError);
}

}  // namespace
}  // namespace locum::md
