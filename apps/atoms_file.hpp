// Atoms from files: what `structure.file` names, as the start of a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "solvers/md/structure.hpp"

namespace locum::apps {

// Frames `first` … `last` (−1: the last one of the file) of an H5MD trajectory in the layout of Atomistic::label, with
// velocities where the file has them. Each rank by itself. Throws IoError for a damaged file, ConfigError for a frame
// that is not there or has no species.
std::vector<FieldSet> read_trajectory(const std::string& path, std::int64_t first, std::int64_t last);

// The structure that a run starts from: of config.file, or of the lattice. Collective over the context's communicator.
// Throws as read_trajectory and io::read_xyz, and ConfigError where the file has no periodic cell.
md::Structure load_structure(const Context& context, const md::StructureConfig& config);

}  // namespace locum::apps
