// Groups of fields and words about them: what a file of numbers holds, and what a model is kept as.
#pragma once

#include <map>
#include <string>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum {

struct FieldTree {
  std::map<std::string, FieldSet> groups;
  std::map<std::string, std::string> attributes;

  // Throws ConfigError, with the hint, for a group that is missing.
  const FieldSet& group(const std::string& name, const std::string& hint = "") const;
  // "" where there is none.
  std::string attribute(const std::string& name) const;
};

}  // namespace locum
