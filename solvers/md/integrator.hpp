// Velocity Verlet, with room for a stochastic kick between two half drifts.
//
// One timestep is B A O A B: half kick, half drift, Ornstein–Uhlenbeck, half drift, [forces], half kick (Leimkuhler &
// Matthews, Appl. Math. Res. Express 2013, 34; J. Chem. Phys. 138, 174102 (2013)). Without O it is velocity Verlet
// (Swope et al., J. Chem. Phys. 76, 637 (1982)), time reversible and symplectic.
#pragma once

#include <cstdint>

#include "solvers/api/atomistic.hpp"
#include "solvers/md/domain.hpp"

namespace locum::md {

// v ← keep v + √((1 − keep²) kT / m) R, exact for the Ornstein–Uhlenbeck process; R: normal numbers of (seed, id,
// timestep).
struct OrnsteinUhlenbeck {
  bool on = false;
  double keep = 1.0;  // exp(−friction · timestep)
  double kt = 0.0;    // eV
  std::uint64_t seed = 0;
  std::int64_t timestep = 0;
};

// Of this rank's atoms; a number that is not finite counts as infinite.
struct DriftReport {
  double largest_move2 = 0.0;          // in this timestep, Å²
  double largest_displacement2 = 0.0;  // since the last rebuild, Å²
  double heat = 0.0;                   // kinetic energy that O brought in, eV
};

// B A O A. dt: fs.
DriftReport kick_and_drift(const ExecutionSpace& space, double dt, const OrnsteinUhlenbeck& noise,
                           const Configuration& configuration, const AtomisticResult& result, const OwnedAtoms& owned);

// Of this rank's atoms.
struct KickReport {
  double kinetic[6] = {0, 0, 0, 0, 0, 0};  // Σ m v v, eV: xx yy zz yz xz xy
  double bad_forces = 0.0;                 // number of atoms whose force is not finite
};

// The last B, and the sums over the new velocities. dt = 0: sums only.
KickReport kick(const ExecutionSpace& space, double dt, const Configuration& configuration,
                const AtomisticResult& result, const OwnedAtoms& owned);

// v ← factor v
void scale_velocities(const ExecutionSpace& space, double factor, int n_local, const View<double* [3]>& velocity);

}  // namespace locum::md
