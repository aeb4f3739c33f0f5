// Writes simulated data sets, one file after another, blocks of frames by whichever rank is free.
//
// A frame is a pure function of the input and its number, so the file is the same, byte for byte, from any number of
// ranks. A file has its name once it is whole: a run that was ended goes on with the first data set that is missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/imaging/forecast.hpp"
#include "apps/ptychography/data_source.hpp"
#include "apps/run_directory.hpp"

namespace locum::apps {

struct DataSetRecord {
  std::int64_t number = 0;
  std::string file;   // in the run's folder
  bool here = false;  // written by this session; else it was there
  int frames = 0, nx = 0, ny = 0, object_nx = 0, object_ny = 0, modes = 1;
  double dx = 0.0, dy = 0.0;           // Å
  double step = 0.0;                   // Å, mean distance of a position to its nearest neighbour
  double overlap = 0.0;                // linear, of neighbours: 1 − step / diameter of the probe
  double diameter = 0.0;               // Å, of the probe: the disc that holds 90 % of it
  double position_error = 0.0;         // pixels, root mean square distance of true and nominal positions
  double counts = 0.0, largest = 0.0;  // mean of a frame, the largest of a pixel; 0 where it was there
  std::vector<double> mean_frame;      // (nx, ny), centred; empty where it was there
};

struct DataAccount {
  double make = 0.0, write = 0.0, wall = 0.0;  // s, of the slowest rank
  std::int64_t frames_here = 0;
  Forecast forecast;
};

class DataJob {
 public:
  DataJob(const Context& context, const RunDirectory& directory, const PtychographyDataConfig& config,
          const std::string& input, const DataSource& source);

  // False when a signal asked to stop; whole files are there. ConfigError for what will not fit the memory or the disk.
  // Collective; errors of one rank are thrown by all.
  bool run(bool restart);

  const std::vector<DataSetRecord>& records() const { return records_; }
  const DataAccount& account() const { return account_; }
  static std::string file_name(const PtychographyDataConfig& config, std::int64_t k);  // of the series' entry k

 private:
  void forecast(const imaging::SimulatedPtychogram& set, std::int64_t missing);
  bool write(const imaging::SimulatedPtychogram& set, DataSetRecord& record);

  const Context& context_;
  const RunDirectory& directory_;
  const PtychographyDataConfig& config_;
  std::string input_;
  const DataSource& source_;
  std::vector<DataSetRecord> records_;
  DataAccount account_;
};

}  // namespace locum::apps
