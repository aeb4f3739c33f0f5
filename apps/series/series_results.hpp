// What a series leaves beside model.h5: a CXI file of each set, summary.json, report.html.
#pragma once

#include <string>
#include <vector>

#include "apps/imaging/report_page.hpp"
#include "apps/series/series_run.hpp"
#include "io/cxi/cxi_result.hpp"

namespace locum::apps {

// A set's file: the object, and maps over it of who computed which region (0 the network, 1 the solver), of the
// network's uncertainty, and of the Fourier error (R of each frame under the final object).
io::Reconstruction set_file(const SeriesRunConfig& config, const SeriesSet& set, const ObjectFunction& object,
                            const SetRecord& record, const std::vector<FourierError>& errors);

struct SeriesResults {
  const SeriesRunConfig& config;
  gate::Account account;  // series_account()
  EnergyReading energy;
  TrainingSummary training;
  const std::vector<SetRecord>& records;
  const std::vector<SetComparison>& comparisons;
  std::int64_t open_labels = 0;         // of the solver's, that did not converge
  double in_domain = 0.0;               // root mean square error of a frame's patch on what the training held out
  double scale = 0.0, threshold = 0.0;  // of the gate, at the end
  int ranks = 1;
};

// What the solver did not bring to its stop rule, in words; nothing where it converged everywhere.
std::vector<std::string> open_regions(const SeriesResults& results);

std::string series_summary(const SeriesResults& results);

// Pictures of a compared set: truth, solver, network, gated pair, their difference, who computed what. Names begin with
// set_NNNN. One rank's work.
std::vector<ShownImage> draw_set(const RunDirectory& directory, const SeriesSet& set, const SetRecord& record,
                                 const ComparedObjects& objects, const SetComparison& comparison);
std::string series_report(const RunDirectory& directory, const SeriesResults& results,
                          const std::vector<ShownImage>& images);

}  // namespace locum::apps
