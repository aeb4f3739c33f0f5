// What a neural potential is made of, and how it is trained.
#pragma once

#include <string>

#include "kokkos_kernels/base/config.hpp"

namespace locum::potential {

struct PotentialConfig {
  double cutoff = 5.0;        // Å
  double closest = 1.6;       // Å, the radial functions resolve distances beyond it
  int radials = 6;            // Chebyshev functions of the distance, per neighbour species
  int l_max = 4;              // of the three-body invariants
  int four_body_radials = 5;  // 0: no four-body invariants
  int four_body_l_max = 3;
  int components = 32;         // whitened principal components that the network sees
  double softness = 0.5;       // ε of the soft whitening, relative to the largest variance
  int hidden = 24;             // neurons in each of the two hidden layers
  int members = 4;             // networks in the committee
  double core_distance = 0.0;  // Å, outer end of the repulsive core; 0: from the smallest distance of the data

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct TrainingConfig {
  // Weights of the residuals: energy per atom, force component, virial component per atom.
  double energy_weight = 30.0, force_weight = 1.0, virial_weight = 3.0;
  std::string offsets = "none";       // "size", "source": labels of another one may lie on another level of energy
  double ridge = 1e-6;                // relative to each feature's own force norm
  double validation_fraction = 0.15;  // of the trajectories
  int fold = 0;                       // another one: other trajectories are held out
  double test_fraction = 0.0;         // of the trajectories; 0: no test set
  bool network = true;                // false: the linear model only
  int epochs = 60;
  int batch_frames = 8;
  std::string optimizer = "soap";  // a name of train::optimizer_names()
  std::string precision = "fp32";  // of the products and the stored Jacobian: a name of linalg::precision_names()
  double learning_rate = 1.6e-2;
  double warm_up = 0.05;      // fraction of the epochs
  double ema_decay = 0.98;    // of the averaged weights, per batch
  int patience = 20;          // epochs without improvement on validation before stopping
  int update_epochs = 3;      // of update()
  int reservoir_frames = 48;  // old frames that update() replays through the network
  int calibration_every = 4;  // every k-th new label is held out
  double memory_GiB = 0.0;  // of a node, for all its ranks; 0: 80 % of what it has left (on a GPU: that of the device)

  void visit(ConfigVisitor& v);
  void validate() const;
};

}  // namespace locum::potential
