// Extended XYZ (github.com/libAtoms/extxyz) ↔ samples in the layout of Atomistic::label.
//
// Fields: position (n,3) Angstrom, atomic_number (n), and where the file has them cell (3,3) Angstrom, energy eV, force
// (n,3) eV/Angstrom, virial (3,3) eV. `forces` (ASE) and `force` (GPUMD) are both read; `stress` (eV/Å³) becomes virial
// = −stress · volume unless there is a virial. Other numbers in the comment become fields of their own, with the unit
// "unspecified" (scalars, vectors, (3,3) for nine numbers); so do other numeric columns, (n) or (n, width). Of words
// only config_type is kept, the frame's group by the custom of GAP and MACE: its bytes as integers, unit "utf-8". `pbc`
// is kept, as an integer (3), only where it is not T T T.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum::io {

// By the name: NAME.xyz or NAME.extxyz.
inline bool is_xyz(const std::string& path) { return path.ends_with(".xyz") || path.ends_with(".extxyz"); }
// ConfigError with `name`:line for everything that is no such file: says what was found and what was expected.
std::vector<FieldSet> parse_xyz(const std::string& text, const std::string& name);
// The field config_type as a word; "" without one.
std::string config_type(const FieldSet& sample);
// Rank 0 reads, all ranks get the samples. IoError when the file cannot be read. Collective.
std::vector<FieldSet> read_xyz(const Communicator& comm, const std::string& path);

// Numbers are written so that they read to the same values. Position and atomic_number must be there (ConfigError).
std::string to_xyz(const std::vector<FieldSet>& samples);
// Atomic; the samples of rank 0. Collective.
void write_xyz(const Communicator& comm, const std::string& path, const std::vector<FieldSet>& samples);

}  // namespace locum::io
