// Labelled frames from files: extended XYZ, and datasets of Locum.
#pragma once

#include <string>
#include <vector>

#include "apps/train_config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum::apps {

struct LabelledFrames {
  std::vector<FieldSet> train, test, replay;
};

// Every frame gets the scalars "source" (number of its file) and a "trajectory" that no other file has. Frames without
// one are trajectories of their own. Throws IoError for a missing or damaged file, ConfigError for an empty one or a
// frame without forces. Collective.
LabelledFrames read_label_files(const Communicator& comm, const TrainConfig& config);

}  // namespace locum::apps
