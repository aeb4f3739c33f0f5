// What scans and HRTEM runs have in common before they start.
#pragma once

#include <string>
#include <vector>

#include "apps/imaging/imaging_config.hpp"
#include "apps/imaging/specimen_source.hpp"
#include "apps/run_directory.hpp"
#include "io/scan/scan_layout.hpp"

namespace locum::apps {

inline constexpr double gibibyte = 1024.0 * 1024.0 * 1024.0;

// Bytes that a node may give to what its ranks hold together: the same on every rank, since it decides how an engine
// works. Collective.
double engine_memory(const Communicator& comm, const MethodConfig& config);

// Whether `--restart` finds nothing to do: scan.h5 has its name, and the report, which is written last, is there. Says
// so. Collective.
bool is_complete(const RunDirectory& directory);

// What the file says about the run. The fingerprint is of the resolved input and the atoms.
io::ScanMetadata metadata_of(ImagingConfig config, const SpecimenSource& source);

// Specimen, grid and slices in a line for the log.
std::string describe(const SpecimenSource& source, const imaging::Grid& grid, const std::vector<double>& edges);

}  // namespace locum::apps
