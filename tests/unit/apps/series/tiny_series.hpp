// A series small enough for unit tests: frames of 16² from 3 × 3 places.
#pragma once

#include "apps/series/series_config.hpp"

namespace locum::apps::testing {

inline SeriesRunConfig tiny_series(int sets) {
  SeriesRunConfig config;
  config.simulation.pixels = 16;
  config.simulation.counts = 1e4;
  config.simulation.probe.aberrations.defocus = 20.0;
  config.simulation.scan.points = {3, 3};
  config.series.sets = sets;
  config.series.tile = 8;
  return config;
}

}  // namespace locum::apps::testing
