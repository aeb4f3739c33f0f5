#include "surrogates/imaging/object_record.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr char architecture[] = "architecture", parameters[] = "parameters";
constexpr int version = 1;  // of the groups and attributes

[[noreturn]] void no_words(const ConfigKey& key) {
  throw ConfigError("a model file keeps numbers, '" + key.name + "' is words", std::string("group ") + architecture);
}

// What neither direction has: sections and lists of them.
class FlatVisitor : public ConfigVisitor {
 public:
  using ConfigVisitor::value;
  void value(const ConfigKey& key, std::string&) override { no_words(key); }
  void value(const ConfigKey& key, std::vector<std::string>&) override { no_words(key); }

 private:
  bool enter(const ConfigKey&) override { return false; }
  void leave() override {}
  std::size_t enter_list(const ConfigKey&, std::size_t) override { return 0; }
  void enter_item(const ConfigKey&, std::size_t) override {}
  void leave_list() override {}
};

std::string unit_of(const ConfigKey& key) { return key.unit.empty() ? "1" : key.unit; }

class FieldWriter final : public FlatVisitor {
 public:
  explicit FieldWriter(FieldSet& fields) : fields_(fields) {}
  using FlatVisitor::value;
  void value(const ConfigKey& key, bool& v) override { fields_.add_scalar(key.name, "1", std::int64_t{v}); }
  void value(const ConfigKey& key, int& v) override { fields_.add_scalar(key.name, unit_of(key), std::int64_t{v}); }
  void value(const ConfigKey& key, std::int64_t& v) override { fields_.add_scalar(key.name, unit_of(key), v); }
  void value(const ConfigKey& key, double& v) override { fields_.add_scalar(key.name, unit_of(key), v); }
  void value(const ConfigKey& key, std::vector<double>& v) override { list(key, v); }
  void value(const ConfigKey& key, std::vector<std::int64_t>& v) override { list(key, v); }

 private:
  template <class T>
  void list(const ConfigKey& key, const std::vector<T>& v) {
    fields_.add(key.name, unit_of(key), {static_cast<std::int64_t>(v.size())}, v);
  }
  FieldSet& fields_;
};

class FieldReader final : public FlatVisitor {
 public:
  explicit FieldReader(const FieldSet& fields) : fields_(fields) {}
  using FlatVisitor::value;
  void value(const ConfigKey& key, bool& v) override { v = fields_.integer_scalar(key.name) != 0; }
  void value(const ConfigKey& key, int& v) override {
    v = static_cast<int>(checked(key, fields_.integer_scalar(key.name)));
  }
  void value(const ConfigKey& key, std::int64_t& v) override { v = checked(key, fields_.integer_scalar(key.name)); }
  void value(const ConfigKey& key, double& v) override { v = checked(key, fields_.real_scalar(key.name)); }
  void value(const ConfigKey& key, std::vector<double>& v) override { v = list(key, fields_.real(key.name)); }
  void value(const ConfigKey& key, std::vector<std::int64_t>& v) override { v = list(key, fields_.integer(key.name)); }

 private:
  // A damaged number must not become a million networks.
  template <class T>
  static T checked(const ConfigKey& key, T v) {
    const auto number = static_cast<double>(v);
    if (!(number >= key.range.low && number <= key.range.high))
      throw ConfigError(fmt::format("{} is {}, expected {} … {}", key.name, v, key.range.low, key.range.high),
                        std::string("group ") + architecture, "the model file is damaged");
    return v;
  }
  template <class T>
  static std::vector<T> list(const ConfigKey& key, const std::vector<T>& v) {
    for (const T& one : v) checked(key, one);
    return v;
  }
  const FieldSet& fields_;
};

const FieldSet& group(const ObjectModelRecord& record, const std::string& name) {
  const auto found = record.groups.find(name);
  if (found == record.groups.end())
    throw ConfigError("the model has no group '" + name + "'", "", "is this the file of an object network?");
  return found->second;
}

std::string attribute(const ObjectModelRecord& record, const std::string& name) {
  const auto found = record.attributes.find(name);
  return found == record.attributes.end() ? "" : found->second;
}

const std::vector<double>& member_parameters(const ObjectModelRecord& record, int stage, int member,
                                             std::size_t expected) {
  const std::string where = "group " + member_group(stage, member);
  const std::vector<double>& p = group(record, member_group(stage, member)).real(parameters);
  if (p.size() != expected)
    throw ConfigError(fmt::format("found {} parameters, a network of this architecture has {}", p.size(), expected),
                      where, "the file is damaged, or of another version of Locum");
  for (std::size_t k = 0; k < p.size(); ++k)
    if (!std::isfinite(p[k])) throw ConfigError(fmt::format("parameter {} is {}", k, p[k]), where, "train it anew");
  return p;
}

}  // namespace

std::string member_group(int stage, int member) { return fmt::format("network.stage{}.member{}", stage, member); }

ObjectModelRecord object_model_record(const ObjectCascade& cascade,
                                      const std::map<std::string, std::string>& provenance) {
  ObjectModelRecord record;
  record.attributes = provenance;
  record.attributes["kind"] = object_model_kind;
  record.attributes["version"] = fmt::format("{}", version);
  record.attributes["step"] = "ptychography";
  record.attributes["units"] = "Angstrom, keV, counts, rad";
  ObjectNetworkConfig config = cascade.config();
  FieldWriter writer(record.groups[architecture]);
  config.visit(writer);
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

ObjectNetworkConfig object_network_config(const ObjectModelRecord& record) {
  if (attribute(record, "kind") != object_model_kind)
    throw ConfigError(
        fmt::format("the model is of the kind '{}', '{}' was expected", attribute(record, "kind"), object_model_kind),
        "attribute 'kind'", "give the model file that `locum learn` wrote for ptychography");
  if (attribute(record, "version") != fmt::format("{}", version))
    throw ConfigError(
        fmt::format("the model is of version '{}', this Locum reads {}", attribute(record, "version"), version),
        "attribute 'version'", "a newer Locum reads it");
  ObjectNetworkConfig config;
  FieldReader reader(group(record, architecture));
  config.visit(reader);
  config.validate();
  return config;
}

std::shared_ptr<ObjectCascade> cascade_from_record(const ExecutionSpace& space, const ObjectModelRecord& record) {
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
