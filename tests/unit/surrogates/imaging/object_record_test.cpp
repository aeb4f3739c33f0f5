#include "surrogates/imaging/object_record.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

ObjectNetworkConfig small() {
  ObjectNetworkConfig config;
  config.lead_sweeps = 5;
  config.coarse_sweeps = 2;
  config.stages = 2;
  config.members = 3;
  config.channels = {4, 6};
  config.fold = 2;
  config.window = 16;
  config.border = 4;
  return config;
}

ObjectCascade trained() {
  ObjectCascade cascade({}, small());
  for (int s = 0; s < 2; ++s) cascade.stage(s).set_parameters(cascade.stage(s).initial_parameters(11 + s));
  return cascade;
}

std::string complaint(const FieldTree& record) {
  try {
    cascade_from_record({}, record);
  } catch (const ConfigError& error) {
    return std::string(error.what()) + error.where();
  }
  return "";
}

TEST(ObjectRecord, NetworksComeBackAsTheyWere) {
  const ObjectCascade cascade = trained();
  const FieldTree record = object_model_record(cascade, {{"git", "abc"}});
  EXPECT_EQ(record.attributes.at("git"), "abc");
  EXPECT_EQ(record.groups.size(), 1u + 2u * 3u);
  const auto again = cascade_from_record({}, record);
  EXPECT_EQ(again->config().lead_sweeps, 5);
  EXPECT_EQ(again->config().coarse_sweeps, 2);
  EXPECT_EQ(again->config().channels, small().channels);
  EXPECT_EQ(again->config().border, 4);
  for (int s = 0; s < 2; ++s) EXPECT_EQ(again->stage(s).parameters(), cascade.stage(s).parameters());
  EXPECT_NE(again->stage(0).parameters(), again->stage(1).parameters());
}

TEST(ObjectRecord, GroupsOfOthersAreLeftAlone) {
  FieldTree record = object_model_record(trained());
  record.groups["calibration"].add_scalar("quantile", "1", 0.5);
  EXPECT_EQ(complaint(record), "");
}

TEST(ObjectRecord, OtherKindsAndLaterVersionsAreRefused) {
  FieldTree record = object_model_record(trained());
  record.attributes["version"] = "2";
  EXPECT_NE(complaint(record).find("version '2'"), std::string::npos);
  record.attributes["kind"] = "neural potential";
  EXPECT_NE(complaint(record).find("neural potential"), std::string::npos);
}

TEST(ObjectRecord, DamageIsNamedByItsGroup) {
  const FieldTree whole = object_model_record(trained());
  FieldTree missing = whole;
  missing.groups.erase(member_group(1, 2));
  EXPECT_NE(complaint(missing).find("network.stage1.member2"), std::string::npos);

  FieldTree few = whole;
  few.groups[member_group(0, 1)] = {};
  few.groups[member_group(0, 1)].add("parameters", "1", {3}, std::vector<double>(3, 0.0));
  EXPECT_NE(complaint(few).find("found 3 parameters"), std::string::npos);
  EXPECT_NE(complaint(few).find("network.stage0.member1"), std::string::npos);

  FieldTree not_finite = whole;
  std::vector<double> p = whole.groups.at(member_group(0, 0)).real("parameters");
  p[7] = std::numeric_limits<double>::quiet_NaN();
  not_finite.groups[member_group(0, 0)] = {};
  not_finite.groups[member_group(0, 0)].add("parameters", "1", {static_cast<std::int64_t>(p.size())}, p);
  EXPECT_NE(complaint(not_finite).find("parameter 7"), std::string::npos);
}

TEST(ObjectRecord, ANumberOutOfRangeMakesNoNetworks) {
  FieldTree record = object_model_record(trained());
  FieldSet changed;
  for (const auto& [name, field] : record.groups.at("architecture").fields())
    if (name != "stages")
      std::visit([&, &name = name, &field = field](const auto& v) { changed.add(name, field.unit, field.shape, v); },
                 field.values);
  changed.add_scalar("stages", "1", std::int64_t{2'000'000'000});
  record.groups["architecture"] = changed;
  EXPECT_NE(complaint(record).find("stages is 2000000000"), std::string::npos);
}

}  // namespace
}  // namespace locum::imaging
