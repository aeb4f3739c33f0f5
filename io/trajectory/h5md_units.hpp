// Units as the H5MD module `units` writes them: factors with powers, "Angstrom fs-1", "kJ mol-1 Angstrom-1".
#pragma once

#include <string>

namespace locum::io {

// The value of one `unit` in Locum's system (Å, eV, fs, u, K, e). Throws IoError for a factor that is not known.
double h5md_unit(const std::string& unit, const std::string& where);

// What MDAnalysis reads right: it knows no eV/Å, and takes Å/fs for 10⁻⁶ of what it is (its 2.4 at least).
inline constexpr const char* h5md_force_unit = "kJ mol-1 Angstrom-1";
inline constexpr const char* h5md_velocity_unit = "Angstrom ps-1";

}  // namespace locum::io
