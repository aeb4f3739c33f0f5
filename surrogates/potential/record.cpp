// A potential as a file keeps it.
#include "kokkos_kernels/base/config_fields.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {
namespace {

constexpr char not_ours[] = "is this the file of a neural potential?";

}  // namespace

FieldTree NeuralPotential::record() const {
  FieldTree record;
  record.attributes = provenance;
  record.attributes["kind"] = "neural potential";
  record.attributes["version"] = "1";
  record.attributes["units"] = "Angstrom, eV";
  record.attributes["step"] = "atomistic";
  record.attributes["inference_precision"] = name_of(precision);
  PotentialConfig copy = config_;
  copy.visit(*config_to_fields(record.groups["architecture"]));
  FieldSet& range = record.groups["range"];
  range.add("elements", "1", {static_cast<std::int64_t>(elements_.size())},
            std::vector<std::int64_t>(elements_.begin(), elements_.end()));
  range.add_scalar("min_distance", "Angstrom", min_distance);
  range.add_scalar("default_core", "Angstrom", default_core);
  range.add_scalar("min_energy", "eV", min_energy);
  range.add_scalar("max_energy", "eV", max_energy);
  range.add_scalar("use_network", "1", std::int64_t{use_network});
  if (!kept_.empty())
    range.add("kept_invariants", "1", {static_cast<std::int64_t>(kept_.size())},
              std::vector<std::int64_t>(kept_.begin(), kept_.end()));
  FieldSet& calibration = record.groups["calibration"];
  calibration.add_scalar("floor", "eV/Angstrom", score.floor);
  calibration.add_scalar("spread", "1/Angstrom", score.spread);
  calibration.add_scalar("distance", "eV/Angstrom", score.distance);
  calibration.add_scalar("frame", "eV/Angstrom", score.frame);
  const std::int64_t M = invariants_.count, d = config_.components, C = config_.members;
  for (std::size_t s = 0; s < elements_.size(); ++s) {
    const SpeciesParameters& p = species_[s];
    FieldSet& fields = record.groups["species_" + element_symbol(elements_[s])];
    fields.add_scalar("constant", "eV", p.constant);
    fields.add("linear", "eV", {M}, p.linear);
    fields.add("mean", "1", {M}, p.mean);
    fields.add("scale", "1", {M}, p.scale);
    fields.add("projection", "1", {M, d}, p.projection);
    fields.add("center", "1", {d}, p.center);
    fields.add("metric", "1", {d, d}, p.metric);
    fields.add("frame_center", "1", {d}, p.frame_center);
    fields.add("frame_metric", "1", {d}, p.frame_metric);
    fields.add("network", "1", {C, network_size(config_.components, config_.hidden)}, p.network);
    if (!p.spread_head.empty()) fields.add("spread_head", "1", {config_.hidden + 1}, p.spread_head);
  }
  return record;
}

std::shared_ptr<NeuralPotential> NeuralPotential::from_record(const FieldTree& record) {
  if (record.attribute("kind") != "neural potential")
    throw ConfigError("the model is no neural potential", "attribute 'kind'",
                      "give the model file that `locum train` wrote");
  PotentialConfig config;
  config.visit(*config_from_fields(record.group("architecture", not_ours), "group architecture"));
  const FieldSet& range = record.group("range", not_ours);
  const auto& elements = range.integer("elements");
  std::vector<int> kept;  // files of unpruned potentials do not say
  if (range.has("kept_invariants"))
    kept.assign(range.integer("kept_invariants").begin(), range.integer("kept_invariants").end());
  auto potential = std::make_shared<NeuralPotential>(config, std::vector<int>(elements.begin(), elements.end()), kept);
  potential->min_distance = range.real_scalar("min_distance");
  potential->default_core = range.real_scalar("default_core");
  potential->min_energy = range.real_scalar("min_energy");
  potential->max_energy = range.real_scalar("max_energy");
  potential->use_network = range.integer_scalar("use_network") != 0;
  const FieldSet& calibration = record.group("calibration", not_ours);
  potential->score = {calibration.real_scalar("floor"), calibration.real_scalar("spread"),
                      calibration.real_scalar("distance"), calibration.real_scalar("frame")};
  for (std::size_t s = 0; s < potential->elements_.size(); ++s) {
    const FieldSet& fields = record.group("species_" + element_symbol(potential->elements_[s]), not_ours);
    SpeciesParameters& p = potential->species_[s];
    p.constant = fields.real_scalar("constant");
    p.linear = fields.real("linear");
    p.mean = fields.real("mean");
    p.scale = fields.real("scale");
    p.projection = fields.real("projection");
    p.center = fields.real("center");
    p.metric = fields.real("metric");
    p.frame_center = fields.real("frame_center");
    p.frame_metric = fields.real("frame_metric");
    p.network = fields.real("network");
    if (fields.has("spread_head")) p.spread_head = fields.real("spread_head");
  }
  // Files from before there was a choice have none.
  if (const auto word = record.attributes.find("inference_precision"); word != record.attributes.end())
    potential->precision = precision_of(word->second, "attribute 'inference_precision'");
  potential->provenance = record.attributes;
  potential->upload();
  return potential;
}

}  // namespace locum::potential
