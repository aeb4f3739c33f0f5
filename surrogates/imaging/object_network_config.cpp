#include "surrogates/imaging/object_network_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/train/optimizer.hpp"

namespace locum::imaging {

void ObjectNetworkConfig::visit(ConfigVisitor& v) {
  v.value({"lead_sweeps", "", "passes over the frames before the network", {0, 1000}}, lead_sweeps);
  v.value({"coarse_sweeps", "", "after those, in conjugate directions: what is wider than the probe", {0, 1000}},
          coarse_sweeps);
  v.value({"stages", "", "networks, each on what the one before it left", {1, 4}}, stages);
  v.value({"mid_sweeps", "", "passes over the frames between two stages", {0, 1000}}, mid_sweeps);
  v.value({"polish_sweeps", "", "passes over the frames after the last network", {0, 1000}}, polish_sweeps);
  v.value({"members", "", "networks in the committee", {1, 16}}, members);
  v.value({"channels", "", "of the levels, from the finest down; each has half the points", {1, 1024}}, channels);
  v.value({"fold", "pixel", "along each side that the first level takes as one point", {1, 8}}, fold);
  v.value({"window", "pixel", "side of a window on the object", {8, 4096}}, window);
  v.value({"border", "pixel", "shared by neighbouring windows", {0, 2048}}, border);
}

int ObjectNetworkConfig::divisor() const { return fold << (channels.size() - 1); }

void ObjectNetworkConfig::validate() const {
  if (channels.empty() || channels.size() > 8)
    throw ConfigError(fmt::format("{} levels, 1 … 8 were expected", channels.size()), "network.channels");
  if (window % divisor() != 0)
    throw ConfigError(fmt::format("windows of {} pixels cannot be folded by {} and halved {} times", window, fold,
                                  channels.size() - 1),
                      "network.window", fmt::format("{} can", (window / divisor() + 1) * divisor()));
  if (2 * border > window)
    throw ConfigError(fmt::format("neighbouring windows of {} pixels share {}", window, border), "network.border",
                      fmt::format("at most half of a window, {}", window / 2));
}

void ObjectTrainingConfig::visit(ConfigVisitor& v) {
  v.value({"epochs", "", "passes over all windows", {0, 1e6}}, epochs);
  v.value({"batch", "", "windows in one step of the optimizer", {1, 1e6}}, batch);
  v.value({"windows", "", "cut from each data set", {1, 1e6}}, windows);
  v.value({"optimizer", "", "of the weights", {}, train::optimizer_names()}, optimizer);
  v.value({"learning_rate", "", "highest of the schedule", {0.0, 1.0}}, learning_rate);
  v.value({"warm_up", "", "fraction of the epochs in which the rate rises", {0.0, 1.0}}, warm_up);
  v.value({"ema_decay", "", "of the averaged weights, per batch", {0.0, 1.0}}, ema_decay);
  v.value({"patience", "", "epochs without improvement before stopping", {1, 1e6}}, patience);
  v.value({"validation_fraction", "", "of the data sets, held out", {0.0, 0.9}}, validation_fraction);
  v.value({"symmetries", "", "windows are mirrored and turned at random"}, symmetries);
  v.value({"supervised", "", "weight of the error against labels", {0.0, 1e6}}, supervised);
  v.value({"physics", "", "weight of the error of the frames, without labels", {0.0, 1e6}}, physics);
  v.value({"update_epochs", "", "when the gate has new labels", {0, 1e6}}, update_epochs);
  v.value({"calibration_every", "", "every so many new labels one is held out", {2, 1e6}}, calibration_every);
}

void ObjectTrainingConfig::validate() const {
  if (supervised == 0.0 && physics == 0.0)
    throw ConfigError("there is nothing to learn from: both weights are 0", "training.supervised",
                      "training.physics > 0 learns from the frames alone");
}

}  // namespace locum::imaging
