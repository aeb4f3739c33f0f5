// What a reconstruction leaves: reconstruction.cxi, pictures, summary.json, report.html.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/ptychography/diffraction_data.hpp"
#include "apps/ptychography/reconstruction_job.hpp"
#include "apps/run_directory.hpp"
#include "solvers/imaging/ptychography/quality.hpp"

namespace locum::apps {

// Against the truth that a simulation wrote beside its data.
struct TruthComparison {
  imaging::ImageComparison object;
  double probe_error = 0.0;        // below 0: not known
  double position_error = 0.0;     // pixels; below 0: not known
  double positions_before = 0.0;   // pixels, of the positions that were given
  imaging::RingCorrelation rings;  // of object and truth
};

struct ReconstructionResults {
  const ReconstructionConfig& config;
  const DiffractionData& data;
  const ReconstructionJob& job;
  EnergyReading energy;
};

// Quality of the whole; nothing where no truth is known.
std::optional<TruthComparison> compare_with_truth(const DiffractionData& data,
                                                  const imaging::PtychographyResult& result);

// All files. Collective; errors of the root are thrown by all.
void write_reconstruction_results(const Communicator& comm, const RunDirectory& directory,
                                  const ReconstructionResults& results);

}  // namespace locum::apps
