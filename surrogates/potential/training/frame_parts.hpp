// Which labelled frames are trained on and which are held out.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/potential/potential_config.hpp"
#include "surrogates/train/split.hpp"

namespace locum::potential {

// The trajectory of each frame; a frame that belongs to none is one of its own, with a negative number.
std::vector<std::int64_t> trajectories_of(const std::vector<FieldSet>& frames);

// The part that PotentialLearner gives each frame. Throws ConfigError with too few trajectories.
std::vector<train::Part> parts_of(const std::vector<FieldSet>& frames, const TrainingConfig& training);

// The frames of one part, in their order.
std::vector<FieldSet> frames_of(const std::vector<FieldSet>& frames, const std::vector<train::Part>& parts,
                                train::Part part);

}  // namespace locum::potential
