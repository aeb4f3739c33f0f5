#include "solvers/md/integrator.hpp"

#include "kokkos_kernels/random/philox.hpp"

namespace locum::md {
namespace {

// Infinity for what is no number, so that maxima show it.
KOKKOS_INLINE_FUNCTION double or_infinity(double x) { return x < 1e300 ? x : HUGE_VAL; }

KOKKOS_INLINE_FUNCTION Vec3 stirred(const OrnsteinUhlenbeck& noise, Vec3 v, std::int64_t id, double inverse_mass) {
  const double width = std::sqrt((1.0 - noise.keep * noise.keep) * noise.kt * inverse_mass);
  const auto xy = random::normal_pair(noise.seed, random::Stream::thermostat, id, noise.timestep, 0);
  const auto z = random::normal_pair(noise.seed, random::Stream::thermostat, id, noise.timestep, 1);
  return noise.keep * v + width * Vec3{xy.first, xy.second, z.first};
}

}  // namespace

DriftReport kick_and_drift(const ExecutionSpace& space, double dt, const OrnsteinUhlenbeck& noise,
                           const Configuration& configuration, const AtomisticResult& result, const OwnedAtoms& owned) {
  const auto position = configuration.position;
  const auto built = owned.built_position, velocity = owned.velocity, force = result.force;
  const auto inverse_mass = owned.inverse_mass;
  const auto id = configuration.id;
  DriftReport report;
  Kokkos::parallel_reduce(
      "kick_and_drift", RangePolicy(space, 0, configuration.n_local),
      KOKKOS_LAMBDA(int i, double& largest_move2, double& largest_displacement2, double& heat) {
        const double a = inverse_mass(i);
        const Vec3 v0{velocity(i, 0), velocity(i, 1), velocity(i, 2)};
        Vec3 v = v0 + (0.5 * dt * a) * Vec3{force(i, 0), force(i, 1), force(i, 2)};
        Vec3 move = dt * v;
        if (noise.on) {
          const Vec3 stirred_v = stirred(noise, v, id(i), a);
          heat += 0.5 * (dot(stirred_v, stirred_v) - dot(v, v)) / a;
          move = (0.5 * dt) * (v + stirred_v);
          v = stirred_v;
        }
        const Vec3 r = Vec3{position(i, 0), position(i, 1), position(i, 2)} + move;
        const Vec3 since = r - Vec3{built(i, 0), built(i, 1), built(i, 2)};
        for (int d = 0; d < 3; ++d) {
          velocity(i, d) = v[d];
          position(i, d) = r[d];
        }
        const double move2 = or_infinity(dot(move, move)), since2 = or_infinity(dot(since, since));
        if (move2 > largest_move2) largest_move2 = move2;
        if (since2 > largest_displacement2) largest_displacement2 = since2;
      },
      Kokkos::Max<double>(report.largest_move2), Kokkos::Max<double>(report.largest_displacement2), report.heat);
  if (configuration.n_local == 0) report = {};  // the maximum over nothing is the smallest number
  return report;
}

KickReport kick(const ExecutionSpace& space, double dt, const Configuration& configuration,
                const AtomisticResult& result, const OwnedAtoms& owned) {
  const auto velocity = owned.velocity, force = result.force;
  const auto inverse_mass = owned.inverse_mass;
  KickReport report;
  double* const k = report.kinetic;
  Kokkos::parallel_reduce(
      "kick", RangePolicy(space, 0, configuration.n_local),
      KOKKOS_LAMBDA(int i, double& xx, double& yy, double& zz, double& yz, double& xz, double& xy, double& bad_forces) {
        const Vec3 f{force(i, 0), force(i, 1), force(i, 2)};
        const Vec3 v = Vec3{velocity(i, 0), velocity(i, 1), velocity(i, 2)} + (0.5 * dt * inverse_mass(i)) * f;
        for (int d = 0; d < 3; ++d) velocity(i, d) = v[d];
        const double m = 1.0 / inverse_mass(i);
        xx += m * v.x * v.x;
        yy += m * v.y * v.y;
        zz += m * v.z * v.z;
        yz += m * v.y * v.z;
        xz += m * v.x * v.z;
        xy += m * v.x * v.y;
        if (!(dot(f, f) < 1e300)) bad_forces += 1.0;
      },
      k[0], k[1], k[2], k[3], k[4], k[5], report.bad_forces);
  return report;
}

void scale_velocities(const ExecutionSpace& space, double factor, int n_local, const View<double* [3]>& velocity) {
  Kokkos::parallel_for(
      "scale_velocities", RangePolicy(space, 0, n_local), KOKKOS_LAMBDA(int i) {
        for (int d = 0; d < 3; ++d) velocity(i, d) *= factor;
      });
}

}  // namespace locum::md
