// The input of `locum learn` for ptychography: told by its section [ptychography]. Data sets of one experiment are
// simulated and learned from; the network then reconstructs a series of others under the gate.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/cxi/cxi_keys.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/imaging/ptychography/ptychography_config.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"
#include "surrogates/gate/gate_config.hpp"
#include "surrogates/imaging/object_network_config.hpp"

namespace locum::apps {

// Data sets to learn from: numbers 0 … count − 1 of the experiment, or files.
struct LabelledDataConfig {
  std::int64_t count = 100;
  std::vector<std::string> files;    // instead of simulated ones: data sets of the same experiment
  std::string labels = "truth";      // or "solver": its converged object
  std::vector<double> phase;         // rad: an object's range is drawn between the two; empty: simulation.object.phase
  std::vector<std::int64_t> points;  // of their scans; empty: as the series', simulation.scan.points
  double memory_GiB = 0.0;           // that a node's ranks may take together; 0: what the node has left

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
  std::int64_t size() const { return files.empty() ? count : static_cast<std::int64_t>(files.size()); }
};

struct SeriesConfig {
  std::int64_t sets = 12;          // simulated ones, that training never saw
  std::vector<std::string> files;  // instead: data sets of the same experiment
  io::DiffractionKeys keys;        // of the files
  std::string model;               // model.h5 of another run: instead of data and training
  int margin = 8;                  // files: pixels of the object around the outermost windows
  double tolerated_probe = 0.2;    // files: how far their probe may be from the experiment's, relative
  int tile = 48;                   // pixels of the object: what the gate decides on
  std::int64_t other_sets = 0;     // sets of another kind of object
  std::int64_t other_first = -1;   // number of the first of them; −1: they are the last
  imaging::RandomObjectConfig other;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
  std::int64_t size() const { return files.empty() ? sets : static_cast<std::int64_t>(files.size()); }
  bool is_other(std::int64_t number) const;
};

// Data sets that the solver reconstructs alone, too.
struct BaselineConfig {
  std::vector<std::int64_t> sets = {0};  // numbers in the series; −1: the last
  bool all = false;
  int random_starts = 0;  // of the sets of another kind: from random objects too, for the spread among starts
  int trace = 5;          // sweeps between two looks at the error
  std::vector<std::string> engines;  // others that reconstruct these sets from a flat start, too

  void visit(ConfigVisitor& v);
  void validate(std::int64_t sets) const;  // throws ConfigError
  bool wants(std::int64_t number, std::int64_t sets) const;
};

struct SeriesOutputConfig {
  bool keep_training_data = false;  // dataset.h5
  bool reconstructions = true;      // set_0000.cxi …
  bool pictures = true;
  int training_checkpoint_epochs = 5;

  void visit(ConfigVisitor& v);
};

struct SeriesRunConfig {
  std::string title = "series of ptychographic data sets";
  std::int64_t seed = 1;
  imaging::PtychographyConfig ptychography;
  imaging::SimulatedPtychogramConfig simulation;
  LabelledDataConfig data;
  imaging::ObjectNetworkConfig network;
  imaging::ObjectTrainingConfig training;
  gate::GateConfig gate;
  SeriesConfig series;
  BaselineConfig compare;
  SeriesOutputConfig output;
  EnergyConfig energy;

  SeriesRunConfig();
  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::apps
