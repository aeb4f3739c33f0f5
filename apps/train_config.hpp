// The input of `locum train`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/search/search_config.hpp"
#include "surrogates/potential/inference_config.hpp"
#include "surrogates/potential/potential_config.hpp"
#include "surrogates/potential/training/distillation.hpp"
#include "surrogates/potential/training/pruning.hpp"
#include "surrogates/potential/training/tuning.hpp"

namespace locum::apps {

// Files of labelled frames: extended XYZ, or datasets of Locum.
struct LabelFiles {
  std::string root;                       // folder that the names are relative to
  std::vector<std::string> train;         // validation is taken from these
  std::vector<std::string> test;          // never seen by training; frames with role 1 of the others are added
  std::string published;                  // where the files can be had; part of the message when they are not there
  std::vector<std::string> weights = {};  // "liquid:0.5": of the frames with this config_type, times their own
  std::vector<std::string> replay = {};   // of a fine-tuning: labels that the given model was trained on

  void visit(ConfigVisitor& v);
  void validate() const;
  // Of a frame with this config_type.
  double weight_of(const std::string& config_type) const;
  std::string path(const std::string& name) const { return root.empty() ? name : root + "/" + name; }
};

struct TrainConfig {
  std::string title = "training";
  std::int64_t seed = 1;
  std::string dataset;  // one more file to train on
  std::string from;     // model file to start from: a fine-tuning
  LabelFiles data;
  potential::PotentialConfig potential;
  potential::TrainingConfig training;
  potential::TuneConfig tune;
  potential::InferenceConfig inference;
  SearchConfig search;  // at most one of these
  potential::DistillConfig distill;
  potential::PruneConfig prune;

  void visit(ConfigVisitor& v);
  void validate() const;
};

}  // namespace locum::apps
