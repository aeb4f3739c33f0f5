// How wrong the networks are on the data sets that their training held out: what calibrates the gate.
#pragma once

#include <vector>

#include "kokkos_kernels/base/field_set.hpp"
#include "surrogates/train/learner.hpp"

namespace locum::apps {

struct HeldOutErrors {
  std::vector<train::CalibrationPair> pairs;  // one for each tile
  double frame_error = 0.0;  // root mean square of the relative error below a frame: the in-domain error

  double worst_frame_rmse() const;  // root mean square over the tiles of the error below the worst frame

  FieldSet state() const;
  // Throws ConfigError for fields that are missing.
  static HeldOutErrors from_state(const FieldSet& state);
};

}  // namespace locum::apps
