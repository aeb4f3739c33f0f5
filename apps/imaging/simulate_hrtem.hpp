// `locum simulate` with imaging.mode = "hrtem": images of a plane wave through the specimen, and exit waves.
#pragma once

#include "apps/imaging/imaging_config.hpp"
#include "apps/run_directory.hpp"
#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

void run_hrtem(const Context& context, const ImagingConfig& config, const RunDirectory& directory, bool restart);

}  // namespace locum::apps
