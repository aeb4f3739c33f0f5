#include "surrogates/imaging/object_record.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/config_fields.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr char architecture[] = "architecture", parameters[] = "parameters";
constexpr int version = 1;  // of the groups and attributes

constexpr char not_ours[] = "is this the file of an object network?";

const std::vector<double>& member_parameters(const FieldTree& record, int stage, int member, std::size_t expected) {
  const std::string where = "group " + member_group(stage, member);
  const std::vector<double>& p = record.group(member_group(stage, member), not_ours).real(parameters);
  if (p.size() != expected)
    throw ConfigError(fmt::format("found {} parameters, a network of this architecture has {}", p.size(), expected),
                      where, "the file is damaged, or of another version of Locum");
  for (std::size_t k = 0; k < p.size(); ++k)
    if (!std::isfinite(p[k])) throw ConfigError(fmt::format("parameter {} is {}", k, p[k]), where, "train it anew");
  return p;
}

}  // namespace

std::string member_group(int stage, int member) { return fmt::format("network.stage{}.member{}", stage, member); }

FieldTree object_model_record(const ObjectCascade& cascade, const std::map<std::string, std::string>& provenance) {
  FieldTree record;
  record.attributes = provenance;
  record.attributes["kind"] = object_model_kind;
  record.attributes["version"] = fmt::format("{}", version);
  record.attributes["step"] = "ptychography";
  record.attributes["units"] = "Angstrom, keV, counts, rad";
  ObjectNetworkConfig config = cascade.config();
  config.visit(*config_to_fields(record.groups[architecture]));
  for (int s = 0; s < config.stages; ++s) {
    const std::vector<double>& all = cascade.stage(s).parameters();
    const std::size_t size = cascade.stage(s).member_parameters();
    if (all.size() != size * static_cast<std::size_t>(config.members))
      throw ConfigError(fmt::format("stage {} has {} parameters, {} were expected", s, all.size(),
                                    size * static_cast<std::size_t>(config.members)),
                        "object_model_record", "train the networks before they are written");
    for (int m = 0; m < config.members; ++m) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(size) * m;
      record.groups[member_group(s, m)].add(parameters, "1", {static_cast<std::int64_t>(size)},
                                            std::vector<double>(from, from + static_cast<std::ptrdiff_t>(size)));
    }
  }
  return record;
}

ObjectNetworkConfig object_network_config(const FieldTree& record) {
  if (record.attribute("kind") != object_model_kind)
    throw ConfigError(
        fmt::format("the model is of the kind '{}', '{}' was expected", record.attribute("kind"), object_model_kind),
        "attribute 'kind'", "give the model file that `locum learn` wrote for ptychography");
  if (record.attribute("version") != fmt::format("{}", version))
    throw ConfigError(
        fmt::format("the model is of version '{}', this Locum reads {}", record.attribute("version"), version),
        "attribute 'version'", "a newer Locum reads it");
  ObjectNetworkConfig config;
  config.visit(*config_from_fields(record.group(architecture, not_ours), std::string("group ") + architecture));
  config.validate();
  return config;
}

std::shared_ptr<ObjectCascade> cascade_from_record(const ExecutionSpace& space, const FieldTree& record) {
  const ObjectNetworkConfig config = object_network_config(record);
  auto cascade = std::make_shared<ObjectCascade>(space, config);
  for (int s = 0; s < config.stages; ++s) {
    std::vector<double> all;
    for (int m = 0; m < config.members; ++m) {
      const auto& one = member_parameters(record, s, m, cascade->stage(s).member_parameters());
      all.insert(all.end(), one.begin(), one.end());
    }
    cascade->stage(s).set_parameters(std::move(all));
  }
  return cascade;
}

}  // namespace locum::imaging
