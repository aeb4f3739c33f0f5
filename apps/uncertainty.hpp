// What a trained surrogate's uncertainty is worth on labelled frames that it has never seen: does the bound hold, and
// would the gate hand back what is wrong.
#pragma once

#include <memory>
#include <optional>

#include "surrogates/potential/training/learner.hpp"

namespace locum::apps {

inline constexpr double promised_coverage = 0.9;

// Share of the atoms of `frames` whose |ΔF| stays below the bound that the held-out frames calibrate
// (gate::hierarchical_quantile: atoms of one frame err together). Nothing with too few of them.
// Collective.
std::optional<double> coverage_of_bound(potential::PotentialLearner& learner,
                                        const std::shared_ptr<const potential::FrameSource>& frames);

// What the gate would do at its default settings. Wrong: a force RMSE above three times held_out_rmse (eV/Å, of the
// held-out frames); a gate is there to hand those back.
struct GateCheck {
  bool calibrated = false;                             // false: too few frames are held out, nothing else is set
  double limit = 0.0;                                  // eV/Å, beyond which a frame is wrong
  double threshold = 0.0;                              // eV/Å, of the bound on the largest |ΔF| of a frame
  double median_bound = 0.0;                           // eV/Å
  int frames = 0, flagged = 0, wrong = 0, caught = 0;  // caught: wrong and flagged
};
// Collective.
GateCheck check_gate(potential::PotentialLearner& learner, double held_out_rmse,
                     const std::shared_ptr<const potential::FrameSource>& frames);

}  // namespace locum::apps
