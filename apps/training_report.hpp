// What a trained potential is told about itself on frames that chose nothing.
#pragma once

#include <memory>

#include "kokkos_kernels/base/context.hpp"
#include "surrogates/potential/training/learner.hpp"

namespace locum::apps {

// Logs the errors on the test's frames, the coverage of the bound that the learner's held-out frames calibrate, and
// what the gate would hand back. held_out_rmse: of the forces on those frames, eV/Å. Collective.
void report_test(const Context& context, potential::PotentialLearner& learner, double held_out_rmse,
                 const std::shared_ptr<potential::FrameSource>& test);

}  // namespace locum::apps
