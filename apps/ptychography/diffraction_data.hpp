// From a file of diffraction frames to what a reconstruction begins with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/ptychography/frames_of_file.hpp"
#include "apps/ptychography/reconstruction_config.hpp"
#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

struct DiffractionData {
  Ptychogram input;                        // frames are read from the file as they are wanted
  ObjectFunction start;                    // an earlier result; empty: ptychography.start says
  std::array<double, 2> origin{0.0, 0.0};  // Å: of the object's pixel [0][0] in the coordinates of the file's positions
  double wavelength = 0.0;                 // Å; 0: not known
  bool electrons = true;
  FrameStatistics statistics;
  std::string fingerprint;  // of positions, probe and mean frame: changes where the data do
  // What a simulation wrote beside its data; empty: nothing is known.
  ObjectFunction truth;
  std::vector<Ptychogram::Value> true_probe;
  int true_modes = 0;
  std::vector<std::array<double, 2>> true_position;
};

// Opens the file, looks at every frame once, and says what it found. Where the file has the truth the object's grid is
// the truth's, else the smallest that has start.margin pixels around the windows. A probe whose counts are more than
// three times off the frames' is scaled to them. Collective; throws what io::DiffractionFile throws, and ConfigError
// for a window that cannot hold the probe, for no probe at all, and as Ptychogram::validate does.
DiffractionData read_diffraction_data(const Context& context, const ReconstructionConfig& config);

}  // namespace locum::apps
