// Field sets in an HDF5 file: what every rank knows (a tree), and what differs by rank (a checkpoint).
//
// Layout: the root's attributes `format`, `format_version`, and the caller's under /attributes; one HDF5 group a field
// set, one dataset a field, its unit in the attribute `unit`. A field set's group says how many fields it has
// (`fields`), so that an empty one survives and a missing field is noticed. Names may contain '/'.
#pragma once

#include <map>
#include <string>

#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_tree.hpp"

namespace locum::io {

using Tree = FieldTree;

// Writes the tree of rank 0 (others may pass an empty one) atomically. Collective; throws IoError on all ranks.
void write_tree(const Communicator& comm, const std::string& path, const Tree& tree, const std::string& format,
                int version);
// The tree, on every rank. IoError for a file that is missing, damaged, of another format, or of a version above
// `version`. Collective.
Tree read_tree(const Communicator& comm, const std::string& path, const std::string& format, int version = 1);

// The format that a file says it has; "" when it says none. Collective. Throws IoError when it is no HDF5 file.
std::string format_of(const Communicator& comm, const std::string& path);

namespace detail {

void write_header(Hdf5File& file, const std::string& format, int version,
                  const std::map<std::string, std::string>& attributes);
std::map<std::string, std::string> read_header(const Hdf5File& file, const std::string& format, int version);
void write_group(Hdf5File& file, const std::string& group, const FieldSet& fields);
// The field sets below `root`, by their path from there.
std::map<std::string, FieldSet> read_groups(const Hdf5File& file, const std::string& root);
// Paths from `root` of the groups that are field sets, and of the datasets of one.
std::vector<std::string> list_groups(const Hdf5File& file, const std::string& root);
std::vector<std::string> list_fields(const Hdf5File& file, const std::string& group);
std::uint64_t field_bytes(const FieldSet& fields);

}  // namespace detail

}  // namespace locum::io
