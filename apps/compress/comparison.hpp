// A smaller model beside the one that it comes from.
#pragma once

#include "apps/training_run.hpp"

namespace locum::apps {

// Logs errors on the held-out and the test's frames, operations and time per atom of both models, measured in turns on
// this process. Collective.
void compare_models(const TrainingRun& run, const std::string& large_name,
                    const std::shared_ptr<potential::NeuralPotential>& large, const std::string& small_name,
                    const std::shared_ptr<potential::NeuralPotential>& small);

}  // namespace locum::apps
