#include "apps/simulate_config.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void SimulateConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "of the run"}, title);
  v.value({"seed", "", "of every random number of the run", {0, 9e15}}, seed);
  v.value({"play", "", "who plays the step", {}, {"solver", "surrogate"}}, play);
  v.value({"model", "", "HDF5 file of the surrogate, from locum train or learn"}, model);
  v.section({"solver", "", "the expensive step"}, solver);
  v.section({"structure", "", "where the run starts"}, structure);
  v.section({"md", "", "integrator, thermostat, neighbour list"}, md);
  v.section({"data", "", "replicas that fill a dataset instead of one run"}, data);
  v.section({"output", "", "what is written, how often"}, output);
}

void SimulateConfig::validate() const {
  if (play == "surrogate" && model.empty())
    throw ConfigError("no model file is named", "model", "add model = \"runs/…/model.h5\"");
  solver.validate();
  md.validate();
  if (!data.replicas.empty()) data.validate();
}

}  // namespace locum::apps
