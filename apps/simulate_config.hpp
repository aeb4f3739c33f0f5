// The input of `locum simulate`.
#pragma once

#include "apps/learn/learn_config.hpp"

namespace locum::apps {

struct SimulateConfig {
  std::string title = "simulation";
  std::int64_t seed = 1;
  std::string play = "solver";  // or "surrogate"
  std::string model;            // file of the surrogate
  SolverConfig solver;
  md::StructureConfig structure;
  md::MdConfig md;
  DataConfig data;  // with replicas: they are run instead, and fill dataset.h5
  OutputConfig output;

  void visit(ConfigVisitor& v);
  void validate() const;
};

// The input of `locum train`.
struct TrainConfig {
  std::string title = "training";
  std::int64_t seed = 1;
  std::string dataset;  // HDF5 file of labelled samples
  potential::PotentialConfig potential;
  potential::TrainingConfig training;

  void visit(ConfigVisitor& v);
  void validate() const;
};

}  // namespace locum::apps
