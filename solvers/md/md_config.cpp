#include "solvers/md/md_config.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::md {

void MdConfig::visit(ConfigVisitor& v) {
  v.value({"timestep", "fs", "length of a timestep", {1e-3, 20.0}}, timestep);
  v.value({"timesteps", "", "number of timesteps of the run", {0, 1e12}}, timesteps);
  v.value({"skin", "Angstrom", "reach of the neighbour list beyond the cut-off", {0.0, 5.0}}, skin);
  v.value({"initial_temperature",
           "K",
           "of velocities where the structure has none; -1: the thermostat's first",
           {-1.0, 1e5}},
          initial_temperature);
  v.value({"remove_momentum", "", "stop the centre of mass at the start"}, remove_momentum);
  v.value({"largest_move", "Angstrom", "an atom that moves farther in one timestep ends the run", {1e-3, 5.0}},
          largest_move);
  v.value({"closest_approach", "Angstrom", "two atoms nearer than this end the run", {0.0, 2.0}}, closest_approach);
  v.section({"thermostat", "", "heat bath"}, thermostat);
}

void MdConfig::validate() const {
  thermostat.validate();
  if (!(timestep >= 1e-3 && timestep <= 20.0))
    throw ConfigError("md.timestep is " + std::to_string(timestep) + " fs, 0.001 … 20 fs was expected");
  if (timesteps < 0) throw ConfigError("md.timesteps is " + std::to_string(timesteps) + ", 0 or more was expected");
  if (!(skin >= 0.0)) throw ConfigError("md.skin is " + std::to_string(skin) + " Å, 0 or more was expected");
  if (!(largest_move > 0.0))
    throw ConfigError("md.largest_move is " + std::to_string(largest_move) + " Å, above 0 was expected");
}

}  // namespace locum::md
