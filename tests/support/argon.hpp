// Solid argon under Lennard-Jones, small and shaken: what the tests of molecular dynamics run.
#pragma once

#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "solvers/md/simulation.hpp"
#include "tests/support/lennard_jones_step.hpp"

namespace locum::test {

// fcc, 4 n³ atoms; displacement: Å.
inline md::Structure argon(int n, double displacement = 0.1, std::vector<double> strain = {}) {
  md::StructureConfig config;
  config.lattice = "fcc";
  config.element = "Ar";
  config.lattice_constant = 5.26;
  config.replicate = {n, n, n};
  config.displacement = displacement;
  config.strain = std::move(strain);
  return md::make_structure(config, 17);
}

inline Context world_context(std::uint64_t seed = 3) {
  Context context;
  context.comm = Communicator::world();
  context.seed = seed;
  return context;
}

inline std::vector<double> positions_by_id(const md::Simulation& s) {
  return gather_by_id(s.configuration(), s.configuration().position);
}
inline std::vector<double> velocities_by_id(const md::Simulation& s) {
  return gather_by_id(s.configuration(), s.velocity());
}
inline std::vector<double> forces_by_id(const md::Simulation& s) {
  return gather_by_id(s.configuration(), s.result().force);
}

}  // namespace locum::test
