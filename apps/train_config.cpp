#include "apps/train_config.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void LabelFiles::visit(ConfigVisitor& v) {
  v.value({"root", "", "folder that the names of the files are relative to"}, root);
  v.value({"train", "", "files to learn from, extended XYZ or HDF5"}, train);
  v.value({"test", "", "files that only judge the result"}, test);
  v.value({"published", "", "where the files can be had"}, published);
}

void TrainConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "of the training"}, title);
  v.value({"seed", "", "of every random number of the training", {0, 9e15}}, seed);
  v.value({"dataset", "", "HDF5 file of labelled samples, from locum simulate, learn or convert"}, dataset);
  v.section({"data", "", "files of labelled frames"}, data);
  v.section({"potential", "", "the surrogate"}, potential);
  v.section({"training", "", "how it is trained"}, training);
  v.section({"search", "", "other settings that are tried: docs/reference/training.md"}, search);
  v.section({"distill", "", "one network that learns from a committee"}, distill);
  v.section({"prune", "", "a smaller model of nearly the same error"}, prune);
}

void TrainConfig::validate() const {
  if (dataset.empty() && data.train.empty())
    throw ConfigError("no data are named", "data.train",
                      "add dataset = \"runs/…/dataset.h5\", or data.train = [\"train.xyz\"]");
  potential.validate();
  training.validate();
  search.validate();
  distill.validate();
  prune.validate();
  if ((search.candidates > 0) + !distill.teacher.empty() + (prune.bound > 0.0) > 1)
    throw ConfigError("a run searches, distils or prunes, one of them", "search, distill, prune",
                      "one run after the other: prune.from and distill.teacher take the model of the one before");
  if (!distill.teacher.empty() && training.offsets != "none")
    throw ConfigError("distillation takes labels of one level of energy", "training.offsets",
                      "offsets = \"none\", with labels that have none");
}

}  // namespace locum::apps
