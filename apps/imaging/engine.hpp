// Who propagates the probes, by the input's name for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/imaging/imaging_config.hpp"
#include "solvers/imaging/multislice_engine.hpp"

namespace locum::apps {

std::vector<std::string> engine_names();

// Throws ConfigError with the known names, and as the engines do. Collective.
std::unique_ptr<imaging::ScanEngine> make_engine(const Context& context, const MethodConfig& config,
                                                 const imaging::ScanSetup& setup,
                                                 const imaging::Configurations& configurations);

}  // namespace locum::apps
