// The input of `locum simulate` for ptychographic data sets: told by its section [ptychography].
#pragma once

#include <cstdint>
#include <string>

#include "apps/imaging/specimen_config.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"
#include "solvers/imaging/potential/slices.hpp"
#include "solvers/imaging/ptychography/simulation/simulated_ptychogram.hpp"

namespace locum::apps {

struct DataSetsConfig {
  std::string source = "random";         // or "specimen": what the beam goes through
  std::string model = "multiplicative";  // of a specimen; or "multislice"
  std::int64_t series = 1;               // data sets
  std::int64_t first = 0;                // number of the first one
  double memory_GiB = 0.0;               // that a node's ranks may take together; 0: what the node has left

  void visit(ConfigVisitor& v);
};

struct PtychographyOutputConfig {
  bool pictures = true;  // PNG and TIFF
  int drawn = 4;         // data sets of a series that are drawn and described in the report

  void visit(ConfigVisitor& v);
};

struct PtychographyDataConfig {
  std::string title = "ptychography";
  std::int64_t seed = 1;  // of Einstein's displacements
  DataSetsConfig ptychography;
  imaging::SimulatedPtychogramConfig simulation;
  SpecimenConfig specimen;
  ThermalMotionConfig thermal;
  imaging::PotentialConfig potential;
  imaging::SliceConfig slices;
  PtychographyOutputConfig output;
  EnergyConfig energy;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
  bool of_specimen() const { return ptychography.source == "specimen"; }
  bool multislice() const { return of_specimen() && ptychography.model == "multislice"; }
};

}  // namespace locum::apps
