// The atomistic step: positions → energies, forces, virial. One sample is one configuration, spread over the ranks.
#pragma once

#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/neighbor/neighbor_list.hpp"
#include "solvers/api/ghost_exchange.hpp"
#include "solvers/api/step.hpp"

namespace locum {

// What this rank holds of a configuration: owned atoms first, then ghosts (periodic images and other ranks' atoms).
// Ghosts are placed at their image's position, so that position(j) − position(i) is the bond vector of a listed pair.
struct Configuration {
  Communicator comm = Communicator::self();
  Cell cell;
  std::int64_t n_global = 0;
  int n_local = 0, n_ghost = 0;
  std::int64_t timestep = 0;             // for messages
  View<double* [3]> position;            // (≥ n_local + n_ghost, 3), Å
  View<int*> atomic_number;              // (≥ n_local + n_ghost)
  View<std::int64_t*> id;                // (≥ n_local + n_ghost), 0 … n_global − 1; a ghost has its owner's
  NeighborList neighbors;                // of the owned atoms, at least as far as any step's cut-off
  const GhostExchange* ghosts = nullptr;
};

struct AtomisticResult {
  double energy = 0.0;          // eV, of all ranks; what the forces are the gradient of (Mermin free energy)
  Mat3 virial;                  // −∂E/∂strain, eV, of all ranks, symmetric; stress = −virial / volume
  View<double*> atom_energy;    // (≥ n_local), eV; sums to energy over ranks
  View<double* [3]> force;      // (≥ n_local + n_ghost, 3), eV/Å; final on owned atoms, undefined on ghosts
};

struct Atomistic {
  using Input = Configuration;
  using Output = AtomisticResult;
  static int samples(const Input&) { return 1; }
  static Output make_output(const Input& input);
  // Grows the views of `output` where the configuration has outgrown them.
  static void fit_output(const Input& input, Output& output);
  static void copy_sample(const Input& input, const Output& from, Output& to, int sample);
  static SampleError error(const Input& input, const Output& truth, const Output& answer, int sample);
  // Atoms in order of id, on every rank: cell (3,3), position (n,3), atomic_number (n), energy, force (n,3),
  // virial (3,3), timestep.
  static FieldSet label(const Input& input, const Output& output, int sample);
};

using AtomisticStep = Step<Atomistic>;
using AtomisticSurrogate = Surrogate<Atomistic>;

// A vector of each owned atom, gathered in order of id on every rank: (n_global × width) from view (≥ n_local, width).
std::vector<double> gather_by_id(const Configuration& configuration, const View<double* [3]>& values);
std::vector<double> gather_by_id(const Configuration& configuration, const View<double*>& values);
std::vector<std::int64_t> gather_by_id(const Configuration& configuration, const View<int*>& values);

}  // namespace locum
