// What a CIF says of a structure, before anything is made of it. Apart from io/atoms/cif.cpp because gemmi is beyond
// nvcc's front end, and Kokkos' headers, which vectors and cells need, are for nvcc alone in a build for CUDA.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace locum::io {

using CifOperation = std::array<std::array<double, 4>, 3>;  // x' = W x + w, the last column is w

struct CifSite {
  std::string label;
  int atomic_number = 0;
  std::array<double, 3> place{};  // fractional, as printed
  double occupancy = 1.0;
  std::optional<double> u;                           // U_iso, Å²; from B_iso where the file has that
  std::optional<std::array<double, 6>> anisotropic;  // U_11, U_22, U_33, U_12, U_13, U_23, Å²; where there is no U_iso
};

struct CifStructure {
  std::string name, where;               // the block; for messages
  std::array<double, 3> length, angle;   // Å, degrees
  std::vector<CifOperation> operations;  // one at least
  std::vector<CifSite> sites;            // not those of no occupancy
};

// Errors as parse_cif() in io/atoms/cif.hpp.
CifStructure read_cif_structure(const std::string& text, const std::string& name, const std::string& block);

}  // namespace locum::io
