// What a reconstruction leaves: reconstruction.cxi, pictures, summary.json, report.html.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/imaging/report_page.hpp"
#include "apps/ptychography/reconstruction_job.hpp"
#include "io/cxi/cxi_result.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"

namespace locum::apps {

// Against the truth that a simulation wrote beside its data.
struct TruthComparison {
  imaging::ImageComparison object;
  double probe_error = -1.0;       // relative, of the mutual intensities; below 0: not known
  double position_error = -1.0;    // pixels, root mean square; below 0: not known
  double position_scatter = -1.0;  // the same after an affine map was removed too (position_scatter())
  double positions_before = -1.0;  // of the positions that were given
  imaging::RingCorrelation rings;  // of object and truth
};

// Two objects from half of the frames each.
struct HalvesComparison {
  imaging::RingCorrelation rings;
  imaging::ImageComparison difference;  // of the second half against the first
  std::vector<float> deviation;  // |O₁ − O₂| / 2, (object_nx, object_ny): standard error of the whole's object
};

struct ReconstructionQuality {
  double r = 0.0;                // Σ|√I − √M| / Σ√I
  double excess = 0.0;           // root mean square of FourierError::excess() over the frames
  double expected_r = 0.0;       // √(Σ noise / Σ counts): what noise alone makes of the relative amplitude error
  double amplitude_error = 0.0;  // √(Σ off / Σ counts): the same of the object
  std::vector<double> frame_r;   // of each frame
  std::vector<float> region;     // weights of the scanned region
  std::optional<TruthComparison> truth;
  std::optional<HalvesComparison> halves;
};

struct ReconstructionResults {
  const ReconstructionConfig& config;
  const DiffractionData& data;
  const ReconstructionJob& job;
  EnergyReading energy;
};

// Root mean square distance, pixels, of positions and the affine map of the true ones that is nearest to them. Frames
// hardly tell the scale, shear and rotation of a scan: one that is stretched by little, an object whose phase is curved
// by little, and a probe of a slightly other focus make nearly the same frames. 0 for fewer than four positions.
double position_scatter(const std::vector<std::array<double, 2>>& truth,
                        const std::vector<std::array<double, 2>>& answer);

// The frames' places and probe as they came out.
Ptychogram as_found(const ReconstructionResults& results);

// What is found without the truth and with it. One rank's work.
ReconstructionQuality quality_of(const ReconstructionResults& results);

// The file's content.
io::Reconstruction reconstruction_file(const ReconstructionResults& results, const ReconstructionQuality& quality,
                                       const std::string& input);

// Pictures and the page. One rank's work.
std::vector<ShownImage> draw_reconstruction(const RunDirectory& directory, const ReconstructionResults& results,
                                            const ReconstructionQuality& quality);
std::string reconstruction_report(const RunDirectory& directory, const ReconstructionResults& results,
                                  const ReconstructionQuality& quality, const std::vector<ShownImage>& images);
std::string reconstruction_summary(const Communicator& comm, const ReconstructionResults& results,
                                   const ReconstructionQuality& quality);

// All files. Collective; errors of the root are thrown by all.
void write_reconstruction_results(const Communicator& comm, const RunDirectory& directory,
                                  const ReconstructionResults& results, const std::string& input);

}  // namespace locum::apps
