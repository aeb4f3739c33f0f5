// What a finished scan is shown by: pictures, summary.json, report.html.
#pragma once

#include <string>
#include <vector>

#include "apps/imaging/imaging_config.hpp"
#include "apps/imaging/report_page.hpp"
#include "apps/imaging/scan_job.hpp"
#include "apps/imaging/specimen_source.hpp"
#include "apps/run_directory.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/imaging/engines/multislice_engine.hpp"

namespace locum::apps {

// Of an engine that approximates: relative to full multislice, root mean square over probes of one configuration.
struct DetectorError {
  std::string detector;
  double relative = 0.0, bound = 0.0, confidence = 0.0;  // measured; its bound holds with this confidence, 0 … 1
};

struct ImagingResults {
  const ImagingConfig& config;
  const SpecimenSource& source;
  const imaging::ScanSetup& setup;
  const ScanRun& run;
  const imaging::DetectorSet& detectors;
  const ScanJob& job;
  std::string engine;
  std::vector<DetectorError> errors;
  EnergyReading energy;
};

// Pictures of the images (rasters only; PNG and TIFF) and of the mean pattern of a pixelated detector, from the file.
// Of a detector with more numbers than twelve only the file has them. One rank's work.
std::vector<ShownImage> write_pictures(const RunDirectory& directory, const ImagingResults& results);

std::string imaging_summary(const Communicator& comm, const ImagingResults& results,
                            const std::vector<ShownImage>& images);
std::string imaging_report(const RunDirectory& directory, const ImagingResults& results,
                           const std::vector<ShownImage>& images);

// All of them. Collective; errors of the root are thrown by all.
void write_results(const Communicator& comm, const RunDirectory& directory, const ImagingResults& results);

}  // namespace locum::apps
