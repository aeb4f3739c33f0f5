// The input of `locum train`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/search/search_config.hpp"
#include "surrogates/potential/distillation.hpp"
#include "surrogates/potential/potential_config.hpp"
#include "surrogates/potential/pruning.hpp"

namespace locum::apps {

// Files of labelled frames: extended XYZ, or datasets of Locum.
struct LabelFiles {
  std::string root;                // folder that the names are relative to
  std::vector<std::string> train;  // validation is taken from these
  std::vector<std::string> test;   // never seen by training; frames with role 1 of the others are added
  std::string published;           // where the files can be had; part of the message when they are not there

  void visit(ConfigVisitor& v);
  std::string path(const std::string& name) const { return root.empty() ? name : root + "/" + name; }
};

struct TrainConfig {
  std::string title = "training";
  std::int64_t seed = 1;
  std::string dataset;  // one more file to train on
  LabelFiles data;
  potential::PotentialConfig potential;
  potential::TrainingConfig training;
  SearchConfig search;  // at most one of these
  potential::DistillConfig distill;
  potential::PruneConfig prune;

  void visit(ConfigVisitor& v);
  void validate() const;
};

}  // namespace locum::apps
