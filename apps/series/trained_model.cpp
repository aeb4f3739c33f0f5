#include "apps/series/trained_model.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

#include "apps/series/experiment.hpp"
#include "apps/series/set_record.hpp"
#include "apps/version.hpp"
#include "io/model.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "surrogates/imaging/object_record.hpp"

namespace locum::apps {
namespace {

constexpr char experiment_group[] = "experiment", calibration_group[] = "calibration", likelihood_name[] = "likelihood",
               training_seconds[] = "training_seconds", data_seconds[] = "training_data_seconds";

FieldSet experiment_fields(const SeriesRunConfig& config) {
  const Ptychogram expected = experiment_geometry(config);
  FieldSet fields;
  fields.add("frame", "pixel", {2}, std::vector<std::int64_t>{expected.nx, expected.ny});
  fields.add("pixel", "Angstrom", {2}, std::vector<double>{expected.dx, expected.dy});
  add_complex(fields, "probe", expected.probe);
  fields.add_scalar("tile", "pixel", std::int64_t{config.series.tile});
  return fields;
}

constexpr char hint[] = "give the model.h5 that `locum learn` wrote for ptychography";

void check(const SeriesRunConfig& config, const FieldSet& found) {
  const std::string& file = config.series.model;
  const auto& frame = found.integer("frame");
  const auto& pixel = found.real("pixel");
  check_experiment(config,
                   {static_cast<int>(frame.at(0)), static_cast<int>(frame.at(1)), pixel.at(0), pixel.at(1),
                    complex_field(found, "probe")},
                   file, "describe the model's experiment in [simulation], or leave series.model out to train anew");
  const std::int64_t tile = found.integer_scalar("tile");
  if (tile != config.series.tile)
    throw ConfigError(fmt::format("tiles of {} pixels, the model in {} was calibrated with tiles of {}",
                                  config.series.tile, file, tile),
                      "series.tile", "its bounds are promised for those alone");
}

// Networks learned what these passes leave, and bounds are promised for where they end.
void check_likelihood(const SeriesRunConfig& config, const FieldTree& model) {
  const auto found = model.attributes.find(likelihood_name);  // not there: written when there was but one
  const std::string by = found == model.attributes.end() ? "amplitude" : found->second;
  if (by != config.ptychography.likelihood)
    throw ConfigError(fmt::format("passes by the likelihood '{}', the model in {} learned with '{}'",
                                  config.ptychography.likelihood, config.series.model, by),
                      "ptychography.likelihood", "set it to that, or leave series.model out to train anew");
}

std::optional<double> seconds_of(const FieldTree& model, const char* name, const std::string& file) {
  const auto found = model.attributes.find(name);
  if (found == model.attributes.end()) return std::nullopt;
  const std::string& text = found->second;
  double seconds = 0.0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(seconds) || seconds < 0.0)
    throw ConfigError(fmt::format("{} is '{}', seconds were expected", name, text), file, hint);
  return seconds;
}

std::optional<TrainingPrice> price_of(const FieldTree& model, const std::string& file) {
  const auto data = seconds_of(model, data_seconds, file), training = seconds_of(model, training_seconds, file);
  if (!data || !training) return std::nullopt;
  return TrainingPrice{*data, *training};
}

}  // namespace

io::Tree object_model(const SeriesRunConfig& config, const imaging::ObjectCascade& cascade,
                      const HeldOutErrors& held_out, std::int64_t data_sets, const TrainingPrice& price) {
  SeriesRunConfig copy = config;
  FieldTree record = imaging::object_model_record(cascade, {{"program_version", version_line()},
                                                            {"input", io::to_toml(copy)},
                                                            {"training_data_sets", fmt::format("{}", data_sets)},
                                                            {data_seconds, fmt::format("{:.3f}", price.data)},
                                                            {training_seconds, fmt::format("{:.3f}", price.training)}});
  record.attributes[likelihood_name] = config.ptychography.likelihood;
  record.groups[calibration_group] = held_out.state();
  record.groups[experiment_group] = experiment_fields(config);
  return record;
}

TrainedModel read_trained_model(const Context& context, const SeriesRunConfig& config) {
  const std::string& file = config.series.model;
  const io::Tree tree = io::read_model(context.comm, file);
  TrainedModel model;
  together(context.comm, [&] {
    model.cascade = imaging::cascade_from_record(context.space, tree);
    model.held_out = HeldOutErrors::from_state(tree.group(calibration_group, hint));
    check(config, tree.group(experiment_group, hint));
    check_likelihood(config, tree);
    model.price = price_of(tree, file);
  });
  return model;
}

}  // namespace locum::apps
