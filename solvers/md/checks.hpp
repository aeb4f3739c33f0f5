// Errors that one rank sees and all ranks must raise.
#pragma once

#include <string>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::md {

// Where any rank has a text, throws a NumericalError with that of the first such rank, on every rank. Collective.
void throw_together(const Communicator& comm, const std::string& text, const std::string& where,
                    const std::string& hint);

// "(1.25, 0, -3.5)"
std::string text_of(Vec3 a);
std::string text_of(double a);

}  // namespace locum::md
