// Labelled frames from files: extended XYZ, and datasets of Locum.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/train_config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/potential/training/frame_source.hpp"

namespace locum::apps {

// Frames of all files. Those of datasets are read when they are wanted; a text file is read whole, after which a rank
// keeps what it is asked for. Every frame has a "source" (number of its file) and a "trajectory" that no other file
// has, or −1.
struct LabelSources {
  std::shared_ptr<potential::FrameSource> train, test, replay;  // the last two: without frames if there are none
};

// Throws IoError for a missing or damaged file, ConfigError for an empty one or a frame without forces. Collective.
LabelSources open_label_files(const Communicator& comm, const TrainConfig& config);

// All frames of a source, with "trajectory" and "source".
std::vector<FieldSet> read_all(const potential::FrameSource& frames);
// The same, without those of weight 0, which no training uses.
std::vector<FieldSet> weighty_frames(const potential::FrameSource& frames);
// The same as open_label_files(), all in memory on every rank.
struct LabelledFrames {
  std::vector<FieldSet> train, test;
};
LabelledFrames read_label_files(const Communicator& comm, const TrainConfig& config);

}  // namespace locum::apps
