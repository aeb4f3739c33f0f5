// Frames of a specimen of any thickness: the probe is sent through it slice by slice, so that what the multiplicative
// model P O leaves out is in the data as it is in an experiment.
#pragma once

#include <memory>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/ptychography/frames/frame_model.hpp"

namespace locum::imaging {

struct MultisliceFramesSetup {
  Grid cell;              // specimen_grid()
  double energy = 200.0;  // keV
  PotentialConfig potential;
  std::vector<double> edges;           // of the slices, Å
  double memory = 4.0 * (1ull << 30);  // bytes that a node's ranks may hold together
};

// Frames of the exit waves of multislice, the mean over thermal configurations: the far field at the frequencies of the
// window's pixels. The cell must hold the window; what the exit wave has outside of it is wrapped around, as a detector
// with pixels that coarse wraps it. Sizes and probe are input's; its pixel must be the cell's. Collective over the
// context's communicator. Throws ConfigError where the window is larger than the cell or the pixels differ, and as
// Multislice does.
std::unique_ptr<FrameModel> multislice_frames(const Context& context, const Ptychogram& input,
                                              const MultisliceFramesSetup& setup, const Configurations& configurations);

}  // namespace locum::imaging
