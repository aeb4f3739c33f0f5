#include "apps/train_config.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void LabelFiles::visit(ConfigVisitor& v) {
  v.value({"root", "", "folder that the names of the files are relative to"}, root);
  v.value({"train", "", "files to learn from, extended XYZ or HDF5"}, train);
  v.value({"test", "", "files that only judge the result"}, test);
  v.value({"replay", "", "of a fine-tuning: files that the given model was trained on"}, replay);
  v.value({"weights", "", "weights of groups of frames by their config_type, as \"liquid:0.5\""}, weights);
  v.value({"published", "", "where the files can be had"}, published);
}

namespace {

// "name:0.5" as name and weight; a name may hold colons.
std::pair<std::string, double> group_weight(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  double weight = -1.0;
  if (colon != std::string::npos && colon > 0) {
    const char *from = text.data() + colon + 1, *end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(from, end, weight);
    if (code != std::errc() || stop != end) weight = -1.0;
  }
  if (!(weight >= 0.0) || !std::isfinite(weight))
    throw ConfigError("found \"" + text + "\", a config_type and its weight were expected", "data.weights",
                      "for example weights = [\"liquid:0.5\", \"surface:2\"]");
  return {text.substr(0, colon), weight};
}

}  // namespace

void LabelFiles::validate() const {
  for (const std::string& text : weights) group_weight(text);
}

double LabelFiles::weight_of(const std::string& config_type) const {
  for (const std::string& text : weights)
    if (const auto [name, weight] = group_weight(text); name == config_type) return weight;
  return 1.0;
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
  v.section({"search", "", "other settings that are tried: docs/reference/training.md"}, search);
  v.section({"distill", "", "one network that learns from a committee"}, distill);
  v.section({"prune", "", "a smaller model of nearly the same error"}, prune);
}

void TrainConfig::validate() const {
  if (dataset.empty() && data.train.empty())
    throw ConfigError("no data are named", "data.train",
                      "add dataset = \"runs/…/dataset.h5\", or data.train = [\"train.xyz\"]");
  data.validate();
  potential.validate();
  training.validate();
  tune.validate();
  inference.validate();
  if (from.empty() && !data.replay.empty())
    throw ConfigError("there is nothing to replay frames into", "data.replay",
                      "name the model to start from: from = \"runs/…/model.h5\", or --from");
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
