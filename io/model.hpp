// A trained surrogate in a file: whatever groups its state is made of, and texts about where it comes from.
#pragma once

#include <string>

#include "io/tree.hpp"

namespace locum::io {

// Both collective; see io/tree.hpp. Format "locum-model", version 1.
void write_model(const Communicator& comm, const std::string& path, const Tree& model);
Tree read_model(const Communicator& comm, const std::string& path);

}  // namespace locum::io
