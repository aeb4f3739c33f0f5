#include "solvers/imaging/engines/local_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {

void LocalConfig::visit(ConfigVisitor& v) {
  v.value({"window", "Angstrom", "side of the window around each probe, at least", {1.0, 1000.0}}, window);
  v.value({"coarsening",
           "",
           "slices of the full solver that one slice of the window takes; above 1 the phase between displaced atoms "
           "of one slice is lost",
           {1, 100}},
          coarsening);
  v.value({"probes", "", "that full multislice calibrates with", {16, 1e9}}, probes);
  v.value({"configurations", "", "over which they are spread, at most", {2, 1e6}}, configurations);
}

void LocalConfig::validate() const {
  if (!(window > 0.0)) throw ConfigError(fmt::format("local.window is {} Å, above 0 was expected", window));
  if (coarsening < 1) throw ConfigError(fmt::format("local.coarsening is {}, 1 or more was expected", coarsening));
  if (configurations < 2 || probes < 2 * configurations)
    throw ConfigError(
        fmt::format("local has {} probes in {} configurations, 2 configurations or more with at least "
                    "2 probes each were expected",
                    probes, configurations));
}

}  // namespace locum::imaging
