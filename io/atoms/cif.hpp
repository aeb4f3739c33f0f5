// Crystal structures from CIF (International Union of Crystallography, CIF 1.1 core dictionary), every atom of the
// cell.
//
// Thermal motion: U_iso is the mean square displacement along any one axis, ⟨u²⟩ in Å²; B_iso = 8π² ⟨u²⟩. So the rms
// displacement per axis is √U = √(B / 8π²), not √(3U), which is that in space. Of anisotropic U or B the mean over
// three perpendicular axes is taken (U_eq, IUCr: W. Fischer & E. Tillmanns, Acta Cryst. C44, 775 (1988), eq. 1).
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

struct Crystal {
  std::string name;              // of the data block
  Mat3 cell;                     // rows a, b, c, Å: a along x, b in the xy plane
  std::vector<Vec3> fractional;  // in [0, 1); sites of mixed occupancy stand at one place more than once
  std::vector<int> atomic_number;
  std::vector<double> occupancy;         // above 0 to 1
  std::vector<double> rms_displacement;  // Å per axis; empty where the file says nothing, 0 for an atom it leaves out
};

// The block of that name; with "" the only one that holds a structure. ConfigError with `name` (and the line where the
// syntax is broken) for everything that is no such file: says what was found and what was expected.
Crystal parse_cif(const std::string& text, const std::string& name, const std::string& block = "");
// Rank 0 reads, all ranks get the crystal. IoError when the file cannot be read. Collective.
Crystal read_cif(const Communicator& comm, const std::string& path, const std::string& block = "");

}  // namespace locum::io
