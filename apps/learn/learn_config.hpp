// The input of `locum learn`: where the data comes from, what learns from it, and the production run that it serves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/solver.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/md/md_config.hpp"
#include "solvers/md/structure.hpp"
#include "surrogates/gate/gate_config.hpp"
#include "surrogates/potential/inference_config.hpp"
#include "surrogates/potential/potential_config.hpp"

namespace locum::apps {

// One independent trajectory that the solver runs to make data.
struct ReplicaConfig {
  double temperature = 300.0;                       // K
  std::vector<double> strain = {0, 0, 0, 0, 0, 0};  // Voigt: xx yy zz yz xz xy; shears twice the tensor's
  std::string role = "train";                       // or "test": never seen by training or calibration

  void visit(ConfigVisitor& v);
};

struct DataConfig {
  md::StructureConfig structure;
  double timestep = 1.0;   // fs
  double friction = 0.01;  // 1/fs, Langevin
  int equilibration = 60;  // timesteps before the first frame
  int frames = 10;         // labelled frames of each replica
  int interval = 12;       // timesteps between frames
  int ranks_per_replica = 1;
  std::vector<std::int64_t> label_k_points = {1, 1, 1};  // finer than the solver's where cells are small
  std::vector<ReplicaConfig> replicas;

  void visit(ConfigVisitor& v);
  void validate() const;
};

struct ProductionConfig {
  md::StructureConfig structure;
  md::MdConfig md;

  void visit(ConfigVisitor& v);
  void validate() const;
};

// A stretch that solver and surrogate both run from the same state, at constant energy.
struct ComparisonConfig {
  bool enabled = true;
  md::StructureConfig structure;
  double temperature = 600.0;     // K, to which it is thermalised first
  double timestep = 1.0;          // fs
  std::int64_t thermalise = 400;  // timesteps of Langevin, by the surrogate
  std::int64_t steps = 1000;      // timesteps of NVE, by each
  int interval = 5;               // timesteps between samples
  double r_max = 5.4;             // Å, of the radial distribution function
  int bins = 108;

  void visit(ConfigVisitor& v);
  void validate() const;
};

struct OutputConfig {
  int trajectory_interval = 20;    // timesteps between frames
  int checkpoint_interval = 1000;  // timesteps between commits of trajectory, dataset, model and checkpoint
  int training_checkpoint_epochs = 10;

  void visit(ConfigVisitor& v);
};

struct LearnConfig {
  std::string title = "gated production";
  std::int64_t seed = 1;
  SolverConfig solver;
  DataConfig data;
  potential::PotentialConfig potential;
  potential::TrainingConfig training = {.offsets = "size"};  // labels of another size: other k-points
  potential::InferenceConfig inference;
  gate::GateConfig gate;
  ProductionConfig production;
  ComparisonConfig comparison;
  OutputConfig output;
  EnergyConfig energy;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::apps
