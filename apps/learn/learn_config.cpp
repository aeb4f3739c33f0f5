#include "apps/learn/learn_config.hpp"

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void ReplicaConfig::visit(ConfigVisitor& v) {
  v.value({"temperature", "K", "of the thermostat", {1.0, 20000.0}}, temperature);
  v.value({"strain", "1", "Voigt: xx yy zz yz xz xy; shears are twice the tensor's", {-0.3, 0.3}}, strain);
  v.value({"role", "", "train, or test: held out from training and calibration", {}, {"train", "test"}}, role);
}

void DataConfig::visit(ConfigVisitor& v) {
  v.section({"structure", "", "the cell of each replica"}, structure);
  v.value({"timestep", "fs", "of the replicas", {1e-3, 20.0}}, timestep);
  v.value({"friction", "1/fs", "of the Langevin thermostat", {1e-6, 1.0}}, friction);
  v.value({"equilibration", "timesteps", "before the first frame", {0, 1e9}}, equilibration);
  v.value({"frames", "", "labelled frames of each replica", {1, 1e9}}, frames);
  v.value({"interval", "timesteps", "between frames", {1, 1e9}}, interval);
  v.value({"ranks_per_replica", "", "size of the groups that replicas are dealt to", {1, 1e6}}, ranks_per_replica);
  v.value({"label_k_points", "", "k-points of the labels; replicas move with the solver's own", {1, 64}},
          label_k_points);
  v.sections({"replicas", "", "one independent trajectory each"}, replicas);
}

void DataConfig::validate() const {
  if (label_k_points.size() != 3) throw ConfigError("three numbers were expected", "data.label_k_points");
  for (const auto& replica : replicas)
    if (replica.strain.size() != 6)
      throw ConfigError("six numbers were expected, " + std::to_string(replica.strain.size()) + " were found",
                        "data.replicas.strain", "order: xx yy zz yz xz xy");
  const auto training =
      std::count_if(replicas.begin(), replicas.end(), [](const auto& r) { return r.role == "train"; });
  if (training < 2)
    throw ConfigError("at least two replicas with role \"train\" are needed, there are " + std::to_string(training),
                      "data.replicas",
                      "whole trajectories are held out for validation, so that neighbouring frames cannot flatter it");
}

void ProductionConfig::visit(ConfigVisitor& v) {
  v.section({"structure", "", "where production starts"}, structure);
  v.section({"md", "", "integrator, thermostat, neighbour list"}, md);
}

void ProductionConfig::validate() const { md.validate(); }

void ComparisonConfig::visit(ConfigVisitor& v) {
  v.value({"enabled", "", "run the stretch that solver and surrogate both run"}, enabled);
  v.section({"structure", "", "the cell of the stretch"}, structure);
  v.value({"temperature", "K", "to which it is thermalised first", {1.0, 20000.0}}, temperature);
  v.value({"timestep", "fs", "of the stretch", {1e-3, 20.0}}, timestep);
  v.value({"thermalise", "timesteps", "of Langevin dynamics by the surrogate", {0, 1e9}}, thermalise);
  v.value({"steps", "timesteps", "of constant energy, by each", {1, 1e9}}, steps);
  v.value({"interval", "timesteps", "between samples", {1, 1e9}}, interval);
  v.value({"r_max", "Angstrom", "end of the radial distribution function", {1.0, 100.0}}, r_max);
  v.value({"bins", "", "of the radial distribution function", {10, 100000}}, bins);
}

void ComparisonConfig::validate() const {}

void OutputConfig::visit(ConfigVisitor& v) {
  v.value({"trajectory_interval", "timesteps", "between frames of trajectory.h5", {1, 1e9}}, trajectory_interval);
  v.value({"checkpoint_interval", "timesteps", "between commits of all files", {1, 1e9}}, checkpoint_interval);
  v.value({"training_checkpoint_epochs", "", "epochs between commits of the training", {1, 1e9}},
          training_checkpoint_epochs);
}

void LearnConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "heads the report"}, title);
  v.value({"seed", "", "of every random number of the run", {0, 9e15}}, seed);
  v.section({"solver", "", "the expensive step"}, solver);
  v.section({"data", "", "replicas that make the training data"}, data);
  v.section({"potential", "", "the surrogate"}, potential);
  v.section({"training", "", "how it is trained"}, training);
  v.section({"inference", "", "in which precision it answers"}, inference);
  v.section({"gate", "", "who plays, and how it is watched"}, gate);
  v.section({"production", "", "the run that the surrogate serves"}, production);
  v.section({"comparison", "", "a stretch that both run"}, comparison);
  v.section({"output", "", "what is written, how often"}, output);
  v.section({"energy", "", "how the energy that the run takes is known"}, energy);
}

void LearnConfig::validate() const {
  solver.validate();
  data.validate();
  potential.validate();
  training.validate();
  inference.validate();
  gate.validate();
  production.validate();
  comparison.validate();
  energy.validate();
}

}  // namespace locum::apps
