// How a run of molecular dynamics goes.
#pragma once

#include <cstdint>

#include "solvers/md/thermostat.hpp"

namespace locum::md {

struct MdConfig {
  double timestep = 1.0;              // fs
  std::int64_t timesteps = 1000;      // length of the run; ramps without times are spread over it
  double skin = 0.5;                  // Å, by which the neighbour list reaches farther than the step
  double initial_temperature = -1.0;  // K, where the structure has no velocities; −1: the thermostat's first
  bool remove_momentum = true;        // of the centre of mass, at the start
  double largest_move = 0.5;          // Å: an atom that moves farther in one timestep ends the run
  double closest_approach = 0.1;      // Å: two atoms nearer than that end the run
  ThermostatConfig thermostat;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::md
