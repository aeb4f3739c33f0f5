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
  v.section({"inference", "", "in which precision it answers"}, inference);
}

void TrainConfig::validate() const {
  if (dataset.empty() && data.train.empty())
    throw ConfigError("no data are named", "data.train",
                      "add dataset = \"runs/…/dataset.h5\", or data.train = [\"train.xyz\"]");
  potential.validate();
  training.validate();
  inference.validate();
}

}  // namespace locum::apps
