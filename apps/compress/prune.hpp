// `locum train` with [prune]: trains a model (or takes one), and makes it smaller while its held-out error stays within
// a bound.
#pragma once

#include "apps/training_run.hpp"

namespace locum::apps {

// Writes full.h5 and model.h5; where nothing can go these are the same. Collective; throws as the other trainings do.
void run_pruning(const TrainingRun& run);

}  // namespace locum::apps
