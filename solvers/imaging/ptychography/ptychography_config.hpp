// What a reconstruction asks of its user. Keys and their meaning are in visit(); formulas in the engines' headers.
#pragma once

#include <cstdint>
#include <string>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct PtychographyConfig {
  std::string engine = "lsqml";
  std::string start = "back_propagated";
  std::string likelihood = "amplitude";
  int sweeps = 200;
  int warm_up = 0;
  double tolerance = 3e-3;
  int batch = 0;
  std::int64_t seed = 1;
  double object_step = 0.0;
  double probe_step = 0.0;
  double alpha = 0.0;
  double damping = 0.0;
  bool coarse_phase = true;
  double line_search = 0.25;
  double relaxation = 0.75;
  double noise_bound = -1.0;
  double momentum = -1.0;
  double memory = 0.0;
  int shift_raster = 0;

  struct Probe {
    bool refine = false;
    int from = 3;
    double support = 0.0;
    bool keep_power = true;
    int orthogonalise = 10;
    void visit(ConfigVisitor& v);
  } probe;

  struct Positions {
    bool correct = false;
    int from = 5;
    double largest_move = 0.5;
    double largest_shift = 10.0;
    double step = 1.0;
    int drift = 2;
    void visit(ConfigVisitor& v);
  } positions;

  struct Regularisation {
    double largest_amplitude = 0.0;
    double smoothness = 0.0;
    double total_variation = 0.0;
    void visit(ConfigVisitor& v);
  } regularisation;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
  // The same by another engine, as that comes: what was set for this one would not suit it. By the same likelihood,
  // where that engine knows it.
  PtychographyConfig by_engine(const std::string& other) const;
};

}  // namespace locum::imaging
