// What a finished HRTEM run is shown by: pictures, summary.json, report.html.
#pragma once

#include "apps/imaging/hrtem_job.hpp"
#include "apps/imaging/imaging_config.hpp"
#include "apps/imaging/specimen_source.hpp"

namespace locum::apps {

struct HrtemResults {
  const ImagingConfig& config;
  const SpecimenSource& source;
  const HrtemSolver& solver;
  const HrtemRun& run;
  const HrtemJob& job;
};

// Collective; errors of the root are thrown by all.
void write_hrtem_results(const Communicator& comm, const RunDirectory& directory, const HrtemResults& results);

}  // namespace locum::apps
