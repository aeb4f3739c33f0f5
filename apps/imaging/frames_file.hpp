// Boxes of atoms from any file that holds them: H5MD, extended XYZ, LAMMPS dumps.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum::apps {

struct FramesFile {
  std::int64_t count = 0;
  // Frame k = 0 … count − 1 with cell, atomic_number, position, and pbc where it is not periodic along all vectors.
  // Each rank by itself; only this frame is read, but of extended XYZ, which is read whole.
  std::function<FieldSet(std::int64_t)> get;
};

// By the name's ending: .xyz and .extxyz; .h5, .h5md and .hdf5; else a LAMMPS dump. types: of LAMMPS. Throws IoError
// and ConfigError as the readers do. Collective.
FramesFile open_frames(const Context& context, const std::string& path, const std::vector<std::string>& types);

// The frames that `wanted` (one; first, last; first, last, every; −1 is the last, −2 the one before) names. Throws
// ConfigError where there is none such: it names the last one that is there.
std::vector<std::int64_t> chosen_frames(const std::vector<std::int64_t>& wanted, std::int64_t count,
                                        const std::string& path);

}  // namespace locum::apps
