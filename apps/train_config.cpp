#include "apps/train_config.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void LabelFiles::visit(ConfigVisitor& v) {
  v.value({"root", "", "folder that the names of the files are relative to"}, root);
  v.value({"train", "", "files to learn from, extended XYZ or HDF5"}, train);
  v.value({"test", "", "files that only judge the result"}, test);
  v.value({"replay", "", "of a fine-tuning: files that the given model was trained on"}, replay);
  v.value({"published", "", "where the files can be had"}, published);
}

void TrainConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "of the training"}, title);
  v.value({"seed", "", "of every random number of the training", {0, 9e15}}, seed);
  v.value({"dataset", "", "HDF5 file of labelled samples, from locum simulate, learn or convert"}, dataset);
  v.value({"from", "", "model to start from: a fine-tuning. The architecture is this model's"}, from);
  v.section({"data", "", "files of labelled frames"}, data);
  v.section({"potential", "", "the surrogate"}, potential);
  v.section({"training", "", "how it is trained"}, training);
  v.section({"tune", "", "how a fine-tuning goes on from the given model"}, tune);
  v.section({"inference", "", "in which precision it answers"}, inference);
}

void TrainConfig::validate() const {
  if (dataset.empty() && data.train.empty())
    throw ConfigError("no data are named", "data.train",
                      "add dataset = \"runs/…/dataset.h5\", or data.train = [\"train.xyz\"]");
  potential.validate();
  training.validate();
  tune.validate();
  inference.validate();
  if (from.empty() && !data.replay.empty())
    throw ConfigError("there is nothing to replay frames into", "data.replay",
                      "name the model to start from: from = \"runs/…/model.h5\", or --from");
}

}  // namespace locum::apps
