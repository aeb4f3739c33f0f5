#include "apps/label_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "apps/dataset_frames.hpp"
#include "io/atoms/xyz.hpp"
#include "io/dataset/dataset.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// Frame k: 1 + k % 3 atoms, the last of them carbon in odd frames; trajectory k / 4; every fifth is for the test.
FieldSet frame(std::int64_t k, double shift = 0.0) {
  const std::int64_t n = 1 + k % 3;
  std::vector<double> position, force;
  std::vector<std::int64_t> number(static_cast<std::size_t>(n), 14);
  if (k % 2 == 1) number.back() = 6;
  for (std::int64_t i = 0; i < 3 * n; ++i) {
    position.push_back(0.9 * static_cast<double>(i) + 0.01 * static_cast<double>(k));
    force.push_back(shift + 0.1 * static_cast<double>(i - k));
  }
  FieldSet fields;
  fields.add("cell", "Angstrom", {3, 3}, std::vector<double>{9, 0, 0, 0, 9, 0, 0, 0, 9});
  fields.add("position", "Angstrom", {n, 3}, position);
  fields.add("force", "eV/Angstrom", {n, 3}, force);
  fields.add("atomic_number", "1", {n}, number);
  fields.add_scalar("energy", "eV", -4.0 * static_cast<double>(n));
  fields.add_scalar("trajectory", "1", k / 4);
  fields.add_scalar("role", "1", std::int64_t{k % 5 == 4});
  fields.add_scalar("weight", "1", 0.5 + static_cast<double>(k % 2));
  return fields;
}

class LabelFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (comm_.is_root()) fs::create_directories(root_);
    comm_.barrier();
  }
  void TearDown() override {
    comm_.barrier();
    if (comm_.is_root()) fs::remove_all(root_);
  }
  std::string dataset(const std::string& name, std::vector<FieldSet> frames) const {
    const std::string path = root_ + "/" + name;
    io::DatasetWriter writer(comm_, path);
    writer.add(comm_.is_root() ? std::move(frames) : std::vector<FieldSet>{});
    writer.commit();
    return path;
  }
  static std::vector<FieldSet> frames(std::int64_t count, double shift = 0.0) {
    std::vector<FieldSet> all;
    for (std::int64_t k = 0; k < count; ++k) all.push_back(frame(k, shift));
    return all;
  }
  std::string text(const std::string& name, const std::vector<FieldSet>& frames) const {
    const std::string path = root_ + "/" + name;
    io::write_xyz(comm_, path, frames);
    return path;
  }
  Communicator comm_ = Communicator::world();
  std::string root_ = "label_files_test." + std::to_string(comm_.size());
};

void expect_same(const potential::FrameLabel& a, const potential::FrameLabel& b) {
  EXPECT_EQ(a.position, b.position);
  EXPECT_EQ(a.force, b.force);
  EXPECT_EQ(a.atomic_number, b.atomic_number);
  EXPECT_EQ(a.energy, b.energy);
  EXPECT_EQ(a.has_virial, b.has_virial);
  EXPECT_EQ(a.weight, b.weight);
}

TEST_F(LabelFilesTest, ADatasetGivesFactsWithoutLabelsAndEachLabelWhenItIsAskedFor) {
  const DatasetFrames source(comm_, dataset("data.h5", frames(11)));
  ASSERT_EQ(source.size(), 11);
  EXPECT_FALSE(source.in_memory(0));
  for (std::int64_t k = 0; k < 11; ++k) {
    const auto facts = source.facts(k);
    EXPECT_EQ(facts.atoms, 1 + k % 3);
    EXPECT_EQ(facts.trajectory, k / 4);
    EXPECT_EQ(facts.weight, 0.5 + static_cast<double>(k % 2));
    EXPECT_EQ(facts.elements.test(6), k % 2 == 1);
    EXPECT_EQ(source.for_test(k), k % 5 == 4);
    if (k % comm_.size() == comm_.rank()) expect_same(*source.label(k), potential::read_label(frame(k), k));
  }
  EXPECT_THAT(potential::elements_of(source), ElementsAre(6, 14));
}

TEST_F(LabelFilesTest, FilesOfBothKindsBecomeOneList) {
  TrainConfig config;
  config.dataset = dataset("data.h5", frames(8));
  config.data.train = {text("more.xyz", frames(6, 1.0))};
  config.data.test = {text("judge.xyz", frames(3, 2.0))};
  const LabelSources sources = open_label_files(comm_, config);
  ASSERT_EQ(sources.train->size(), 7 + 5);
  ASSERT_EQ(sources.test->size(), 1 + 1 + 3);
  EXPECT_EQ(sources.train->facts(0).source, 0);
  EXPECT_EQ(sources.train->facts(7).source, 1);
  EXPECT_EQ(sources.train->facts(7).trajectory, 2);  // after 0 and 1 of the first file
  expect_same(*sources.train->label(8), potential::read_label(frame(1, 1.0), 1));
  expect_same(*sources.test->label(0), potential::read_label(frame(4), 4));
  expect_same(*sources.test->label(4), potential::read_label(frame(2, 2.0), 2));
  EXPECT_FALSE(sources.train->in_memory(0));
  EXPECT_TRUE(sources.train->in_memory(7));

  const LabelledFrames all = read_label_files(comm_, config);
  ASSERT_EQ(all.train.size(), 12u);
  ASSERT_EQ(all.test.size(), 5u);
  EXPECT_EQ(all.train[7].integer_scalar("source"), 1);
  EXPECT_EQ(all.train[7].integer_scalar("trajectory"), 2);
  expect_same(potential::read_label(all.train[8], 8), *sources.train->label(8));
}

TEST_F(LabelFilesTest, GroupsOfFramesMayHaveAWeight) {
  auto all = frames(6);
  for (std::size_t k = 0; k < all.size(); ++k) {
    const std::string word = k < 2 ? "liquid" : k < 4 ? "bulk crystal" : "";
    all[k].add("config_type", "utf-8", {static_cast<std::int64_t>(word.size())},
               std::vector<std::int64_t>(word.begin(), word.end()));
  }
  TrainConfig config;
  config.data.weights = {"liquid:0.5", "bulk crystal:0"};
  for (const auto& path : {text("groups.xyz", all), dataset("groups.h5", all)}) {
    config.data.train = {path};
    const LabelSources sources = open_label_files(comm_, config);
    for (const auto& [k, weight] : std::map<int, double>{{0, 0.25}, {1, 0.75}, {2, 0.0}, {3, 0.0}, {4, 1.5}}) {
      EXPECT_EQ(sources.train->facts(k).weight, weight) << k;  // 0.5 and 1.5 of their own; frame 4 is for the test
      EXPECT_EQ(sources.train->label(k)->weight, weight) << k;
    }
  }
  config.data.weights = {"gas:2"};
  try {
    open_label_files(comm_, config);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("there are bulk crystal, liquid"));
  }
  config.data.weights = {"liquid"};
  EXPECT_THROW(config.data.validate(), ConfigError);
  config.data.weights = {"liquid:-1"};
  EXPECT_THROW(config.data.validate(), ConfigError);
}

TEST_F(LabelFilesTest, LabelsThatNobodyWillAskForAreGivenBack) {
  TrainConfig config;
  config.data.train = {text("data.xyz", frames(6))};  // frames 0 … 3 and 5; frame 4 is for the test
  const LabelSources sources = open_label_files(comm_, config);
  sources.train->keep_only([](std::int64_t k) { return k % 2 == 0; });
  EXPECT_NO_THROW(sources.train->label(4));
  EXPECT_THROW(sources.train->label(3), ConfigError);
  EXPECT_NO_THROW(sources.test->label(0));  // has its own hold on the file's frames
}

TEST_F(LabelFilesTest, ABadFrameIsNamedWithItsFile) {
  auto bad = frames(5);
  potential::FrameLabel label = potential::read_label(bad[3], 3);
  label.force[2] = std::nan("");
  const auto same_fields = [](const FieldSet& from, const std::vector<double>& force) {
    FieldSet to;
    for (const auto& [name, field] : from.fields())
      if (name != "force")
        std::visit([&, &name = name, &field = field](const auto& v) { to.add(name, field.unit, field.shape, v); },
                   field.values);
    to.add("force", "eV/Angstrom", from.at("force").shape, force);
    return to;
  };
  bad[3] = same_fields(bad[3], label.force);
  const DatasetFrames source(comm_, dataset("bad.h5", bad));
  EXPECT_NO_THROW(source.label(2));
  try {
    source.label(3);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("frame 3 of " + root_ + "/bad.h5"));
    EXPECT_THAT(error.what(), HasSubstr("force"));
  }
}

TEST_F(LabelFilesTest, FilesWithoutForcesOrFramesAreRefusedAndAbsentOnesToldWithWhereTheyAre) {
  TrainConfig config;
  config.data.train = {root_ + "/nowhere.xyz"};
  config.data.published = "https://example.org/set";
  EXPECT_THROW(open_label_files(comm_, config), IoError);
  FieldSet bare;
  bare.add("cell", "Angstrom", {3, 3}, std::vector<double>(9, 1.0));
  bare.add("position", "Angstrom", {1, 3}, std::vector<double>(3, 0.0));
  bare.add("atomic_number", "1", {1}, std::vector<std::int64_t>{14});
  config.data.train = {dataset("bare.h5", {bare})};
  try {
    open_label_files(comm_, config);
    FAIL() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr("frame 0 has no force"));
  }
}

}  // namespace
}  // namespace locum::apps
