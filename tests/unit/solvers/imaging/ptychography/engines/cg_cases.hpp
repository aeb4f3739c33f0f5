// What the tests of conjugate gradients begin with.
#pragma once

#include "solvers/imaging/ptychography/ptychography_config.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

namespace locum::imaging {

inline PtychographyConfig cg_config(int sweeps) {
  PtychographyConfig config;
  config.engine = "cg";
  config.start = "flat";
  config.sweeps = sweeps;
  config.tolerance = 0.0;
  return config;
}

inline plain::Case small_case(int modes, double background) {
  plain::Setting setting;
  setting.modes = modes;
  setting.background = background;
  plain::Case c = plain::make(setting, plain::grid(setting, 3, 2, 2.0, 0.4, true));
  return c;
}

}  // namespace locum::imaging
