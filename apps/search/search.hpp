// `locum train --search N`: N settings, successive halving on the epochs, the front of error against cost.
//
// Candidates are dealt to the ranks: with enough of them every rank trains one of its own, otherwise groups of ranks
// share one. What is finished is in search.json and is not done again after --restart. The test's frames are not looked
// at before the choice has been made, and then for the chosen model alone.
#pragma once

#include "apps/training_run.hpp"

namespace locum::apps {

// Writes search.json, front.svg, candidate-K.h5 and candidate-K.toml for every candidate of the last rung, and
// best.toml and model.h5 of the chosen one. Throws ConfigError when no candidate costs little enough, Interrupted after
// a signal. Collective.
void run_search(const TrainingRun& run);

}  // namespace locum::apps
