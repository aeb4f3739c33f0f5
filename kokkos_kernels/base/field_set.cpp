#include "kokkos_kernels/base/field_set.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum {

std::int64_t Field::size() const {
  std::int64_t n = 1;
  for (auto extent : shape) n *= extent;
  return n;
}

void FieldSet::insert(const std::string& name, Field field) {
  const auto count = std::visit([](const auto& v) { return static_cast<std::int64_t>(v.size()); }, field.values);
  if (count != field.size())
    throw ConfigError("field '" + name + "' holds " + std::to_string(count) + " values, its shape asks for " +
                      std::to_string(field.size()));
  if (!fields_.emplace(name, std::move(field)).second) throw ConfigError("field '" + name + "' is given twice");
}

void FieldSet::add(const std::string& name, std::string unit, std::vector<std::int64_t> shape,
                   std::vector<double> values) {
  insert(name, {std::move(shape), std::move(unit), std::move(values)});
}

void FieldSet::add(const std::string& name, std::string unit, std::vector<std::int64_t> shape,
                   std::vector<std::int64_t> values) {
  insert(name, {std::move(shape), std::move(unit), std::move(values)});
}

void FieldSet::add_all(const FieldSet& from, const std::string& prefix) {
  for (const auto& [name, field] : from.fields_) insert(prefix + name, field);
}

FieldSet FieldSet::part(const std::string& prefix) const {
  FieldSet part;
  for (const auto& [name, field] : fields_)
    if (name.starts_with(prefix)) part.insert(name.substr(prefix.size()), field);
  return part;
}

const Field& FieldSet::at(const std::string& name) const {
  const auto found = fields_.find(name);
  if (found != fields_.end()) return found->second;
  std::string known;
  for (const auto& entry : fields_) known += (known.empty() ? "" : ", ") + entry.first;
  throw ConfigError("there is no field '" + name + "'", "", "known fields: " + known);
}

const std::vector<double>& FieldSet::real(const std::string& name) const {
  if (const auto* values = std::get_if<std::vector<double>>(&at(name).values)) return *values;
  throw ConfigError("field '" + name + "' holds integers, real numbers were expected");
}

const std::vector<std::int64_t>& FieldSet::integer(const std::string& name) const {
  if (const auto* values = std::get_if<std::vector<std::int64_t>>(&at(name).values)) return *values;
  throw ConfigError("field '" + name + "' holds real numbers, integers were expected");
}

}  // namespace locum
