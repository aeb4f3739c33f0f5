#include "surrogates/potential/learner_state.hpp"

namespace locum::potential {

void merge_fields(const std::string& prefix, const FieldSet& from, FieldSet& to) {
  for (const auto& [name, field] : from.fields())
    std::visit([&](const auto& values) { to.add(prefix + name, field.unit, field.shape, values); }, field.values);
}

FieldSet fields_with(const std::string& prefix, const FieldSet& from) {
  FieldSet part;
  for (const auto& [name, field] : from.fields())
    if (name.compare(0, prefix.size(), prefix) == 0)
      std::visit([&](const auto& values) { part.add(name.substr(prefix.size()), field.unit, field.shape, values); },
                 field.values);
  return part;
}

}  // namespace locum::potential
