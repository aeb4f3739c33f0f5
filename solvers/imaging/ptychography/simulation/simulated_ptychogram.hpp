// A whole simulated experiment from one configuration: probe, scan, object, frames; and the truth of it.
#pragma once

#include "solvers/imaging/ptychography/frames/window_probe.hpp"
#include "solvers/imaging/ptychography/simulation/multislice_frames.hpp"
#include "solvers/imaging/ptychography/simulation/random_object.hpp"
#include "solvers/imaging/ptychography/simulation/scan_pattern.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_frames.hpp"

namespace locum::imaging {

struct SimulatedPtychogramConfig {
  int pixels = 64;        // of a frame along each side
  double pixel = 0.0;     // Å, of the object; 0: so that the aperture's radius is `aperture` of the detector's half
  double aperture = 0.5;  // radius of the bright disc, of half the detector's side
  double counts = 1e6;    // electrons of a frame
  double dose = 0.0;      // electrons/Å² of the scanned area, instead of counts
  double position_error =
      0.0;  // pixels of the object, standard deviation along each axis; Ptychogram holds the nominal
  ProbeConfig probe;
  WindowProbeConfig window;
  ScanPatternConfig scan;
  RandomObjectConfig object;
  FrameNoiseConfig noise;

  SimulatedPtychogramConfig();  // a probe that suits 64 pixels: 300 keV, 20 mrad, defocused to a third of the window
  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct SimulatedPtychogram {
  Ptychogram data;  // frames are SimulatedFrames or kept ones; the probe is the truth
  ObjectFunction truth;
  std::vector<std::array<double, 2>> true_position;  // data.position has the nominal ones
};

// All but truth, frames and tiles. pixel: Å along x and y, instead of the configuration's; {0, 0}: that.
SimulatedPtychogram simulated_geometry(const Context& context, const SimulatedPtychogramConfig& config,
                                       std::int64_t index, std::array<double, 2> pixel = {0.0, 0.0});

// Adds the frames of `model` with noise. keep: frames are made once and held (kept_frames), else made as they are read.
// Collective over the context's communicator.
void add_frames(const Context& context, const FrameNoiseConfig& noise, std::int64_t index,
                std::unique_ptr<FrameModel> model, bool keep, SimulatedPtychogram& simulated);

// The data set of number `index` of a series: object, jitter, position errors and noise are drawn anew for each; dead
// pixels stay. Collective over the context's communicator.
SimulatedPtychogram simulate_ptychogram(const Context& context, const SimulatedPtychogramConfig& config,
                                        std::int64_t index, bool keep = true);

// The same of atoms: pixels are those of setup.cell, the energy is the probe's. The truth is the thin object of
// configuration 0. Frames come from multislice as the mean over the configurations, or where setup.edges is empty from
// the thin object itself.
SimulatedPtychogram simulate_specimen(const Context& context, const SimulatedPtychogramConfig& config,
                                      const MultisliceFramesSetup& setup, const Configurations& configurations,
                                      std::int64_t index, bool keep = true);

}  // namespace locum::imaging
