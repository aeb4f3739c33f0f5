// One frame of a text dump of LAMMPS, as io/atoms/lammps_dump.hpp gives it.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum::io {

// From the stream's place, which is behind `line` lines of the file `name`. elements: symbols of the types 1, 2, …;
// empty: the dump has a column element or mass. ConfigError with file and line for what is no frame.
FieldSet parse_lammps_frame(std::istream& in, const std::string& name, std::int64_t line,
                            const std::vector<std::string>& elements);

}  // namespace locum::io
