// Which datasets an HRTEM run leaves in its file: a picture's pixels take the place of probes.
//
//   hrtem                the mean over the configurations, of each plane; 1 is the incident beam; or electrons counted
//   hrtem_expected       with a dose: what the counts are drawn from
//   hrtem_error          standard error of the mean
//   configuration_NNNN   the image of each configuration
//   exit_wave_NNNN       its wave, real and imaginary part, where the input asks for it
#pragma once

#include <cstdint>
#include <vector>

#include "io/scan/scan_layout.hpp"
#include "solvers/imaging/grid.hpp"

namespace locum::apps {

struct HrtemOptions {
  int configurations = 1;
  bool counts = false, waves = false;
};

struct HrtemDatasets {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct Plane {
    std::size_t result = none, expected = none, error = none;
    std::vector<std::size_t> configuration, wave;  // of each configuration; wave: empty where none is kept
  };
  io::ScanLayout layout;
  std::vector<Plane> planes;
  int rows_a_tile = 1;
  std::int64_t first_mean = 0;  // tiles: one a configuration, then the rows of the mean
};

// depths: of the planes, Å, ascending.
HrtemDatasets hrtem_datasets(const imaging::Grid& grid, const std::vector<double>& depths, const HrtemOptions& options);

}  // namespace locum::apps
