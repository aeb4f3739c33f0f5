// A data set whose object is known: what the network learns from.
#pragma once

#include "kokkos_kernels/base/field_set.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::imaging {

struct LabelledObject {
  Ptychogram data;  // of one rank: its communicator is the rank's own
  ObjectFunction truth;
  // Where the label holds: a tile's core, or the whole object.
  PixelBox core;
};

// From Ptychography::label, and the other way for what a state keeps. tile_side: pixels of the tiles that the data set
// is given (what is calibrated are tiles). Throws ConfigError for fields that are missing or do not fit together.
LabelledObject labelled_object(const FieldSet& label, int tile_side);
FieldSet label_of(const LabelledObject& labelled);

}  // namespace locum::imaging
