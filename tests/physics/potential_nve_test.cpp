// A potential fitted to a few frames of tight-binding silicon: it answers frames of a held-out trajectory, and dynamics
// with it keeps its energy.
#include <gtest/gtest.h>

#include <cstdio>

#include "solvers/md/simulation.hpp"
#include "solvers/quantum/tight_binding.hpp"
#include "surrogates/potential/inference/potential_step.hpp"
#include "surrogates/potential/training/learner.hpp"

namespace locum {
namespace {

md::StructureConfig silicon(int cells) {
  md::StructureConfig structure;
  structure.lattice_constant = 5.4455;
  structure.replicate = {cells, cells, cells};
  return structure;
}

// Every 20 fs a frame of tight-binding dynamics around 300 K. Two trajectories more than needed to train on one.
std::vector<FieldSet> tight_binding_frames() {
  std::vector<FieldSet> frames;
  for (int t = 0; t < 3; ++t) {
    Context context;
    context.seed = 11 + t;
    quantum::TightBinding step(context, quantum::TightBindingConfig{});
    md::StructureConfig structure = silicon(2);
    structure.displacement = 0.02 + 0.02 * t;
    md::MdConfig config;
    config.timestep = 2.0;
    config.initial_temperature = 500.0;
    md::Simulation simulation(context, config, md::make_structure(structure, context.seed), step.cutoff(), step);
    simulation.initialize();
    for (int n = 1; n <= 80; ++n) {
      simulation.advance();
      if (n % 10 != 0) continue;
      FieldSet frame = Atomistic::label(simulation.configuration(), simulation.result(), 0);
      frame.add_scalar("trajectory", "1", std::int64_t{t});
      frames.push_back(std::move(frame));
    }
  }
  return frames;
}

double drift(AtomisticStep& step, double cutoff) {
  md::MdConfig config;
  config.timestep = 1.0;
  config.initial_temperature = 600.0;  // of the perfect lattice: half of it goes into displacements, 300 K stay
  md::Simulation simulation(Context(), config, md::make_structure(silicon(2), 1), cutoff, step);
  simulation.initialize();
  double n = 0, t = 0, tt = 0, e = 0, te = 0, temperature = 0;
  for (int k = 0; k < 6000; ++k) {
    simulation.advance();
    if (k < 1000) continue;
    const double time = 1e-3 * simulation.time();
    const double energy = (simulation.potential_energy() + simulation.kinetic_energy()) / 64.0;
    n += 1, t += time, tt += time * time, e += energy, te += time * energy;
    temperature += simulation.temperature() / 5000.0;
  }
  EXPECT_NEAR(temperature, 300.0, 60.0);  // one trajectory of 64 atoms
  return (n * te - t * e) / (n * tt - t * t);
}

TEST(PotentialDynamics, AFitToTightBindingAnswersHeldOutFramesAndKeepsItsEnergy) {
  potential::PotentialConfig config;
  potential::TrainingConfig training;
  training.epochs = 4;
  potential::PotentialLearner learner(Context(), config, training, tight_binding_frames());
  const auto report = learner.fit();
  const double error = report.metrics.at("validation/force_rmse_eV_per_A");
  potential::PotentialStep step(learner.potential());
  const double slope = drift(step, config.cutoff);
  std::printf("validation %.4f eV/A after %.1f s; drift %.2e eV/atom/ps over 5 ps\n", error, report.seconds, slope);
  EXPECT_LT(error, 0.06);  // forces at 300 K are of order 1 eV/Å
  // The energy oscillates by some 1e-5 eV/atom; over 5 ps that leaves the slope known to 1e-7.
  EXPECT_LT(std::abs(slope), 1e-5);
}

}  // namespace
}  // namespace locum
