// Crystals by name or from a file, turned so that a zone axis runs along the beam, as a specimen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/config.hpp"
#include "solvers/api/specimen.hpp"
#include "solvers/imaging/specimen/crystal_cell.hpp"

namespace locum::imaging {

// One cell: what a CIF file holds after its symmetry has been applied.
struct Crystal {
  Cell cell;                             // rows are a, b, c, Å
  std::vector<Vec3> fractional;          // of each atom
  std::vector<int> atomic_number;        // one an atom
  std::vector<double> rms_displacement;  // √⟨u_x²⟩, Å, one an atom; empty: none known

  // Throws ConfigError where arrays do not fit each other, there is no atom, or two of them share a place.
  void validate() const;
};

// diamond, fcc, bcc, sc (one element), zincblende, rocksalt, caesium_chloride (two), perovskite (three: corner, centre,
// faces).
std::vector<std::string> prototype_names();

// The cubic cell of a prototype with edge `lattice_constant`, Å. Throws ConfigError for an unknown name, or another
// number of elements than the prototype has.
Crystal prototype(const std::string& name, const std::vector<std::string>& elements, double lattice_constant);

struct CrystalConfig {
  std::string prototype = "diamond";                // where no file gives the cell
  std::vector<std::string> elements = {"Si"};       // one for each kind of site
  double lattice_constant = 5.431;                  // Å
  std::vector<std::int64_t> zone_axis = {0, 0, 1};  // [u v w] along the beam, in units of a, b, c
  std::vector<std::int64_t> x_direction;            // [u v w] along x; empty: as orthogonal_cell chooses
  std::vector<double> size = {20.0, 20.0, 20.0};    // Å, at least, along x, y and the beam
  std::vector<std::int64_t> repeat;                 // cells along each instead of a size; empty: by size
  double strain_tolerance = 1e-3;                   // by which the cell may be sheared to be orthogonal

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// The crystal with config.zone_axis along the beam: the orthogonal cell (crystal_cell.hpp) repeated. The first plane of
// atoms may lie at z = 0 exactly. Throws ConfigError as orthogonal_cell does.
Specimen oriented(const Crystal& crystal, const CrystalConfig& config);

// The same of config's prototype.
Specimen oriented(const CrystalConfig& config);

}  // namespace locum::imaging
