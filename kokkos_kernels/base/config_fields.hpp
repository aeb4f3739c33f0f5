// A struct of configuration as fields: every number under its key's name, in either direction. For files that keep
// numbers, such as models.
#pragma once

#include <memory>
#include <string>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum {

// config.visit(*…) adds a field for each key. Words throw ConfigError; sections are left out.
std::unique_ptr<ConfigVisitor> config_to_fields(FieldSet& fields);

// config.visit(*…) sets each key from the field of its name. ConfigError, at `where`, for a field that is missing, of
// another type, or outside the range that its key declares. The fields must outlive the visitor.
std::unique_ptr<ConfigVisitor> config_from_fields(const FieldSet& fields, const std::string& where);

}  // namespace locum
