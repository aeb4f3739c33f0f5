#include "kokkos_kernels/base/field_tree.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum {

const FieldSet& FieldTree::group(const std::string& name, const std::string& hint) const {
  const auto found = groups.find(name);
  if (found == groups.end()) throw ConfigError("there is no group '" + name + "'", "", hint);
  return found->second;
}

std::string FieldTree::attribute(const std::string& name) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? "" : found->second;
}

}  // namespace locum
