#include "apps/label_files.hpp"

#include <filesystem>

#include "io/dataset.hpp"
#include "io/xyz.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

std::vector<FieldSet> read_file(const Communicator& comm, const std::string& path, const std::string& published) {
  if (!std::filesystem::exists(path))
    throw IoError("is not there", path,
                  published.empty() ? "name the folder of the data with --set data.root=…"
                                    : "the data are published at " + published +
                                          "; put them there, or name their folder with --set data.root=…");
  const std::string extension = std::filesystem::path(path).extension().string();
  std::vector<FieldSet> frames;
  if (extension == ".xyz" || extension == ".extxyz") {
    frames = io::read_xyz(comm, path);
  } else {
    const io::Dataset dataset(comm, path);
    for (std::int64_t k = 0; k < dataset.size(); ++k) frames.push_back(dataset.sample(k));
  }
  if (frames.empty()) throw ConfigError("holds no frames", path, "labelled frames were expected");
  for (std::size_t k = 0; k < frames.size(); ++k)
    for (const char* needed : {"cell", "force"})
      if (!frames[k].has(needed))
        throw ConfigError("frame " + std::to_string(k) + " has no " + needed, path,
                          "training needs a periodic cell and forces; energies and virials may be missing");
  return frames;
}

FieldSet marked(const FieldSet& frame, std::int64_t trajectory, std::int64_t source) {
  FieldSet fields;
  for (const auto& [name, field] : frame.fields())
    if (name != "trajectory" && name != "source")
      std::visit([&](const auto& values) { fields.add(name, field.unit, field.shape, values); }, field.values);
  fields.add_scalar("trajectory", "1", trajectory);
  fields.add_scalar("source", "1", source);
  return fields;
}

}  // namespace

LabelledFrames read_label_files(const Communicator& comm, const TrainConfig& config) {
  LabelledFrames all;
  std::int64_t source = 0, next_trajectory = 0;
  const auto take = [&](const std::string& path, bool only_test) {
    std::int64_t largest = -1;
    for (const FieldSet& frame : read_file(comm, path, config.data.published)) {
      std::int64_t trajectory = frame.has("trajectory") ? frame.integer_scalar("trajectory") : -1;
      largest = std::max(largest, trajectory);
      if (trajectory >= 0) trajectory += next_trajectory;
      const bool test = only_test || (frame.has("role") && frame.integer_scalar("role") == 1);
      (test ? all.test : all.train).push_back(marked(frame, trajectory, source));
    }
    next_trajectory += largest + 1;
    ++source;
  };
  if (!config.dataset.empty()) take(config.dataset, false);
  for (const auto& name : config.data.train) take(config.data.path(name), false);
  for (const auto& name : config.data.test) take(config.data.path(name), true);
  for (const auto& name : config.data.replay)
    for (const FieldSet& frame : read_file(comm, config.data.path(name), config.data.published))
      all.replay.push_back(marked(frame, -1, 0));
  return all;
}

}  // namespace locum::apps
