// What the network sees of a data set, on the object's whole grid, and what it shall answer.
//
// Physics has made a few cheap passes over the frames. The object that they left, O₀, is right where frames say much
// and little changed where they say little: what is missing are mostly its low frequencies, which iterations bring in
// last. The network is asked for the factor exp(a + iφ) that is missing. Frames do not tell the global phase; neither
// do the channels, and labels are turned to O₀.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::imaging {

// Of the input: log|O₀|; what the frames say is missing, pixel by pixel (the likelihood's gradient over illumination
// and O₀, real and imaginary part); the illumination; the gradient of O₀'s phase along x and y; the phase that the
// frames' centres of mass say is missing. All are near one in size.
inline constexpr int input_channels = 7, gradient_channel = 4;  // and the one after it: components of a vector
// Of the answer: a and φ.
inline constexpr int answer_channels = 2;

struct Canvas {
  int nx = 0, ny = 0;
  std::vector<float> input;   // (nx, ny, input_channels)
  std::vector<float> weight;  // (nx, ny), 0 … 1: how well a pixel is lit
  ObjectFunction object;      // O₀
};

// (nx, ny, answer_channels)
using CanvasAnswer = std::vector<float>;

// Σ_j Σ_m |P_m(r − r_j)|² of all frames, counts: (object_nx, object_ny).
std::vector<float> illumination(const Ptychogram& input);

// Costs a pass and a half over the frames. Collective over the ptychogram's ranks.
Canvas make_canvas(const ExecutionSpace& space, const Ptychogram& input, DiffractionModel& model,
                   ObjectFunction object);

// log(O / O₀), with the truth O turned to O₀ by the phase that makes both agree best where frames are; |a| and |φ| are
// held where the ratio means nothing.
CanvasAnswer missing(const Canvas& canvas, const ObjectFunction& truth);

// O₀ exp(a + iφ).
ObjectFunction completed(const Canvas& canvas, const CanvasAnswer& answer);

// √ of the mean of a map (nx, ny) under the probe's intensity, for each of the frames that are listed.
std::vector<double> below_probes(const Ptychogram& input, const std::vector<int>& frames,
                                 const std::vector<float>& map);

}  // namespace locum::imaging
