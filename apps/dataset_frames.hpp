// Labelled frames of a dataset file, read when they are asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/dataset/dataset.hpp"
#include "surrogates/potential/training/frame_source.hpp"

namespace locum::apps {

class DatasetFrames final : public potential::FrameSource {
 public:
  // Reads elements, trajectories, roles and weights of all frames, no labels. Throws IoError for a file that is no
  // dataset, ConfigError when it lacks what training needs. Collective; everything else is this rank's own.
  DatasetFrames(const Communicator& comm, const std::string& path);
  std::int64_t size() const override { return dataset_.size(); }
  potential::FrameFacts facts(std::int64_t k) const override { return facts_[static_cast<std::size_t>(k)]; }
  std::shared_ptr<const potential::FrameLabel> label(std::int64_t k) const override;
  bool in_memory(std::int64_t) const override { return false; }
  // Frames of role 1 are for the test.
  bool for_test(std::int64_t k) const { return for_test_[static_cast<std::size_t>(k)]; }
  // The group of a frame (io/atoms/xyz.hpp), "" without one.
  const std::string& config_type(std::int64_t k) const { return config_type_[static_cast<std::size_t>(k)]; }

 private:
  void read_facts();
  io::Dataset dataset_;
  std::string path_;
  std::vector<potential::FrameFacts> facts_;
  std::vector<bool> for_test_;
  std::vector<std::string> config_type_;
};

}  // namespace locum::apps
