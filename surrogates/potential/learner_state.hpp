// Field sets within field sets, by prefix.
#pragma once

#include <string>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::potential {

// Adds every field of `from` as prefix + name.
void merge_fields(const std::string& prefix, const FieldSet& from, FieldSet& to);
// The fields whose name starts with prefix, without it.
FieldSet fields_with(const std::string& prefix, const FieldSet& from);

}  // namespace locum::potential
