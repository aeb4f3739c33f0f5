// Energies of crystals under tight binding, for the tests of published values.
#pragma once

#include "kokkos_kernels/base/units.hpp"
#include "solvers/quantum/tight_binding.hpp"
#include "tests/unit/solvers/quantum/periodic_configuration.hpp"

namespace locum::testing {

struct Answer {
  double energy;              // eV
  Mat3 virial;                // eV
  std::vector<double> force;  // by id, eV/Å
  std::vector<double> atom_energy;
};

inline Answer evaluate(quantum::TightBinding& step, const Communicator& comm, const Atoms& atoms) {
  const Configuration configuration = make_configuration(comm, atoms, step.cutoff() + 1e-6);
  AtomisticResult result = Atomistic::make_output(configuration);
  const int first = 0;
  step.evaluate(configuration, std::span<const int>(&first, 1), result);
  return {result.energy, result.virial, gather_by_id(configuration, result.force),
          gather_by_id(configuration, result.atom_energy)};
}

}  // namespace locum::testing
