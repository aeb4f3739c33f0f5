#include "solvers/md/simulation.hpp"

#include <cmath>
#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/md/checks.hpp"
#include "solvers/md/integrator.hpp"

namespace locum::md {
namespace {

const MdConfig& validated(const MdConfig& config) {
  config.validate();
  return config;
}

std::unique_ptr<Thermostat> make_thermostat(const MdConfig& config, const TemperatureRamp& ramp, std::uint64_t seed) {
  return thermostats().at(config.thermostat.kind)({config.thermostat, ramp, config.timestep, seed});
}

// A share of the structure for each rank: a contiguous range of ids.
HostAtoms share_of(const Structure& s, const Communicator& comm) {
  const std::int64_t first = s.size() * comm.rank() / comm.size(), last = s.size() * (comm.rank() + 1) / comm.size();
  HostAtoms atoms;
  for (std::int64_t i = first; i < last; ++i) {
    atoms.id.push_back(i);
    atoms.atomic_number.push_back(s.atomic_number[i]);
    for (int d = 0; d < 3; ++d) {
      atoms.position.push_back(s.position[i][d]);
      atoms.velocity.push_back(s.velocity[i][d]);
    }
  }
  atoms.image.assign(3 * atoms.size(), 0);
  atoms.force.assign(3 * atoms.size(), 0.0);
  atoms.atom_energy.assign(atoms.size(), 0.0);
  return atoms;
}

}  // namespace

Simulation::Simulation(const Context& context, const MdConfig& config, const Structure& structure, double step_cutoff,
                       AtomisticStep& step)
    : context_(context),
      config_(validated(config)),
      step_(&step),
      domain_(context, structure.cell, structure.size(), step_cutoff, config.skin, config.closest_approach),
      ramp_(config.thermostat, config.timestep * static_cast<double>(config.timesteps)),
      thermostat_(make_thermostat(config, ramp_, context.seed)) {
  structure.validate();
  const bool at_rest = structure.size() > 1 && config.remove_momentum && thermostat_->conserves_momentum();
  degrees_of_freedom_ = 3 * structure.size() - (at_rest ? 3 : 0);
  Structure start = structure;
  if (start.velocity.empty())
    set_velocities(start, config.initial_temperature >= 0.0 ? config.initial_temperature : ramp_.at(0.0), context.seed,
                   degrees_of_freedom_);
  else if (config.remove_momentum && start.size() > 1)
    remove_momentum(start);
  domain_.distribute(share_of(start, context.comm));
}

void Simulation::initialize() {
  evaluate();
  finish_timestep(0.0, 0.0);
  initialized_ = true;
}

void Simulation::advance() {
  if (!initialized_) throw ConfigError("Simulation::advance() before initialize() or restore()");
  Stopwatch watch;
  const double before = times_.step + times_.rebuild + times_.exchange;
  time_ += config_.timestep;
  const std::int64_t number = ++domain_.configuration().timestep;
  const auto drift = kick_and_drift(context_.space, config_.timestep, thermostat_->middle(time_, number),
                                    configuration(), result(), domain_.owned());
  double largest2[2] = {drift.largest_move2, drift.largest_displacement2};
  if (context_.comm.size() > 1) MPI_Allreduce(MPI_IN_PLACE, largest2, 2, MPI_DOUBLE, MPI_MAX, context_.comm.get());
  check_moves(drift.largest_move2, largest2[0]);
  // No pair can have come within the cut-off unseen before some atom moved by half the skin.
  if (largest2[1] > 0.25 * config_.skin * config_.skin) {
    const ScopedTimer timer(times_.rebuild);
    domain_.rebuild();
  } else {
    const ScopedTimer timer(times_.exchange);
    domain_.update_ghosts();
  }
  evaluate();
  finish_timestep(config_.timestep, drift.heat);
  times_.integrate += watch.seconds() - (times_.step + times_.rebuild + times_.exchange - before);
}

void Simulation::evaluate() {
  const ScopedTimer timer(times_.step);
  const int sample = 0;
  step_->evaluate(configuration(), std::span<const int>(&sample, 1), domain_.result());
  context_.space.fence();
}

void Simulation::finish_timestep(double dt, double heat) {
  const auto report = kick(context_.space, dt, configuration(), result(), domain_.owned());
  const double* const k = report.kinetic;
  double sums[8] = {k[0], k[1], k[2], k[3], k[4], k[5], report.bad_forces, heat};
  context_.comm.sum(std::span<double>(sums));
  check_forces(report.bad_forces > 0.0, sums[6] > 0.0);
  kinetic_ = Mat3{{{sums[0], sums[5], sums[4]}, {sums[5], sums[1], sums[3]}, {sums[4], sums[3], sums[2]}}};
  heat_ += sums[7];
  if (dt == 0.0) return;
  const double factor = thermostat_->end(time_, timestep(), kinetic_energy(), degrees_of_freedom_);
  if (factor == 1.0) return;
  scale_velocities(context_.space, factor, configuration().n_local, domain_.owned().velocity);
  heat_ += (factor * factor - 1.0) * kinetic_energy();
  kinetic_ = (factor * factor) * kinetic_;
}

void Simulation::check_moves(double own_largest2, double largest2) const {
  if (!(largest2 > config_.largest_move * config_.largest_move)) return;
  std::string text;
  if (own_largest2 == largest2) {
    const auto atoms = domain_.host_atoms();
    const auto row = [](const std::vector<double>& v, std::size_t i) {
      return Vec3{v[3 * i], v[3 * i + 1], v[3 * i + 2]};
    };
    std::size_t worst = 0;
    double fastest = -1.0;
    for (std::size_t i = 0; i < atoms.size(); ++i) {
      const double speed = norm(row(atoms.velocity, i));
      if (speed <= fastest) continue;
      fastest = std::isfinite(speed) ? speed : HUGE_VAL;
      worst = i;
      if (!std::isfinite(speed)) break;
    }
    text = "atom " + std::to_string(atoms.id[worst]) + " moved by " + text_of(std::sqrt(largest2)) + " Å in timestep " +
           std::to_string(timestep()) + ", at most " + text_of(config_.largest_move) + " Å was expected; it is at " +
           text_of(row(atoms.position, worst)) + " Å with a speed of " + text_of(norm(row(atoms.velocity, worst))) +
           " Å/fs after a force of " + text_of(row(atoms.force, worst)) + " eV/Å";
  }
  throw_together(context_.comm, text, where(),
                 "a smaller timestep (now " + text_of(config_.timestep) +
                     " fs), a better start, or a step that holds for this state");
}

void Simulation::check_forces(bool own_bad, bool any_bad) const {
  if (!any_bad && std::isfinite(potential_energy())) return;
  std::string text;
  if (own_bad) {
    const auto atoms = domain_.host_atoms();
    for (std::size_t i = 0; i < atoms.size() && text.empty(); ++i) {
      const Vec3 f{atoms.force[3 * i], atoms.force[3 * i + 1], atoms.force[3 * i + 2]};
      const Vec3 r{atoms.position[3 * i], atoms.position[3 * i + 1], atoms.position[3 * i + 2]};
      const Vec3 v{atoms.velocity[3 * i], atoms.velocity[3 * i + 1], atoms.velocity[3 * i + 2]};
      if (dot(f, f) < 1e300) continue;
      text = "the force on atom " + std::to_string(atoms.id[i]) + " is not finite: " + text_of(f) + " eV/Å from '" +
             step_->name() + "' in timestep " + std::to_string(timestep()) + "; it is at " + text_of(r) +
             " Å with a speed of " + text_of(norm(v)) + " Å/fs";
    }
  } else if (!any_bad && context_.comm.is_root()) {
    text = "the energy is not finite: " + text_of(potential_energy()) + " eV from '" + step_->name() +
           "' in timestep " + std::to_string(timestep());
  }
  throw_together(context_.comm, text, where(),
                 "a smaller timestep (now " + text_of(config_.timestep) +
                     " fs), a better start, or a step that holds for this state");
}

std::string Simulation::where() const { return "timestep " + std::to_string(timestep()); }

double Simulation::kinetic_energy() const { return 0.5 * (kinetic_[0][0] + kinetic_[1][1] + kinetic_[2][2]); }

double Simulation::temperature() const {
  return 2.0 * kinetic_energy() / (units::boltzmann * static_cast<double>(degrees_of_freedom_));
}

Mat3 Simulation::stress() const {
  Mat3 total = result().virial;
  total += kinetic_;
  return (-units::ev_per_A3_in_gpa / cell().volume()) * total;
}

double Simulation::pressure() const {
  const Mat3 s = stress();
  return -(s[0][0] + s[1][1] + s[2][2]) / 3.0;
}

HostAtoms Simulation::local_atoms(Positions positions) const {
  HostAtoms atoms = domain_.host_atoms();
  const Mat3& h = cell().vectors();
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    double* const r = &atoms.position[3 * i];
    const Vec3 s = cell().to_fractional({r[0], r[1], r[2]});
    for (int d = 0; d < 3; ++d) {
      auto& image = atoms.image[3 * i + d];
      const auto cells = positions == Positions::wrapped ? -std::floor(s[d]) : static_cast<double>(image);
      for (int k = 0; cells != 0.0 && k < 3; ++k) r[k] += cells * h[d][k];
      image -= static_cast<std::int64_t>(cells);
    }
  }
  return atoms;
}

}  // namespace locum::md
