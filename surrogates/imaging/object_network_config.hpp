// What the network that answers for ptychography is made of, what physics does before and after it, and how it is
// trained.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct ObjectNetworkConfig {
  int lead_sweeps = 3;    // passes of physics over the frames before the network, from the classical start
  int coarse_sweeps = 0;  // after those, in conjugate directions: what is wider than the probe
  int stages = 2;         // networks, one after the other, each on what the one before it left
  int mid_sweeps = 1;     // passes between two of them
  int polish_sweeps = 2;  // after the last
  int members = 1;        // networks in the committee
  // Channels of the levels of the network, from the finest down; each has half the points of the one above.
  std::vector<std::int64_t> channels = {24, 32, 48, 64};
  int fold = 4;     // pixels along each side that the first level takes as one point with more channels
  int window = 96;  // pixels of a window on the object; a multiple of 2^depth
  int border = 24;  // pixels that neighbouring windows share

  int divisor() const;  // of the window's pixels
  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct ObjectTrainingConfig {
  int epochs = 12;
  int batch = 4;                   // windows
  int windows = 4;                 // of each data set in an epoch, at random places and turned at random
  std::string optimizer = "adam";  // a name of train::optimizer_names()
  double learning_rate = 3e-3;
  double warm_up = 0.05;             // fraction of the epochs
  double ema_decay = 0.98;           // of the averaged weights, per batch
  int patience = 30;                 // epochs without improvement on validation before stopping
  double validation_fraction = 0.2;  // of the data sets; they calibrate, too
  bool symmetries = true;            // windows are mirrored and turned
  double supervised = 1.0;           // weight of the error against labels
  double physics = 0.0;              // weight of the error of the frames under the answer; needs no labels
  int update_epochs = 3;             // of update()
  int calibration_every = 4;         // every k-th new label is held out

  void visit(ConfigVisitor& v);
  void validate() const;
};

}  // namespace locum::imaging
