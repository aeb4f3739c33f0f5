// Configuration as TOML: round trip, and errors that say where, what was found, what was expected.
#include "io/toml/toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

using ::testing::HasSubstr;

struct Thermostat {
  double friction = 0.01;
  std::string kind = "langevin";
  bool operator==(const Thermostat&) const = default;
  void visit(ConfigVisitor& v) {
    v.value({"friction", "1/fs", "friction coefficient", {1e-6, 1.0}}, friction);
    v.value({"kind", "", "how the temperature is kept", {}, {"none", "langevin", "bussi"}}, kind);
  }
};

struct Replica {
  std::vector<double> strain;
  std::int64_t seed = 0;
  Thermostat thermostat;
  bool operator==(const Replica&) const = default;
  void visit(ConfigVisitor& v) {
    v.section({"thermostat", "", ""}, thermostat);  // before values: the writer must put it behind them
    v.value({"strain", "1", "of the cell", {-0.5, 0.5}}, strain);
    v.value({"seed", "", ""}, seed);
  }
};

struct RunConfig {
  bool quiet = false;
  int steps = 10;
  double timestep = 1.0;
  std::string title = "a run";
  std::vector<std::int64_t> grid = {1, 2, 3};
  std::vector<std::string> species = {"Si"};
  Thermostat thermostat;
  std::vector<Replica> replicas;
  bool operator==(const RunConfig&) const = default;
  void visit(ConfigVisitor& v) {
    v.value({"quiet", "", "say nothing"}, quiet);
    v.value({"steps", "", "number of timesteps", {0, 1e9}}, steps);
    v.section({"thermostat", "", "the heat bath"}, thermostat);
    v.value({"timestep", "fs", "length of a timestep", {1e-3, 100}}, timestep);
    v.value({"title", "", "two\nlines of help"}, title);
    v.value({"grid", "", ""}, grid);
    v.value({"species", "", ""}, species);
    v.sections({"replicas", "", "independent trajectories"}, replicas);
  }
};

RunConfig read(const std::string& text, const std::vector<std::string>& sets = {}) {
  auto document = TomlDocument::parse(text, "in.toml");
  for (const auto& assignment : sets) document.set(assignment);
  RunConfig run;
  read_config(document, run);
  return run;
}

// The message of the ConfigError that reading throws.
std::string complaint(const std::string& text, const std::vector<std::string>& sets = {}) {
  try {
    read(text, sets);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"a", "\"", "\\", "\n", "#",    "'", "=",
                                                  "[", "Å",  "\t", " ",  "\x01", "7"};
  std::string text;
  for (auto n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
  return text;
}

TEST(Toml, RandomConfigurationsComeBackEqual) {
  std::mt19937 random(7);
  auto real = [&](double low, double high) { return std::uniform_real_distribution<double>(low, high)(random); };
  auto thermostat = [&] {
    return Thermostat{std::pow(10.0, real(-6, 0)), std::vector<std::string>{"none", "langevin", "bussi"}[random() % 3]};
  };
  for (int trial = 0; trial < 300; ++trial) {
    RunConfig run;
    run.quiet = random() % 2;
    run.steps = static_cast<int>(random() % 1000000000);
    run.timestep = trial % 5 ? std::pow(10.0, real(-3, 2)) : static_cast<double>(1 + random() % 9);
    run.title = random_text(random);
    run.thermostat = thermostat();
    run.grid.clear();
    for (auto n = random() % 4; n > 0; --n)
      run.grid.push_back(static_cast<std::int64_t>((std::uint64_t{random()} << 32) | random()));
    run.species.clear();
    for (auto n = random() % 3; n > 0; --n) run.species.push_back(random_text(random));
    for (auto n = random() % 3; n > 0; --n) {
      Replica replica{{}, static_cast<std::int64_t>(random()), thermostat()};
      for (auto m = random() % 4; m > 0; --m) replica.strain.push_back(real(-0.5, 0.5));
      run.replicas.push_back(replica);
    }
    const std::string text = to_toml(run);
    EXPECT_EQ(read(text), run) << text;
  }
}

TEST(Toml, WritesHelpUnitRangeAndChoicesAsComments) {
  RunConfig run;
  const std::string text = to_toml(run);
  EXPECT_THAT(text, HasSubstr("# length of a timestep, fs (0.001 … 100)\ntimestep = 1.0\n"));
  EXPECT_THAT(text, HasSubstr("# how the temperature is kept (none | langevin | bussi)\nkind = \"langevin\"\n"));
  EXPECT_THAT(text, HasSubstr("# two\n# lines of help\n"));
  EXPECT_THAT(text, HasSubstr("# the heat bath\n[thermostat]\n"));
}

TEST(Toml, WhatTheFileDoesNotMentionKeepsItsValue) {
  const RunConfig run = read("steps = 20\n[thermostat]\nkind = 'bussi'\n");
  EXPECT_EQ(run.steps, 20);
  EXPECT_EQ(run.thermostat.kind, "bussi");
  EXPECT_EQ(run.thermostat.friction, 0.01);
  EXPECT_EQ(run.species, std::vector<std::string>{"Si"});
}

TEST(Toml, AnIntegerWillDoForARealNumber) {
  EXPECT_EQ(read("timestep = 2").timestep, 2.0);
  EXPECT_EQ(read("[[replicas]]\nstrain = [0, 0.25]").replicas.at(0).strain, (std::vector<double>{0, 0.25}));
}

TEST(Toml, UnknownKeyNamesLineAndNearest) {
  const std::string text = complaint("steps = 1\n\n[thermostat]\nfrction = 0.1\n");
  EXPECT_THAT(text, HasSubstr("in.toml:4: unknown key 'frction' in [thermostat]"));
  EXPECT_THAT(text, HasSubstr("did you mean 'friction'?"));
  EXPECT_THAT(complaint("[thermostats]\n"), HasSubstr("in.toml:1: unknown key 'thermostats'"));
  EXPECT_THAT(complaint("[[replicas]]\n[[replicas]]\nsed = 1"),
              HasSubstr("in.toml:3: unknown key 'sed' in [replicas[1]]"));
}

TEST(Toml, AKeyInTheWrongSectionIsToldTheRightOne) {
  EXPECT_THAT(complaint("friction = 0.1"), HasSubstr("there is thermostat.friction"));
}

TEST(Toml, WrongTypeSaysFoundAndExpected) {
  EXPECT_THAT(complaint("\ntimestep = 'long'"),
              HasSubstr("in.toml:2: timestep: found the text 'long', a number in fs was expected"));
  EXPECT_THAT(complaint("steps = 1e3"),
              HasSubstr("found the real number 1000, an integer was expected\n  hint: write 1000"));
  EXPECT_THAT(complaint("steps = 99999999999"), HasSubstr("steps: found 99999999999"));
  EXPECT_THAT(complaint("quiet = 1"), HasSubstr("found the integer 1, true or false was expected"));
  EXPECT_THAT(complaint("thermostat = 3"), HasSubstr("a section [thermostat] was expected"));
  EXPECT_THAT(complaint("replicas = [1]"), HasSubstr("a list of sections [[replicas]] was expected"));
  EXPECT_THAT(complaint("grid = [1, 'x']"), HasSubstr("found the text 'x', an integer was expected"));
  EXPECT_THAT(complaint("timestep = nan"), HasSubstr("a number in fs was expected"));
}

TEST(Toml, NumberOutsideItsRangeSaysUnitAndRange) {
  EXPECT_THAT(complaint("timestep = 1000"),
              HasSubstr("in.toml:1: timestep: found 1000 fs, 0.001 … 100 fs was expected"));
  EXPECT_THAT(complaint("[[replicas]]\nstrain = [0.1, 0.9]"), HasSubstr("in.toml:2: replicas[0].strain: found 0.9"));
}

TEST(Toml, UnknownWordSaysChoicesAndNearest) {
  const std::string text = complaint("thermostat.kind = 'busi'");
  EXPECT_THAT(text, HasSubstr("found the text 'busi', one of none, langevin, bussi was expected"));
  EXPECT_THAT(text, HasSubstr("did you mean 'bussi'?"));
}

TEST(Toml, NoTomlSaysTheLine) {
  EXPECT_THAT(complaint("steps = 1\nsteps = = 2\n"), HasSubstr("in.toml:2: this is not TOML"));
}

TEST(TomlSet, OverridesMakesSectionsAndTakesBareWords) {
  const RunConfig run = read(
      "steps = 1\n[[replicas]]\nseed = 1\n",
      {"steps=5", "thermostat.kind=bussi", "title = two words", "grid=[4, 5]", "replicas[0].seed=9", "timestep=0.5"});
  EXPECT_EQ(run.steps, 5);
  EXPECT_EQ(run.thermostat.kind, "bussi");
  EXPECT_EQ(run.title, "two words");
  EXPECT_EQ(run.grid, (std::vector<std::int64_t>{4, 5}));
  EXPECT_EQ(run.replicas.at(0).seed, 9);
  EXPECT_EQ(run.timestep, 0.5);
}

TEST(TomlSet, IsRefusedLikeTheFileAndNamed) {
  EXPECT_THAT(complaint("", {"thermostat.frction=1"}),
              HasSubstr("--set thermostat.frction=1: unknown key 'frction' in [thermostat]"));
  EXPECT_THAT(complaint("", {"timestep=soon"}), HasSubstr("--set timestep=soon: timestep: found the text 'soon'"));
  EXPECT_THAT(complaint("", {"timestep=1000"}), HasSubstr("--set timestep=1000"));
  EXPECT_THAT(complaint("", {"timestep"}), HasSubstr("section.key=value was expected"));
  EXPECT_THAT(complaint("", {"=1"}), HasSubstr("section.key=value was expected"));
  EXPECT_THAT(complaint("", {"replicas[0].seed=1"}), HasSubstr("'replicas[0]' is no section"));
  EXPECT_THAT(complaint("steps = 1", {"steps.more=1"}), HasSubstr("'steps' is no section"));
}

TEST(TomlDocument, EveryRankReadsTheSameAndThrowsTheSame) {
  const auto comm = Communicator::world();
  TemporaryFolder folder(comm);
  if (comm.is_root()) put(folder.file("in.toml"), "steps = 7\n");
  RunConfig run;
  const auto document = TomlDocument::read(comm, folder.file("in.toml"));
  EXPECT_TRUE(document.has("steps"));
  EXPECT_FALSE(document.has("thermostat.kind"));
  read_config(document, run);
  EXPECT_EQ(run.steps, 7);
  EXPECT_THROW(TomlDocument::read(comm, folder.file("none.toml")), IoError);
  EXPECT_THROW(TomlDocument::read(comm, folder.file("")), IoError);
}

}  // namespace
}  // namespace locum::io
