// Who propagates the probes, by the input's name for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/imaging/imaging_config.hpp"
#include "solvers/imaging/engines/linear_calibration.hpp"
#include "solvers/imaging/engines/multislice_engine.hpp"

namespace locum::apps {

struct ImagingEngine {
  std::unique_ptr<imaging::ScanEngine> engine;
  imaging::Grid detector_grid;  // whose frequencies the detectors see: the whole grid's, or a window's
  // After prepare(): how far each channel may be off, of an engine that approximates; not set for the others.
  std::function<std::vector<imaging::ChannelError>()> errors;
  std::function<double()> confidence;  // of the errors' bounds
};

// "multislice", "prism", "local".
std::vector<std::string> engine_names();

// scan: where the probes will be. Throws ConfigError with the known names, and as the engines do. Collective.
ImagingEngine make_engine(const Context& context, const ImagingConfig& config, const imaging::ScanSetup& setup,
                          const imaging::Configurations& configurations, const imaging::Scan& scan);

}  // namespace locum::apps
