// The run of a scan: tiles of probes through all configurations, handed out to whichever rank is free, written and
// marked as they are done.
//
// What a tile gives depends on its probes alone, so neither the number of ranks nor who was free nor a restart changes
// a bit of the file. No rank holds more than one tile. A second pass folds with the source's size where it has one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "apps/imaging/forecast.hpp"
#include "apps/imaging/recorder.hpp"
#include "apps/imaging/scan_datasets.hpp"
#include "apps/imaging/scan_tiles.hpp"
#include "apps/imaging/source_fold.hpp"
#include "apps/run_directory.hpp"
#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

struct ScanRun {
  imaging::Scan scan;
  int configurations = 1;
  int slices = 1;  // for the rate that is printed
  bool each_configuration = false;
  double electrons = 0.0;  // for each probe position; 0: no counting
  std::uint64_t dose_seed = 1;
  double source_sigma = 0.0;  // Å
  std::int64_t tile = 0;      // probes; 0: tile_size() chooses
  double memory = 0.0;        // bytes of a node that the run may take; 0: what the node has left
  io::ScanMetadata metadata;
};

struct ScanAccount {
  std::int64_t probes = 0, probes_here = 0;  // of the scan; done by this session (a restart does what is left)
  std::int64_t tiles = 0, tiles_here = 0;
  double prepare = 0.0, scan = 0.0, write = 0.0, fold = 0.0, wall = 0.0;  // s, of the slowest rank
  double rate = 0.0;  // probe·slices/s of all ranks, configurations counted
  Forecast forecast;
};

class ScanJob {
 public:
  static constexpr const char* file_name = "scan.h5";
  static constexpr const char* begun = "scan.begun";  // there while scan.h5.part is worth going on with

  ScanJob(const Context& context, const RunDirectory& directory, const ScanRun& run,
          const imaging::DetectorSet& detectors, imaging::ScanEngine& engine);

  // Says what the run will take and refuses what does not fit (ConfigError); then everything that is not done yet.
  // False when a signal asked to stop: what is done is in the file. Collective; errors of one rank are thrown by all.
  bool run(bool restart);

  const ScanAccount& account() const { return account_; }
  const ScanDatasets& datasets() const { return sets_; }

 private:
  void open_file(bool restart);
  void prepare();
  double batch_seconds(std::int64_t batch, int configuration);
  bool scan_tiles_left();
  bool fold_rows_left();
  void scan_tile(std::int64_t tile, TileAverage& average, const std::function<void()>& between);
  void fold_row(int ix);
  std::vector<double> folded(int ix, bool cube, std::size_t width) const;
  bool folds() const { return run_.source_sigma > 0.0; }

  const Context& context_;
  const RunDirectory& directory_;
  const ScanRun& run_;
  const imaging::DetectorSet& detectors_;
  imaging::ScanEngine& engine_;
  ScanDatasets sets_;
  std::vector<Tile> tiles_;
  Recorder recorder_;
  std::unique_ptr<SourceFold> fold_;
  std::unique_ptr<io::ScanFile> file_;
  ScanAccount account_;
};

}  // namespace locum::apps
