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

}  // namespace locum::apps
