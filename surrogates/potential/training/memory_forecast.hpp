// What a training needs of memory, told before it starts, and how what there is shall be shared out.
//
// Needs: labels and geometries of the frames, the features that the network trains on (the projected Jacobians: some
// 10 kB an atom), the normal equations of the linear model, and the arrays of one batch. The last two must fit; of the
// features what does not fit is made anew whenever its batch comes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "surrogates/potential/invariants/features.hpp"
#include "surrogates/potential/potential_config.hpp"
#include "surrogates/potential/training/frame_pool.hpp"

namespace locum::potential {

// Of one rank, bytes.
struct MemoryNeeds {
  double labels = 0.0;          // those that their source does not hold anyway
  double geometries = 0.0;      // positions of atoms and images, neighbour lists
  double features = 0.0;        // of the frames that the network sees
  double equations = 0.0;       // normal equations, with the copies that solving and checkpoints make
  double batch = 0.0;           // the network's arrays for one batch, rows of one frame for the linear model, workspace
  double batch_features = 0.0;  // of one batch, made anew
};

// Bytes that a rank may hold. Labels and geometries are some hundredths of the features: they get what they need up to
// a tenth, because they are wanted outside the epochs too. Throws ConfigError, saying what would fit, when the
// equations and one batch do not fit into `available`.
struct MemoryRooms {
  std::uint64_t labels = 0, geometries = 0, features = 0;
};
MemoryRooms share_out(const MemoryNeeds& needs, double available);

// The estimate for this rank's frames of a pool: atoms are known, neighbours are counted in a few frames. Collective.
MemoryNeeds estimate_needs(const Context& context, FramePool& pool, const PotentialConfig& potential, int invariants,
                           int species, int groups, const TrainingConfig& training, const ExtractionMemory& extraction);

struct MemoryForecast {
  // Over all ranks, bytes.
  double frames = 0.0, held_frames = 0.0;  // labels and geometries; those that stay in memory
  double features = 0.0, held_features = 0.0;
  double equations = 0.0, available = 0.0;
  // What the fullest rank will hold at its peak in the memory of the host, what it held before included, bytes.
  double rank_peak = 0.0;
  // An epoch that makes features anew against one that does not; measured on one frame.
  double slow_down = 1.0;
  bool device = false;  // the memory is an accelerator's

  double held_share() const { return features > 0.0 ? held_features / features : 1.0; }  // of the features
  // "memory: 1.9 GiB of features, 0.4 GiB of normal equations, 12 GiB available: all stays in memory"
  std::string text() const;
};

// What feature extraction may take of what training may: on a GPU an eighth for workspaces, up to 16 GiB, where some
// 64 000 atoms run at once, and 3 % for batches, up to 2 GiB.
ExtractionMemory extraction_memory(double share);

// What training may take on this rank, bytes: training.memory_GiB of the node, or 80 % of what it has left, shared
// among its ranks; of an accelerator, its rank's own. Infinite where nothing is known. Collective.
double memory_share(const Context& context, double memory_GiB);
// 80 % of what the node has left, shared among its ranks, whatever is trained on. Infinite where nothing is known.
// Collective.
double host_share(const Context& context);

}  // namespace locum::potential
