// The run of HRTEM images: configurations handed out to whichever rank is free, each image written as it is done, then
// the mean of all, row by row, in the order of the configurations: the same file from any number of ranks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/imaging/forecast.hpp"
#include "apps/imaging/hrtem_file.hpp"
#include "apps/run_directory.hpp"
#include "io/scan/scan_file.hpp"
#include "kokkos_kernels/base/context.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"

namespace locum::apps {

// imaging::HrtemEngine in either precision.
struct HrtemSolver {
  imaging::Grid grid;
  std::vector<double> depths;  // Å
  imaging::EngineMemory memory;
  std::function<void()> prepare;                   // collective
  std::function<std::vector<double>(int)> images;  // (depths, nx, ny), of a configuration
  std::function<std::vector<float>(int)> waves;    // (depths, nx, ny, 2)
};

struct HrtemRun {
  int configurations = 1;
  bool exit_waves = false;
  double electrons = 0.0;  // for each pixel of the image; 0: no counting
  std::uint64_t dose_seed = 1;
  double memory = 0.0;  // bytes of a node that the run may take; 0: what the node has left
  io::ScanMetadata metadata;
};

struct HrtemAccount {
  int configurations_here = 0;       // done by this session
  double prepare = 0.0, wall = 0.0;  // s, of the slowest rank
  Forecast forecast;
};

class HrtemJob {
 public:
  HrtemJob(const Context& context, const RunDirectory& directory, const HrtemRun& run, const HrtemSolver& solver);

  // As ScanJob::run.
  bool run(bool restart);
  const HrtemDatasets& datasets() const { return sets_; }
  const HrtemAccount& account() const { return account_; }

 private:
  void open_file(bool restart);
  void image_configuration(int configuration);
  void average_rows(std::int64_t tile);

  const Context& context_;
  const RunDirectory& directory_;
  const HrtemRun& run_;
  const HrtemSolver& solver_;
  HrtemDatasets sets_;
  std::unique_ptr<io::ScanFile> file_;
  HrtemAccount account_;
};

}  // namespace locum::apps
