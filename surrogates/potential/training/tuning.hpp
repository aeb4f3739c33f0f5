// Fine-tuning: a training that starts from a given model instead of from nothing.
//
// Invariants, whitening, core and architecture are the given model's. The linear part is solved again from the normal
// equations that the model file carries (old data replayed exactly, without a frame of them) and the new labels; or,
// without those equations, pulled to the given weights. The networks go on from the given ones: all of them, their last
// layer alone, or low-rank adapters; frames of the old domain may be replayed, and some of them tell what was
// forgotten.
#pragma once

#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/nn/committee.hpp"
#include "surrogates/potential/neural_potential.hpp"
#include "surrogates/potential/training/frame_source.hpp"
#include "surrogates/train/restriction.hpp"

namespace locum::potential {

struct TuneConfig {
  std::string trunk = "free";  // "frozen": only the last layer learns; "adapters": hidden layers move by low rank
  int rank = 4;                // of the adapters
  double rate = 0.3;           // of training.learning_rate
  bool memory = true;          // the given model's normal equations count on
  double prior = 1e-3;     // without memory: pull to the given linear weights, relative to each feature's force norm
  int replay_frames = 48;  // of the old domain, trained on again

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct StartingPoint {
  FieldTree model;
  TuneConfig tune;
  std::shared_ptr<FrameSource> replay;  // labels of the old domain, null: none; every fourth is held out
};

// Name of the record's group that a learner keeps for a later fine-tuning.
inline constexpr char memory_group[] = "memory";

// Which parameters of the committees (species after species) may move. start: (species × members × size).
train::Restriction tuning_restriction(const TuneConfig& tune, const nn::CommitteeShape& shape, int species,
                                      std::vector<double> start);

}  // namespace locum::potential
