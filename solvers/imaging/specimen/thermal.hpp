// Thermal motion as Einstein saw it: every atom swings by itself, its displacement along each axis a normal number.
//
// Frozen phonons (Loane, Xu & Silcox, Acta Cryst. A47, 267 (1991)) average images over such snapshots. Three numbers
// are in use for one thing, per atom and along one axis:
//   √⟨u_x²⟩  root mean square displacement, Å     (what Specimen::rms_displacement holds; abTEM's sigma, Prismatic's u)
//   U_iso = ⟨u_x²⟩, Å²                             (CIF: _atom_site_U_iso_or_equiv)
//   B = 8π² ⟨u_x²⟩, Å²                             (CIF: _atom_site_B_iso_or_equiv)
// In the form exp(−B k²/4) of the Debye–Waller factor of an amplitude, k in cycles per Å. The displacement's length in
// space is √3 times as large: √⟨u²⟩ = √(3 ⟨u_x²⟩), which some tables list; it is not accepted here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "solvers/api/specimen.hpp"

namespace locum::imaging {

double rms_from_b(double b);      // √(B / 8π²), Å
double b_from_rms(double rms);    // 8π² rms², Å²
double rms_from_u_iso(double u);  // √U_iso, Å
double u_iso_from_rms(double rms);

struct ThermalConfig {
  std::string quantity = "rms_displacement";  // of `values`: rms_displacement (Å), u_iso (Å²) or b_iso (Å²)
  std::vector<std::string> elements;          // symbols; empty: the specimen's own displacements are kept
  std::vector<double> values;                 // one an element

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Gives each atom the displacement of its element. Elements that are not listed keep what they have; one that has
// nothing is a ConfigError that names it.
void set_rms_displacement(Specimen& specimen, const ThermalConfig& config);

// The snapshot `configuration`: every atom displaced by normal numbers of (seed, atom's index, configuration), whoever
// asks, in whatever order. Positions are wrapped across the beam, and kept along it: an atom may leave 0 … lz by a few
// tenths of an Å, and the potential counts what is above or below to the first and the last slice. Throws ConfigError
// where the specimen knows no displacements.
Specimen displaced(const Specimen& specimen, std::uint64_t seed, std::int64_t configuration);

// Coordinates across the beam brought into [0, lx) × [0, ly); z is left as it is.
void wrap_across(Specimen& specimen);

}  // namespace locum::imaging
