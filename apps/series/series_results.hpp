// What a series leaves: model.h5, a CXI file of each set, summary.json, report.html.
#pragma once

#include <string>
#include <vector>

#include "apps/imaging/report_page.hpp"
#include "apps/series/series_run.hpp"
#include "io/cxi_result.hpp"

namespace locum::apps {

// Scores and errors on held-out data sets: "pairs", (count, 2).
FieldSet calibration_fields(const std::vector<train::CalibrationPair>& pairs);

// The networks' layers and parameters, what was done before and after them, calibration, and where all came from.
io::Tree object_model(const SeriesRunConfig& config, const imaging::ObjectCascade& cascade,
                      const std::vector<train::CalibrationPair>& pairs, const TrainingSummary& training);

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
  std::vector<train::CalibrationPair> pairs;
  double scale = 0.0, threshold = 0.0;  // of the gate, at the end
  int ranks = 1;
};

std::string series_summary(const SeriesResults& results);

// Pictures of a compared set: truth, solver, network, gated pair, their difference, who computed what. Names begin with
// set_NNNN. One rank's work.
std::vector<ShownImage> draw_set(const RunDirectory& directory, const SeriesSet& set, const SetRecord& record,
                                 const ComparedObjects& objects, const SetComparison& comparison);
std::string series_report(const RunDirectory& directory, const SeriesResults& results,
                          const std::vector<ShownImage>& images);

}  // namespace locum::apps
