// A potential as a file keeps it.
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/potential/neural_potential.hpp"

namespace locum::potential {
namespace {

// Every number of a config struct as a field of its own name, in either direction.
class FieldWriter final : public ConfigVisitor {
 public:
  explicit FieldWriter(FieldSet& fields) : fields_(fields) {}
  void value(const ConfigKey& key, bool& v) override { fields_.add_scalar(key.name, "1", std::int64_t{v}); }
  void value(const ConfigKey& key, int& v) override { fields_.add_scalar(key.name, "1", std::int64_t{v}); }
  void value(const ConfigKey& key, std::int64_t& v) override { fields_.add_scalar(key.name, "1", v); }
  void value(const ConfigKey& key, double& v) override {
    fields_.add_scalar(key.name, key.unit.empty() ? "1" : key.unit, v);
  }
  void value(const ConfigKey&, std::string&) override {}
  void value(const ConfigKey&, std::vector<double>&) override {}
  void value(const ConfigKey&, std::vector<std::int64_t>&) override {}
  void value(const ConfigKey&, std::vector<std::string>&) override {}

 private:
  bool enter(const ConfigKey&) override { return false; }
  void leave() override {}
  std::size_t enter_list(const ConfigKey&, std::size_t) override { return 0; }
  void enter_item(const ConfigKey&, std::size_t) override {}
  void leave_list() override {}
  FieldSet& fields_;
};

class FieldReader final : public ConfigVisitor {
 public:
  explicit FieldReader(const FieldSet& fields) : fields_(fields) {}
  void value(const ConfigKey& key, bool& v) override { v = fields_.integer_scalar(key.name) != 0; }
  void value(const ConfigKey& key, int& v) override { v = static_cast<int>(fields_.integer_scalar(key.name)); }
  void value(const ConfigKey& key, std::int64_t& v) override { v = fields_.integer_scalar(key.name); }
  void value(const ConfigKey& key, double& v) override { v = fields_.real_scalar(key.name); }
  void value(const ConfigKey&, std::string&) override {}
  void value(const ConfigKey&, std::vector<double>&) override {}
  void value(const ConfigKey&, std::vector<std::int64_t>&) override {}
  void value(const ConfigKey&, std::vector<std::string>&) override {}

 private:
  bool enter(const ConfigKey&) override { return false; }
  void leave() override {}
  std::size_t enter_list(const ConfigKey&, std::size_t) override { return 0; }
  void enter_item(const ConfigKey&, std::size_t) override {}
  void leave_list() override {}
  const FieldSet& fields_;
};

const FieldSet& group(const PotentialRecord& record, const std::string& name) {
  const auto found = record.groups.find(name);
  if (found == record.groups.end())
    throw ConfigError("the model has no group '" + name + "'", "", "is this the file of a neural potential?");
  return found->second;
}

}  // namespace

PotentialRecord NeuralPotential::record() const {
  PotentialRecord record;
  record.attributes = provenance;
  record.attributes["kind"] = "neural potential";
  record.attributes["version"] = "1";
  record.attributes["units"] = "Angstrom, eV";
  record.attributes["step"] = "atomistic";
  record.attributes["inference_precision"] = name_of(precision);
  PotentialConfig copy = config_;
  FieldWriter writer(record.groups["architecture"]);
  copy.visit(writer);
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

std::shared_ptr<NeuralPotential> NeuralPotential::from_record(const PotentialRecord& record) {
  const auto kind = record.attributes.find("kind");
  if (kind == record.attributes.end() || kind->second != "neural potential")
    throw ConfigError("the model is no neural potential", "attribute 'kind'",
                      "give the model file that `locum train` wrote");
  PotentialConfig config;
  FieldReader reader(group(record, "architecture"));
  config.visit(reader);
  const FieldSet& range = group(record, "range");
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
  const FieldSet& calibration = group(record, "calibration");
  potential->score = {calibration.real_scalar("floor"), calibration.real_scalar("spread"),
                      calibration.real_scalar("distance"), calibration.real_scalar("frame")};
  for (std::size_t s = 0; s < potential->elements_.size(); ++s) {
    const FieldSet& fields = group(record, "species_" + element_symbol(potential->elements_[s]));
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
