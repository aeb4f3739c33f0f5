// A simple pair potential as an atomistic step, for tests of everything around the step.
//
// V(r) = 4 ε [(σ/r)¹² − (σ/r)⁶] S(r); S goes from 1 at the inner radius to 0 at the cut-off as a polynomial whose first
// two derivatives vanish at both ends, so that forces are smooth and energy is conserved.
#pragma once

#include <vector>

#include "solvers/api/atomistic.hpp"

namespace locum::test {

struct LennardJones {
  double epsilon = 0.0104;  // eV; argon, like the rest
  double sigma = 3.405;     // Å
  double inner = 6.0;       // Å
  double cutoff = 7.5;      // Å

  // V and V′(r), eV and eV/Å.
  KOKKOS_INLINE_FUNCTION void pair(double r, double& energy, double& slope) const {
    const double s6 = std::pow(sigma / r, 6);
    energy = 4.0 * epsilon * s6 * (s6 - 1.0);
    slope = -24.0 * epsilon * s6 * (2.0 * s6 - 1.0) / r;
    if (r <= inner) return;
    const double t = (r - inner) / (cutoff - inner);
    const double smooth = 1.0 - t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
    slope = slope * smooth - energy * 30.0 * t * t * (1.0 - t) * (1.0 - t) / (cutoff - inner);
    energy *= smooth;
  }
};

class LennardJonesStep final : public AtomisticStep {
 public:
  // through_ghosts: half of each listed pair's force is left on the neighbour, ghosts included, and comes to its owner
  // by add_to_owners, as many-body potentials do it; else each owned atom sums its own.
  explicit LennardJonesStep(LennardJones potential = {}, bool through_ghosts = false)
      : potential_(potential), through_ghosts_(through_ghosts) {}
  std::string name() const override { return "Lennard-Jones"; }
  void evaluate(const Configuration& input, std::span<const int> samples, AtomisticResult& output) override;

  const LennardJones& potential() const { return potential_; }
  std::int64_t calls() const { return calls_; }

 private:
  LennardJones potential_;
  bool through_ghosts_;
  std::int64_t calls_ = 0;
};

// The same sums the plain way, over all pairs and as many images as the cut-off reaches, on the host.
struct PlainSums {
  double energy = 0.0;
  Mat3 virial;
  std::vector<Vec3> force;
};
PlainSums sum_plainly(const LennardJones& potential, const Cell& cell, const std::vector<Vec3>& position);

}  // namespace locum::test
