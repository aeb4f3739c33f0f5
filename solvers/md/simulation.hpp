// Molecular dynamics of one configuration over the ranks of a context: whoever plays the step, time goes on here.
#pragma once

#include <cstdint>
#include <memory>

#include "kokkos_kernels/base/context.hpp"
#include "solvers/api/atomistic.hpp"
#include "solvers/md/domain.hpp"
#include "solvers/md/md_config.hpp"
#include "solvers/md/structure.hpp"

namespace locum::md {

// Wall-clock time, s, by what it was spent on.
struct MdTimes {
  double step = 0.0;       // the expensive step
  double rebuild = 0.0;    // migration, ghosts, neighbour list
  double exchange = 0.0;   // positions of ghosts
  double integrate = 0.0;  // everything else: kicks, drifts, sums over the ranks
};

enum class Positions { wrapped, unwrapped };  // into the cell, or continuous in time

class Simulation {
 public:
  // structure: whole, the same on every rank. step_cutoff: reach of the farthest-reaching step that will play, Å.
  // Velocities are drawn where the structure has none. Throws ConfigError (settings, more ranks than cells) and
  // NumericalError (two atoms on one spot). Collective, like all below but the accessors.
  Simulation(const Context& context, const MdConfig& config, const Structure& structure, double step_cutoff,
             AtomisticStep& step);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // First forces.
  void initialize();
  // One timestep. Throws NumericalError on every rank where an atom moves too far, a force or the energy is not finite.
  void advance();
  // Who plays from the next timestep on; must not reach farther than step_cutoff.
  void set_step(AtomisticStep& step) { step_ = &step; }

  const Configuration& configuration() const { return domain_.configuration(); }
  const AtomisticResult& result() const { return domain_.result(); }
  const View<double* [3]>& velocity() const { return domain_.owned().velocity; }  // (≥ n_local, 3), Å/fs
  const Cell& cell() const {
    return configuration().cell;
  }
  const MdConfig& config() const { return config_; }
  std::int64_t timestep() const { return configuration().timestep; }
  double time() const { return time_; }  // fs

  // Of all ranks, at the present timestep; known on every rank without communication.
  double potential_energy() const { return result().energy; }    // eV
  double kinetic_energy() const;                                 // eV
  double temperature() const;                                    // K, from degrees_of_freedom()
  double target_temperature() const { return ramp_.at(time_); }  // K, of the thermostat
  // 3 N, less 3 where the centre of mass stays at rest.
  std::int64_t degrees_of_freedom() const { return degrees_of_freedom_; }
  Mat3 stress() const;      // GPa, kinetic part included; positive under tension
  double pressure() const;  // GPa, −⅓ of the stress's trace
  // Energy less the heat that the thermostat brought in (Bussi et al. 2007, eq. (15)): its drift is the integrator's,
  // eV.
  double conserved_quantity() const { return potential_energy() + kinetic_energy() - heat_; }

  // This rank's atoms for a trajectory: image counts are those that belong to the positions asked for.
  HostAtoms local_atoms(Positions positions) const;
  std::int64_t rebuilds() const { return domain_.rebuilds(); }
  const MdTimes& times() const { return times_; }

  // What all ranks have in common, and this rank's atoms in their present order. shared_state is the same on every
  // rank.
  FieldSet shared_state() const;
  FieldSet local_state() const;
  // After the constructor, instead of initialize(). Rows as each rank gave them go on bit for bit, between two rebuilds
  // too; rows dealt otherwise (other ranks, another order) are sent to their owners, equal up to rounding. Collective.
  void restore(const FieldSet& shared, const FieldSet& local);

 private:
  void evaluate();
  // Second half kick, sums, thermostat. heat: what this rank's atoms were given earlier in the timestep, eV.
  void finish_timestep(double dt, double heat);
  void check_moves(double own_largest2, double largest2) const;
  void check_forces(bool own_bad, bool any_bad) const;
  std::string where() const;

  Context context_;
  MdConfig config_;
  AtomisticStep* step_;
  Domain domain_;
  TemperatureRamp ramp_;
  std::unique_ptr<Thermostat> thermostat_;
  std::int64_t degrees_of_freedom_;
  double time_ = 0.0, heat_ = 0.0;
  Mat3 kinetic_;  // Σ m v v, eV
  bool initialized_ = false;
  MdTimes times_;
};

}  // namespace locum::md
