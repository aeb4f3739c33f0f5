// Which datasets a scan leaves in its file.
//
//   NAME             what the detector NAME says: fractions of the beam (a centre of mass: mrad or 1/Angstrom), or
//                    counts of electrons where there is a dose
//   NAME_expected    with a dose: what the counts are drawn from
//   NAME_error       standard error of the mean over the configurations, without the source's size and the dose
//   NAME_each        what each configuration gave, where the input asks for it
//   point_source     with a source of finite size: channels of all detectors before it is folded in, double
//   PATTERN          cube of a pixelated detector; PATTERN_point_source before the source's size
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/scan/scan_layout.hpp"
#include "solvers/imaging/detectors/detector_set.hpp"
#include "solvers/imaging/detectors/scan.hpp"

namespace locum::apps {

struct RecordOptions {
  int configurations = 1;
  bool each_configuration = false;
  bool counts = false;       // a dose is given
  bool sixteen_bit = false;  // of a cube's counts: where the dose cannot give more than 65535 to a probe
  bool source_size = false;  // numbers are folded with the source at the end
  double depth = 0.0;        // of the waves that are detected, below the entrance surface, Å
};

struct ScanDatasets {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  // Indices in layout.images.
  struct Image {
    int detector = 0;  // of the set
    bool counts = false;
    std::size_t result = none, expected = none, error = none, each = none;
  };
  io::ScanLayout layout;  // tiles are not set
  std::vector<Image> images;
  std::size_t sharp = none;                          // channels before the source's size, in layout.images
  std::size_t pattern = none, sharp_pattern = none;  // in layout.cubes
};

// Throws ConfigError for more than one pixelated detector.
ScanDatasets scan_datasets(const imaging::DetectorSet& detectors, const imaging::Scan& scan,
                           const RecordOptions& options);

}  // namespace locum::apps
