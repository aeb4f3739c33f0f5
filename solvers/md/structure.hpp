// Where atoms are at the start: a lattice, or a cell that somebody else read from a file; replication, strain, random
// displacement, thermal velocities. All on the host, the same on every rank; atoms are numbered (id 0 …) in the order
// of the arrays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/field_set.hpp"
#include "kokkos_kernels/base/registry.hpp"

namespace locum::md {

struct Structure {
  Cell cell;
  std::vector<Vec3> position;  // Å
  std::vector<Vec3> velocity;  // Å/fs; empty where none are known
  std::vector<int> atomic_number;

  std::int64_t size() const { return static_cast<std::int64_t>(position.size()); }
  // Throws ConfigError where arrays do not fit each other, an element is unknown or a number is not finite.
  void validate() const;
};

struct StructureConfig {
  std::string file;         // its atoms instead of a lattice's; read by whoever may (solvers know no formats)
  std::int64_t frame = -1;  // of the file; −1: the last
  std::string lattice = "diamond";
  std::string element = "Si";
  double lattice_constant = 5.431;                  // Å, of the cubic cell
  std::vector<std::int64_t> replicate = {1, 1, 1};  // cells along each vector
  double displacement = 0.0;                        // Å, standard deviation of each coordinate
  std::vector<double> strain = {};                  // none, 6 numbers (Voigt) or 9 (row-major tensor)

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// Lattices by name: fractional positions of the atoms of the cubic cell.
const Registry<std::vector<Vec3>>& lattices();

// The atoms of one cell, replicated → strained (r → r (1 + strain)) → displaced (normal numbers of seed and id). Copies
// of the cell follow each other, the last vector's index fastest; velocities, where known, are copied unchanged.
Structure build_structure(const Structure& cell, const StructureConfig& config, std::uint64_t seed);

// The same of the configuration's lattice. Throws ConfigError where the configuration names a file.
Structure make_structure(const StructureConfig& config, std::uint64_t seed);

// Fields as Atomistic::label names them: cell (3,3), position (n,3), atomic_number (n), and velocity (n,3) if there.
Structure structure_from_fields(const FieldSet& fields);

// Maxwell–Boltzmann velocities at `temperature`, K: normal numbers of seed and id, without motion of the centre of mass
// (unless there is one atom only). degrees_of_freedom > 0: scaled so that 2 E_kin / (k_B degrees_of_freedom) is the
// temperature exactly; 0: left as drawn.
void set_velocities(Structure& structure, double temperature, std::uint64_t seed, std::int64_t degrees_of_freedom);

// Takes the motion of the centre of mass from the velocities.
void remove_momentum(Structure& structure);

}  // namespace locum::md
