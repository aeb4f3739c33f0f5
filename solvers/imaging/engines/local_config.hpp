// The local mode: a window around each probe instead of the whole grid.
#pragma once

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct LocalConfig {
  double window = 6.5;     // Å, side of the window at least
  int coarsening = 1;      // slices of the full solver that one of the window's takes
  int probes = 384;        // that full multislice calibrates with, all together
  int configurations = 8;  // over which they are spread, at most

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::imaging
