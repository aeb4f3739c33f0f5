#include "surrogates/potential/potential_config.hpp"

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/precision.hpp"
#include "surrogates/potential/invariants/harmonics.hpp"
#include "surrogates/potential/invariants/radials.hpp"
#include "surrogates/train/optimizer.hpp"

namespace locum::potential {
namespace {

void require(bool fine, const std::string& what, const std::string& where, const std::string& hint = "") {
  if (!fine) throw ConfigError(what, where, hint);
}

}  // namespace

void PotentialConfig::visit(ConfigVisitor& v) {
  v.value({"cutoff", "Angstrom", "reach of an atom's environment", {1.0, 12.0}}, cutoff);
  v.value({"closest", "Angstrom", "closest approach that the radial functions resolve", {0.1, 12.0}}, closest);
  v.value({"radials", "", "radial functions for each neighbour species", {1, largest_radials}}, radials);
  v.value({"l_max", "", "largest degree of the three-body invariants", {0, largest_l}}, l_max);
  v.value({"four_body_radials", "", "radial functions in four-body invariants; 0: none", {0, largest_radials}},
          four_body_radials);
  v.value({"four_body_l_max", "", "largest degree of the four-body invariants", {0, largest_l}}, four_body_l_max);
  v.value({"components", "", "whitened components that the networks see", {1, 256}}, components);
  v.value({"softness", "", "soft whitening: variance added, relative to the largest", {1e-8, 1e3}}, softness);
  v.value({"hidden", "", "neurons in each of the two hidden layers", {1, 256}}, hidden);
  v.value({"members", "", "networks in the committee", {1, 32}}, members);
  v.value({"core_distance", "Angstrom", "outer end of the repulsive core; 0: from the data", {0.0, 5.0}},
          core_distance);
}

void PotentialConfig::validate() const {
  require(cutoff > 0.0, "the cut-off is " + std::to_string(cutoff) + " Å, it must be positive", "potential.cutoff");
  require(closest > 0.0 && closest < cutoff, "closest is " + std::to_string(closest) + " Å", "potential.closest",
          "between 0 and the cut-off");
  require(radials >= 1 && radials <= largest_radials, "radials is " + std::to_string(radials), "potential.radials",
          "1 … " + std::to_string(largest_radials));
  require(l_max >= 0 && l_max <= largest_l, "l_max is " + std::to_string(l_max), "potential.l_max",
          "0 … " + std::to_string(largest_l));
  require(four_body_l_max >= 0 && four_body_l_max <= largest_l, "four_body_l_max is " + std::to_string(four_body_l_max),
          "potential.four_body_l_max", "0 … " + std::to_string(largest_l));
  require(four_body_radials >= 0 && four_body_radials <= radials,
          "four_body_radials is " + std::to_string(four_body_radials) + ", more than the " + std::to_string(radials) +
              " radials",
          "potential.four_body_radials", "0 … radials");
  require(components >= 1 && hidden >= 1 && members >= 1, "the network has no size", "potential",
          "components, hidden and members are at least 1");
  require(softness > 0.0, "softness is not positive", "potential.softness");
  require(core_distance < cutoff, "the core reaches beyond the cut-off", "potential.core_distance");
}

void TrainingConfig::visit(ConfigVisitor& v) {
  v.value({"energy_weight", "", "weight of the energy per atom (eV)", {0.0, 1e6}}, energy_weight);
  v.value({"force_weight", "", "weight of a force component (eV/Angstrom)", {0.0, 1e6}}, force_weight);
  v.value({"virial_weight", "", "weight of a virial component per atom (eV)", {0.0, 1e6}}, virial_weight);
  v.value(
      {"offsets", "", "whose labels may lie on another level of energy and pressure", {}, {"none", "size", "source"}},
      offsets);
  v.value({"ridge", "", "regularisation of the linear start, relative to each feature's force norm", {0.0, 1.0}},
          ridge);
  v.value({"validation_fraction", "", "share of the trajectories held out for validation", {0.0, 0.9}},
          validation_fraction);
  v.value({"fold", "", "which trajectories are held out: for cross-validation", {0, 1e6}}, fold);
  v.value({"test_fraction", "", "share of the trajectories held out for the test", {0.0, 0.9}}, test_fraction);
  v.value({"network", "", "train the committee on what the linear model leaves"}, network);
  v.value({"epochs", "", "most epochs of the network", {0, 100000}}, epochs);
  v.value({"batch_frames", "", "frames in a batch", {1, 100000}}, batch_frames);
  v.value({"optimizer", "", "what turns gradients into steps", {}, train::optimizer_names()}, optimizer);
  v.value({"precision",
           "",
           "numbers in the matrix products of training; 16 bits: in the stored Jacobian too",
           {},
           linalg::precision_names()},
          precision);
  v.value({"learning_rate", "", "largest learning rate of the optimizer", {0.0, 1.0}}, learning_rate);
  v.value({"warm_up", "", "share of the epochs in which the learning rate rises", {0.0, 1.0}}, warm_up);
  v.value({"ema_decay", "", "decay of the averaged weights, per batch", {0.0, 1.0}}, ema_decay);
  v.value({"patience", "", "epochs without improvement before stopping", {1, 100000}}, patience);
  v.value({"update_epochs", "", "epochs of the network when new labels have come", {0, 1000}}, update_epochs);
  v.value({"reservoir_frames", "", "old frames that an update replays", {0, 100000}}, reservoir_frames);
  v.value({"calibration_every", "", "every k-th new label is held out", {2, 1000}}, calibration_every);
  v.value({"memory_GiB",
           "GiB",
           "memory of a node (GPU: of the device) for the training; 0: 80 % of what is left",
           {0.0, 1e6}},
          memory_GiB);
}

void TrainingConfig::validate() const {
  require(energy_weight >= 0.0 && force_weight > 0.0 && virial_weight >= 0.0,
          "a weight is negative, or that of the forces zero", "training", "force_weight > 0, the others ≥ 0");
  require(validation_fraction > 0.0 && validation_fraction + test_fraction < 1.0,
          "validation and test leave no trajectory to train on", "training.validation_fraction",
          "0 < validation_fraction, validation_fraction + test_fraction < 1");
  require(batch_frames >= 1 && epochs >= 0 && patience >= 1 && calibration_every >= 2, "a count is out of range",
          "training");
  require(ema_decay >= 0.0 && ema_decay < 1.0, "ema_decay is outside [0, 1)", "training.ema_decay");
}

}  // namespace locum::potential
