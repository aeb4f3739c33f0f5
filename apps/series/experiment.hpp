// Data sets of one experiment, by number: simulated ones and those of files.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/series/series_config.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "surrogates/imaging/labelled_object.hpp"

namespace locum::apps {

struct SeriesSet {
  std::string name;                        // "set 3, natural", or the file
  bool other = false;                      // of another kind than what was learned
  Ptychogram data;                         // with tiles
  ObjectFunction truth;                    // empty: not known
  double wavelength = 0.0;                 // Å; 0: not known
  bool electrons = true;                   // else photons
  std::array<double, 2> origin{0.0, 0.0};  // Å, of the object's pixel [0][0] in the coordinates of positions
};

// Number `number` of the series. Simulated ones come after those that are learned from. Throws ConfigError for a file
// of another experiment: frames of another size, a pixel more than 1 % off, another probe; and what
// read_diffraction_data throws. Collective.
SeriesSet series_set(const Context& context, const SeriesRunConfig& config, std::int64_t number);

// What the files of the series say of themselves, before hours are spent on training: throws as series_set does for a
// file of another experiment, or none. Collective.
void check_files(const Context& context, const SeriesRunConfig& config);

// Frame, pixel and probe of the experiment of [simulation], one rank's.
Ptychogram experiment_geometry(const SeriesRunConfig& config);

// What a file, or a model, says of its experiment.
struct Optics {
  int nx = 0, ny = 0;
  double dx = 0.0, dy = 0.0;             // Å
  std::vector<Ptychogram::Value> probe;  // any scale; empty: not compared
};
// Throws ConfigError, naming file and hint, where that is another experiment than [simulation]: see series_set().
void check_experiment(const SeriesRunConfig& config, Optics found, const std::string& file, const std::string& hint);

struct TrainingData {
  std::vector<imaging::LabelledObject> sets;  // each of one rank, the same on all; not all have a label
  double seconds = 0.0;                       // slowest rank
  std::int64_t open_labels = 0;               // new ones of the solver's that did not converge
};

// All that is learned from. Labels of the solver are made for all, or, where training.supervised is 0, for what is held
// out alone: the others' truth is then empty. keep: frames are made once and held on the node, else they are made as
// they are read. known: the solver's labels of an earlier session, in order, where labels are the solver's; may be
// fewer than the sets. after_round (collective) takes the number of labels so far and the sets; false ends it, with
// sets missing. Throws ConfigError where the data will not fit the memory. Collective.
TrainingData make_training_data(const Context& context, const SeriesRunConfig& config, bool keep,
                                const std::vector<ObjectFunction>& known,
                                const std::function<bool(std::size_t done, const TrainingData&)>& after_round);

}  // namespace locum::apps
