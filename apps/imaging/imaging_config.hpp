// The input of `locum simulate` for images: told by its section [imaging].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/imaging/specimen_config.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/imaging/detectors/detector_set_config.hpp"
#include "solvers/imaging/detectors/dose.hpp"
#include "solvers/imaging/detectors/scan.hpp"
#include "solvers/imaging/engines/local_config.hpp"
#include "solvers/imaging/engines/prism_config.hpp"
#include "solvers/imaging/grid.hpp"
#include "solvers/imaging/optics/coherence.hpp"
#include "solvers/imaging/optics/objective.hpp"
#include "solvers/imaging/optics/probe.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/potential/slices.hpp"

namespace locum::apps {

struct MethodConfig {
  std::string mode = "stem";  // probes; or "hrtem": a plane wave
  std::string method = "multislice";
  std::string precision = "float";  // or "double"
  double memory_GiB = 0.0;          // that a node's ranks may take together; 0: what the node has left
  int batch = 0;                    // waves at a time; 0: what suits the processor

  void visit(ConfigVisitor& v);
};

struct GridConfig {
  double sampling = 0.1;             // Å, at most
  std::vector<std::int64_t> points;  // along x and y, instead

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// The grid of a cell of lx × ly Å: points that transform fast (prime factors up to 7), spaced by config.sampling or
// less. Throws ConfigError for points that do not; it names those that would do.
imaging::Grid make_grid(const GridConfig& config, double lx, double ly);

struct HrtemConfig {
  imaging::ObjectiveConfig objective;
  std::vector<double> depths;  // Å, of a thickness series: images at these, besides the exit
  bool exit_waves = false;     // keep each configuration's waves at the depths and the exit

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct ImagingOutputConfig {
  std::int64_t tile = 0;            // probes that are handed out, written and marked together; 0: chosen
  bool each_configuration = false;  // keep every configuration's images too
  bool pictures = true;             // PNG and TIFF of images

  void visit(ConfigVisitor& v);
};

struct ImagingConfig {
  std::string title = "image";
  std::int64_t seed = 1;
  MethodConfig imaging;
  SpecimenConfig specimen;
  ThermalMotionConfig thermal;
  GridConfig grid;
  imaging::ProbeConfig microscope;
  imaging::PotentialConfig potential;
  imaging::SliceConfig slices;
  imaging::PrismConfig prism;
  imaging::LocalConfig local;
  imaging::ScanConfig scan;
  std::vector<imaging::DetectorConfig> detectors = {imaging::DetectorConfig{}};
  imaging::CoherenceConfig coherence;
  imaging::DoseConfig dose;
  HrtemConfig hrtem;
  ImagingOutputConfig output;
  EnergyConfig energy;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::apps
