// Whether a reduced precision may take the full one's place: measured on held-out frames, never assumed.
#pragma once

#include <memory>
#include <string>

#include "surrogates/potential/inference_config.hpp"
#include "surrogates/potential/training/frame_pool.hpp"

namespace locum::potential {

struct PrecisionCheck {
  Precision wanted = Precision::fp64, granted = Precision::fp64;
  double rms = 0.0;       // eV/Å, of the differences of force components, wanted against fp64
  double largest = 0.0;   // eV/Å, of one component
  double held_out = 0.0;  // eV/Å, RMS error of fp64 forces against the labels
  double allowed = 0.0;   // eV/Å, for rms: bound × held_out

  std::string text() const;  // one line for the log
};

// Evaluates `frames` in both precisions and gives the potential the wanted one if rms ≤ allowed, else fp64. Frames:
// held out; where there are none, nothing but fp64 is granted. Collective.
PrecisionCheck grant_precision(const Context& context, const InferenceConfig& config,
                               const std::shared_ptr<NeuralPotential>& potential, PotentialStep& step, FramePool& pool,
                               const std::vector<int>& frames);

}  // namespace locum::potential
