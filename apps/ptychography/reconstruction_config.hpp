// The input of `locum reconstruct`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/cxi/cxi_keys.hpp"
#include "kokkos_kernels/base/energy_meter.hpp"
#include "solvers/imaging/optics/probe.hpp"
#include "solvers/imaging/ptychography/frames/window_probe.hpp"
#include "solvers/imaging/ptychography/ptychography_config.hpp"
#include "solvers/imaging/ptychography/quality/ring_correlation.hpp"

namespace locum::apps {

struct ReconstructionDataConfig {
  std::string file;                     // CXI, NXcxi_ptycho, EMD, Locum's scan.h5, or any HDF5 whose keys are given
  std::vector<std::int64_t> frames;     // of the file: first, last; or first, last, every; −1 is the last; empty: all
  std::vector<std::int64_t> leave_out;  // frames of the file that take no part; −1 is the last
  io::DiffractionKeys keys;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct StartConfig {
  std::string from;            // an earlier reconstruction.cxi of these frames: its object, probe and positions
  std::string object;          // of an earlier reconstruction.cxi, instead of ptychography.start
  std::string probe = "auto";  // file: the data file's; microscope: of [microscope]; auto: the file's if it has one;
                               // mean_frame: of the frames' mean amplitudes, with `defocus`
  double defocus = 0.0;        // Å, of mean_frame; positive: underfocus
  int margin = 8;              // pixels of the object around the outermost windows: room for corrections of positions

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct HalvesConfig {
  bool halves = true;  // reconstruct the odd and the even frames too, for the resolution
  imaging::RingCorrelationConfig ring;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

struct ReconstructionOutputConfig {
  bool pictures = true;             // PNG and TIFF
  bool events = true;               // TensorBoard's, of R and the change of the object
  double checkpoint_minutes = 5.0;  // 0: after every sweep
  double limit_minutes = 0.0;       // of sweeping, earlier sessions included; 0: none

  void visit(ConfigVisitor& v);
};

struct ReconstructionConfig {
  std::string title = "reconstruction";
  ReconstructionDataConfig data;
  StartConfig start;
  imaging::ProbeConfig microscope;
  imaging::WindowProbeConfig probe;
  imaging::PtychographyConfig ptychography;
  HalvesConfig resolution;
  ReconstructionOutputConfig output;
  EnergyConfig energy;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

}  // namespace locum::apps
