// What a network sees of a data set, on the object's whole grid, and what it shall answer.
//
// Physics has made a few cheap passes over the frames. The object that they left is right where frames say much and
// little changed where they say little: what is missing are mostly its low frequencies, which iterations bring in last.
// One more pass gives the likelihood's gradient, from which two things are made: a step down it, z, over the
// illumination, which mends high frequencies; and what the network needs to see. The network is asked for the factor
// exp(a + iφ) that O₀ = O + z still misses: a learned preconditioner of the gradient. Frames do not tell the global
// phase; neither do the channels, and labels are turned to O₀.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::imaging {

// Of the input, all near one in size:
//   0     log|O|
//   1, 2  z / O, real and imaginary part
//   3     the illumination over its median
//   4, 5  the gradient of O's phase along x and y
//   6     the phase that the frames' centres of mass say is missing, integrated
//   7     ∇⁻² of the illumination times Im(O* z): the gradient by the phase, with low frequencies raised
inline constexpr int input_channels = 8, gradient_channel = 4;  // the components of a vector, with the one after it
// Of the answer: a and φ.
inline constexpr int answer_channels = 2;

// Networks answer in tenths, and see what is missing (channels 1, 2, 6, 7) three times as large in each stage as in the
// one before it: it is that much smaller.
inline constexpr float answer_unit = 0.1f, stage_factor = 3.0f;

struct Canvas {
  int nx = 0, ny = 0;
  std::vector<float> input;   // (nx, ny, input_channels)
  std::vector<float> weight;  // (nx, ny), 0 … 1: how well a pixel is lit, as labels count
  std::vector<float> reach;   // (nx, ny), 0 … 1: where the answer is used
  ObjectFunction object;      // O₀
};

// (nx, ny, answer_channels)
using CanvasAnswer = std::vector<float>;

// Costs a pass and a half over the frames. Ranks share what goes over frames; what goes over pixels alone is each
// rank's. Collective over the ptychogram's ranks.
Canvas make_canvas(const ExecutionSpace& space, const Ptychogram& input, DiffractionModel& model, int stage,
                   ObjectFunction object);

// log(truth / O₀) with the truth turned to O₀ by the phase that makes both agree best where frames are; |a| is held
// where the ratio means nothing.
CanvasAnswer missing(const Canvas& canvas, const ObjectFunction& truth);

// O₀ exp(a + iφ).
ObjectFunction completed(const Canvas& canvas, const CanvasAnswer& answer);

// √ of the mean of a map (nx, ny) under the probe's intensity, for each of the frames that are listed. Ranks share
// them; collective over the ptychogram's ranks, and the same from any number of them.
std::vector<double> below_probes(const Ptychogram& input, const std::vector<int>& frames,
                                 const std::vector<float>& map);

}  // namespace locum::imaging
