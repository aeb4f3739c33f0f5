// From the mean numbers of probes to what the file keeps of them: electrons counted, numbers in the file's types.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/imaging/scan_datasets.hpp"
#include "apps/imaging/tile_average.hpp"
#include "io/scan/scan_file.hpp"
#include "solvers/imaging/detectors/dose.hpp"

namespace locum::apps {

class Recorder {
 public:
  // electrons: for each probe position; 0: nothing is counted.
  Recorder(const ScanDatasets& sets, const imaging::DetectorSet& detectors, double electrons, std::uint64_t dose_seed);

  // A tile as the engine left it; with a source of finite size only what is folded later, the errors and the single
  // configurations are written.
  void write_average(io::ScanFile& file, std::int64_t first, const TileAverage& average) const;
  // Probes after the source's size: channels (n, channels), pattern (n, qx, qy) or empty.
  void write_folded(io::ScanFile& file, std::int64_t first, std::span<const double> channels,
                    std::span<const float> pattern) const;

 private:
  void write_numbers(io::ScanFile& file, std::int64_t first, std::span<const double> numbers) const;
  void write_pattern(io::ScanFile& file, std::int64_t first, std::span<const float> pattern) const;

  const ScanDatasets& sets_;
  const imaging::DetectorSet& detectors_;
  double electrons_;
  std::uint64_t seed_;
};

}  // namespace locum::apps
