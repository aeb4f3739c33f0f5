#include "tests/support/lennard_jones_step.hpp"

namespace locum::test {
namespace {

// Energies, forces and this rank's share of (energy, virial xx yy zz yz xz xy).
void sum_pairs(const LennardJones& v, bool through_ghosts, const Configuration& c, const AtomisticResult& out,
               double (&sums)[7]) {
  const auto position = c.position;
  const auto offset = c.neighbors.offset, index = c.neighbors.index;
  const auto force = out.force;
  const auto atom_energy = out.atom_energy;
  Kokkos::parallel_reduce(
      "lennard_jones", RangePolicy(0, c.n_local),
      KOKKOS_LAMBDA(int i, double& total, double& xx, double& yy, double& zz, double& yz, double& xz, double& xy) {
        double mine = 0.0;
        Vec3 f;
        for (int k = offset(i); k < offset(i + 1); ++k) {
          const int j = index(k);
          const Vec3 d{position(j, 0) - position(i, 0), position(j, 1) - position(i, 1),
                       position(j, 2) - position(i, 2)};
          const double r = norm(d);
          if (r >= v.cutoff) continue;
          double energy, slope;
          v.pair(r, energy, slope);
          mine += 0.5 * energy;
          const Vec3 pull = (slope / r) * d;  // on i; −pull on j
          f = f + pull;
          xx -= 0.5 * pull.x * d.x;
          yy -= 0.5 * pull.y * d.y;
          zz -= 0.5 * pull.z * d.z;
          yz -= 0.5 * pull.y * d.z;
          xz -= 0.5 * pull.x * d.z;
          xy -= 0.5 * pull.x * d.y;
          if (through_ghosts)
            for (int a = 0; a < 3; ++a) Kokkos::atomic_add(&force(j, a), -0.5 * pull[a]);
        }
        atom_energy(i) = mine;
        total += mine;
        for (int a = 0; a < 3; ++a) {
          if (through_ghosts)
            Kokkos::atomic_add(&force(i, a), 0.5 * f[a]);
          else
            force(i, a) = f[a];
        }
      },
      sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6]);
}

}  // namespace

void LennardJonesStep::evaluate(const Configuration& c, std::span<const int> samples, AtomisticResult& output) {
  if (samples.empty()) return;
  ++calls_;
  Atomistic::fit_output(c, output);
  if (through_ghosts_) Kokkos::deep_copy(output.force, 0.0);
  double sums[7];
  sum_pairs(potential_, through_ghosts_, c, output, sums);
  if (through_ghosts_) c.ghosts->add_to_owners(output.force);
  c.comm.sum(std::span<double>(sums));
  output.energy = sums[0];
  output.virial = Mat3{{{sums[1], sums[6], sums[5]}, {sums[6], sums[2], sums[4]}, {sums[5], sums[4], sums[3]}}};
}

PlainSums sum_plainly(const LennardJones& potential, const Cell& cell, const std::vector<Vec3>& position) {
  PlainSums sums;
  sums.force.resize(position.size());
  int images[3];
  for (int d = 0; d < 3; ++d) images[d] = static_cast<int>(std::ceil(potential.cutoff / cell.height(d))) + 1;
  for (std::size_t i = 0; i < position.size(); ++i)
    for (std::size_t j = 0; j < position.size(); ++j) {
      Vec3 ds = cell.to_fractional(position[j] - position[i]);
      for (int a = 0; a < 3; ++a) ds[a] -= std::round(ds[a]);
      for (int x = -images[0]; x <= images[0]; ++x)
        for (int y = -images[1]; y <= images[1]; ++y)
          for (int z = -images[2]; z <= images[2]; ++z) {
            if (i == j && x == 0 && y == 0 && z == 0) continue;
            const Vec3 d = cell.to_cartesian(ds + Vec3{double(x), double(y), double(z)});
            const double r = norm(d);
            if (r >= potential.cutoff) continue;
            double energy, slope;
            potential.pair(r, energy, slope);
            sums.energy += 0.5 * energy;
            sums.force[i] = sums.force[i] + (slope / r) * d;
            for (int a = 0; a < 3; ++a)
              for (int b = 0; b < 3; ++b) sums.virial[a][b] -= 0.5 * slope / r * d[a] * d[b];
          }
    }
  return sums;
}

}  // namespace locum::test
