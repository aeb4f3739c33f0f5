#include "apps/series/series_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::apps {

void LabelledDataConfig::visit(ConfigVisitor& v) {
  v.value({"count", "", "simulated data sets to learn from", {2, 1e6}}, count);
  v.value({"files", "", "instead of simulated ones: measured data sets of the same experiment, read as series.files"},
          files);
  v.value(
      {"labels", "", "what the network learns: the truth, or the solver's converged object", {}, {"truth", "solver"}},
      labels);
  v.value({"phase",
           "rad",
           "range of the phase of each object, those of the series too, is drawn between these two; empty: "
           "simulation.object.phase",
           {0.0, 100.0}},
          phase);
  v.value({"points", "", "of the scans that are learned from, smaller than the series'; empty: the same", {1, 1e5}},
          points);
  v.value({"memory_GiB", "GiB", "that the ranks of a node may take together; 0: what the node has left", {0.0, 1e6}},
          memory_GiB);
}

void LabelledDataConfig::validate() const {
  if (!phase.empty() && (phase.size() != 2 || phase[0] > phase[1]))
    throw ConfigError("two numbers in ascending order were expected", "data.phase");
  if (!files.empty() && labels == "truth")
    throw ConfigError("nobody knows the truth of data.files", "data.labels",
                      "\"solver\" learns from its objects; with training.supervised = 0, training.physics > 0 from "
                      "frames alone");
  if (files.size() == 1)
    throw ConfigError("one file to learn from, 2 or more were expected", "data.files", "one is held out to calibrate");
  if (!points.empty() && points.size() != 2)
    throw ConfigError(fmt::format("two numbers of positions were expected, {} were found", points.size()),
                      "data.points");
}

void SeriesConfig::visit(ConfigVisitor& v) {
  v.value({"sets", "", "simulated data sets that training never saw", {1, 1e6}}, sets);
  v.value({"files", "", "instead of simulated ones: data sets of the same experiment"}, files);
  v.section({"keys", "", "of files that are no CXI"}, keys);
  v.value({"model", "", "model.h5 of a run of the same experiment: nothing is made to learn from, nothing is trained"},
          model);
  v.value({"margin", "pixel", "files: of the object around the outermost windows", {0, 1e4}}, margin);
  v.value({"tolerated_probe", "1", "files: relative difference of their probe to the experiment's", {0.0, 10.0}},
          tolerated_probe);
  v.value({"tile", "pixel", "of the object: side of what the gate decides on", {4, 4096}}, tile);
  v.value({"other_sets", "", "simulated sets of another kind of object, as [series.other] says", {0, 1e6}}, other_sets);
  v.value({"other_first", "", "number of the first of them; -1: they are the last", {-1, 1e6}}, other_first);
  v.section({"other", "", "the other kind"}, other);
}

bool SeriesConfig::is_other(std::int64_t number) const {
  const std::int64_t first = other_first < 0 ? size() - other_sets : other_first;
  return number >= first && number < first + other_sets;
}

void SeriesConfig::validate() const {
  other.validate();
  if (other_sets == 0) return;
  if (!files.empty())
    throw ConfigError("files are what they are: no objects of another kind can be drawn", "series.other_sets",
                      "set it to 0, or leave series.files out");
  if (other_sets > sets || other_first > sets - other_sets)
    throw ConfigError(fmt::format("{} sets of another kind from number {} on, the series has {}", other_sets,
                                  std::max<std::int64_t>(other_first, 0), sets),
                      "series.other_sets");
}

void BaselineConfig::visit(ConfigVisitor& v) {
  v.value({"sets", "", "numbers in the series that the solver reconstructs alone, too; -1: the last", {-1, 1e6}}, sets);
  v.value({"all", "", "all of them: what the solver alone takes is then measured"}, all);
  v.value({"random_starts", "", "of sets of another kind: random objects to start from, for the spread", {0, 100}},
          random_starts);
  v.value({"trace", "sweep", "between two looks at the error", {1, 1e6}}, trace);
  v.value({"engines", "", "other engines that reconstruct these sets alone, too, from a flat start"}, engines);
}

void BaselineConfig::validate(std::int64_t count) const {
  const std::vector<std::string> known = imaging::engine_names();
  for (const std::string& engine : engines)
    if (std::find(known.begin(), known.end(), engine) == known.end())
      throw ConfigError(fmt::format("engine '{}' was named, there are {}", engine, fmt::join(known, ", ")),
                        "compare.engines");
  for (const std::int64_t number : sets)
    if (number >= count)
      throw ConfigError(fmt::format("set {} was named, the series has {}, counted from 0", number, count),
                        "compare.sets");
}

bool BaselineConfig::wants(std::int64_t number, std::int64_t count) const {
  return all || std::any_of(sets.begin(), sets.end(),
                            [&](std::int64_t s) { return s == number || (s < 0 && number == count - 1); });
}

void SeriesOutputConfig::visit(ConfigVisitor& v) {
  v.value({"keep_training_data", "", "write dataset.h5; else data are made again from the seed"}, keep_training_data);
  v.value({"reconstructions", "", "write a CXI file of each set, with its maps"}, reconstructions);
  v.value({"pictures", "", "draw the sets that are compared"}, pictures);
  v.value({"training_checkpoint_epochs", "", "epochs between commits of the training", {1, 1e9}},
          training_checkpoint_epochs);
}

// A data set's tiles do not continue those of the one before it. What is learned on costs time and memory, a label some
// megabytes: a set that is handed back whole gives a part of its tiles, and learning ends.
SeriesRunConfig::SeriesRunConfig() {
  gate.resume_calls = 0;
  gate.labels_to_update = 32;
  gate.labels_a_call = 16;
  gate.max_updates = 4;
  gate.keep_labels = false;
}

void SeriesRunConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "heads the report"}, title);
  v.value({"seed", "", "of the training, the audits and the objects' phases", {0, 9e15}}, seed);
  v.section({"ptychography", "", "the solver; this section makes an input one for ptychography"}, ptychography);
  v.section({"simulation", "", "the experiment: detector, probe, scan, object and noise"}, simulation);
  v.section({"data", "", "what is learned from"}, data);
  v.section({"network", "", "the surrogate: passes of physics and networks in turn"}, network);
  v.section({"training", "", "how it is trained"}, training);
  v.section({"gate", "", "who plays, and how it is watched"}, gate);
  v.section({"series", "", "the data sets that the surrogate serves"}, series);
  v.section({"compare", "", "sets that the solver reconstructs alone, too"}, compare);
  v.section({"output", "", "what is written"}, output);
  v.section({"energy", "", "how the energy that the run takes is known"}, energy);
}

void SeriesRunConfig::validate() const {
  ptychography.validate();
  simulation.validate();
  data.validate();
  network.validate();
  training.validate();
  gate.validate();
  series.validate();
  if (!series.files.empty() || !data.files.empty()) series.keys.validate();
  compare.validate(series.size());
  for (const std::string& engine : compare.engines) ptychography.by_engine(engine).validate();
  energy.validate();
  if (gate.resume_calls != 0)
    throw ConfigError(fmt::format("{} was found, 0 was expected", gate.resume_calls), "gate.resume_calls",
                      "a tile of one data set does not continue that of the one before it");
  if (ptychography.probe.refine || ptychography.positions.correct)
    throw ConfigError("probe and positions must stay as they are: the network takes them as given",
                      ptychography.probe.refine ? "ptychography.probe.refine" : "ptychography.positions.correct",
                      "refine them once with `locum reconstruct`, and give what comes out to the series");
}

}  // namespace locum::apps
