// What simulated data sets are shown by: pictures, summary.json, report.html.
#pragma once

#include "apps/ptychography/data_job.hpp"

namespace locum::apps {

struct DataResults {
  const PtychographyDataConfig& config;
  const DataSource& source;
  const DataJob& job;
  EnergyReading energy;
};

// All of them. Collective; errors of the root are thrown by all.
void write_data_results(const Context& context, const RunDirectory& directory, const DataResults& results);

}  // namespace locum::apps
