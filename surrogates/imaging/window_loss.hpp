// How wrong the network's answer is in a window, and the derivative.
//
// e = answer − label of one channel, less its weighed mean over the window (frames do not tell a global phase; an
// amplitude's mean is left in). Low frequencies are what physics is slowest to mend, so that they count more:
//   L = Σ_s c_s √(mean over cells of (mean over s × s pixels of w e)²),   s = 1, 4, 16, 32;  c = ½, 1, 2, 2
// summed over the channels, the amplitude's by half. Gradients are overwritten.
#pragma once

#include "surrogates/imaging/canvas.hpp"
#include "surrogates/nn/images.hpp"

namespace locum::imaging {

// All folded (windows.hpp): answer, label, derivative: (windows, side / fold, side / fold, fold² answer_channels);
// weight: (windows, side / fold, side / fold, fold²). The loss of each window goes to loss (windows). derivative: of
// the sum over the windows, times `scale`.
void window_loss(const ExecutionSpace& space, const nn::Images<float>& answer, const nn::Images<float>& label,
                 const nn::Images<float>& weight, int fold, float scale, const nn::Images<float>& derivative,
                 const View<float*>& loss);

}  // namespace locum::imaging
