// `locum train` with [distill]: one network that answers as a committee does, and knows its spread.
#pragma once

#include "apps/training_run.hpp"

namespace locum::apps {

// Writes model.h5, the student's. Collective; throws as the other trainings do.
void run_distillation(const TrainingRun& run);

}  // namespace locum::apps
