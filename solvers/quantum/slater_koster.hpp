// Two-centre integrals between sp³ orbitals (s, px, py, pz) of two atoms: J. C. Slater and G. F. Koster, Phys. Rev. 94,
// 1498 (1954), table I. With l the unit vector from the first atom to the second,
//
//   ⟨s|H|s⟩ = ssσ    ⟨s|H|p_b⟩ = l_b spσ    ⟨p_a|H|s⟩ = −l_a spσ    ⟨p_a|H|p_b⟩ = l_a l_b (ppσ − ppπ) + δ_ab ppπ
#pragma once

#include "kokkos_kernels/base/cell.hpp"
#include "solvers/quantum/models.hpp"

namespace locum::quantum {

// Radial functions of one bond: value and slope of each channel.
struct BondIntegrals {
  double value[channel_count], slope[channel_count];
};

// block[4 a + b] = ⟨a on the first atom|H|b on the second⟩, eV.
KOKKOS_INLINE_FUNCTION void slater_koster_block(const double* v, Vec3 l, double* block) {
  block[0] = v[ss_sigma];
  for (int a = 0; a < 3; ++a) {
    block[1 + a] = l[a] * v[sp_sigma];
    block[4 * (1 + a)] = -l[a] * v[sp_sigma];
    for (int b = 0; b < 3; ++b)
      block[4 * (1 + a) + 1 + b] = l[a] * l[b] * (v[pp_sigma] - v[pp_pi]) + (a == b ? v[pp_pi] : 0.0);
  }
}

struct BondEnergy {
  double energy;  // Σ_ab density_ab block_ab
  Vec3 gradient;  // of that energy, by the bond vector
};

// density[4 a + b]: the density matrix between orbital a of the first and b of the second atom. r: bond length, Å.
// The gradient is that of the table above, contracted with the density before the derivative is written out.
KOKKOS_INLINE_FUNCTION BondEnergy slater_koster_energy(const double* v, const double* slope, Vec3 l, double r,
                                                       const double* density) {
  Vec3 sp, pp;  // Σ of the s-p elements along each axis; Σ_b (P_ab + P_ba) l_b
  double trace = 0.0;
  for (int a = 0; a < 3; ++a) {
    sp[a] = density[1 + a] - density[4 * (1 + a)];
    trace += density[5 * (1 + a)];
    for (int b = 0; b < 3; ++b) pp[a] += (density[4 * (1 + a) + 1 + b] + density[4 * (1 + b) + 1 + a]) * l[b];
  }
  const double along_sp = dot(sp, l), along_pp = 0.5 * dot(pp, l), delta = v[pp_sigma] - v[pp_pi];
  const double radial = density[0] * slope[ss_sigma] + along_sp * slope[sp_sigma] +
                        along_pp * (slope[pp_sigma] - slope[pp_pi]) + trace * slope[pp_pi];
  const double turn_sp = v[sp_sigma] / r, turn_pp = delta / r;
  const double along = radial - turn_sp * along_sp - 2.0 * turn_pp * along_pp;
  return {density[0] * v[ss_sigma] + along_sp * v[sp_sigma] + along_pp * delta + trace * v[pp_pi],
          along * l + turn_sp * sp + turn_pp * pp};
}

}  // namespace locum::quantum
