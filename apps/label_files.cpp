#include "apps/label_files.hpp"

#include <filesystem>
#include <set>

#include "apps/dataset_frames.hpp"
#include "io/atoms/xyz.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

using potential::FrameFacts;
using potential::FramesInMemory;
using potential::FrameSource;

void require_file(const std::string& path, const std::string& published) {
  if (std::filesystem::exists(path)) return;
  throw IoError("is not there", path,
                published.empty() ? "name the folder of the data with --set data.root=…"
                                  : "the data are published at " + published +
                                        "; put them there, or name their folder with --set data.root=…");
}

// A file's frames; those of the test as a source of their own, which may be the same.
struct FileFrames {
  std::shared_ptr<FrameSource> train, test;
  std::vector<bool> for_test;
  std::vector<std::string> config_type;
};

FileFrames of_text(const Communicator& comm, const std::string& path) {
  const std::vector<FieldSet> frames = io::read_xyz(comm, path);
  FileFrames file;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    for (const char* needed : {"cell", "force"})
      if (!frames[k].has(needed))
        throw ConfigError("frame " + std::to_string(k) + " has no " + needed, path,
                          "training needs a periodic cell and forces; energies and virials may be missing");
    file.config_type.push_back(io::config_type(frames[k]));
    file.for_test.push_back(frames[k].has("role") && frames[k].integer_scalar("role") == 1);
  }
  const auto all = std::make_shared<FramesInMemory>(frames, path);
  file.train = all;
  file.test = std::make_shared<FramesInMemory>(*all);  // the same labels: each may drop what it does not want
  return file;
}

FileFrames of_dataset(const Communicator& comm, const std::string& path) {
  const auto all = std::make_shared<DatasetFrames>(comm, path);
  FileFrames file{all, all, {}, {}};
  for (std::int64_t k = 0; k < all->size(); ++k) {
    file.for_test.push_back(all->for_test(k));
    file.config_type.push_back(all->config_type(k));
  }
  return file;
}

struct Selections {
  std::shared_ptr<potential::FrameSelection> train = std::make_shared<potential::FrameSelection>(),
                                             test = std::make_shared<potential::FrameSelection>(),
                                             replay = std::make_shared<potential::FrameSelection>();
};
enum class FileUse { learn, test, replay };  // learn: but for the frames whose role says test

// A weight for a group that no frame belongs to is a slip of the pen.
void require_groups(const LabelFiles& data, const std::set<std::string>& groups) {
  std::string known;
  for (const auto& name : groups)
    if (!name.empty()) known += (known.empty() ? "" : ", ") + name;
  for (const auto& text : data.weights)
    if (const std::string name = text.substr(0, text.rfind(':')); groups.count(name) == 0)
      throw ConfigError("no frame has the config_type '" + name + "'", "data.weights",
                        known.empty() ? "the frames have none" : "there are " + known);
}

Selections select_frames(const Communicator& comm, const TrainConfig& config) {
  Selections all;
  std::int64_t source = 0, next_trajectory = 0;
  std::set<std::string> groups;
  const auto take = [&](const std::string& path, FileUse use) {
    require_file(path, config.data.published);
    const FileFrames file = io::is_xyz(path) ? of_text(comm, path) : of_dataset(comm, path);
    if (file.train->size() == 0) throw ConfigError("holds no frames", path, "labelled frames were expected");
    std::int64_t largest = -1;
    for (std::int64_t k = 0; k < file.train->size(); ++k) {
      FrameFacts facts = file.train->facts(k);
      largest = std::max(largest, facts.trajectory);
      if (facts.trajectory >= 0) facts.trajectory += next_trajectory;
      facts.source = source;
      const std::string& group = file.config_type[static_cast<std::size_t>(k)];
      groups.insert(group);
      facts.weight *= config.data.weight_of(group);
      if (use == FileUse::replay)
        all.replay->add(file.train, k, facts);
      else if (use == FileUse::test || file.for_test[static_cast<std::size_t>(k)])
        all.test->add(file.test, k, facts);
      else
        all.train->add(file.train, k, facts);
    }
    next_trajectory += largest + 1;
    ++source;
  };
  if (!config.dataset.empty()) take(config.dataset, FileUse::learn);
  for (const auto& name : config.data.train) take(config.data.path(name), FileUse::learn);
  for (const auto& name : config.data.test) take(config.data.path(name), FileUse::test);
  for (const auto& name : config.data.replay) take(config.data.path(name), FileUse::replay);
  require_groups(config.data, groups);
  return all;
}

}  // namespace

std::vector<FieldSet> read_all(const FrameSource& frames) {
  std::vector<FieldSet> all;
  for (std::int64_t k = 0; k < frames.size(); ++k) {
    potential::FrameLabel label = *frames.label(k);
    label.trajectory = frames.facts(k).trajectory;
    all.push_back(potential::write_label(label));
    all.back().add_scalar("source", "1", frames.facts(k).source);
  }
  return all;
}

std::vector<FieldSet> weighty_frames(const FrameSource& frames) {
  std::vector<FieldSet> all = read_all(frames), some;
  for (std::size_t k = 0; k < all.size(); ++k)
    if (frames.facts(static_cast<std::int64_t>(k)).weight > 0.0) some.push_back(std::move(all[k]));
  return some;
}

LabelSources open_label_files(const Communicator& comm, const TrainConfig& config) {
  const Selections all = select_frames(comm, config);
  return {all.train, all.test, all.replay};
}

LabelledFrames read_label_files(const Communicator& comm, const TrainConfig& config) {
  const Selections all = select_frames(comm, config);
  return {read_all(*all.train), read_all(*all.test)};
}

}  // namespace locum::apps
