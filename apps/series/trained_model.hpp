// model.h5: networks that a run trained, with their calibration and the experiment that they know. Another run of the
// same experiment begins with them instead of data and training.
#pragma once

#include <memory>
#include <optional>

#include "apps/series/held_out.hpp"
#include "apps/series/series_config.hpp"
#include "io/tree.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "surrogates/imaging/object_cascade.hpp"

namespace locum::apps {

// What networks took before they could answer, s of the slowest rank.
struct TrainingPrice {
  double data = 0.0;      // what they first learned from
  double training = 0.0;  // all of it, in the run's series too, whose labels were its production
};

// The networks' layers and parameters, what was done before and after them, calibration, experiment (frame, pixel,
// probe, tile), and where all came from.
io::Tree object_model(const SeriesRunConfig& config, const imaging::ObjectCascade& cascade,
                      const HeldOutErrors& held_out, std::int64_t data_sets, const TrainingPrice& price);

struct TrainedModel {
  std::shared_ptr<const imaging::ObjectCascade> cascade;
  HeldOutErrors held_out;
  std::optional<TrainingPrice> price;  // none: the file was written when models did not say
};

// The model of `config.series.model`. Throws IoError for a file that is missing or damaged, ConfigError for one of
// another kind, and for a model of another experiment than [simulation] (frames of another size, a pixel more than 1 %
// off, another probe) or of other tiles, for which its calibration says nothing, and for a price that is no time.
// Collective.
TrainedModel read_trained_model(const Context& context, const SeriesRunConfig& config);

}  // namespace locum::apps
