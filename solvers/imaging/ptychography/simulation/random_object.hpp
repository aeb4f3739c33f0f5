// Complex objects drawn at random, for training and for tests: O(r) = a(r) exp(iφ(r)).
//
// Two patterns in [0, 1] are drawn, f and g; φ = phase · f, a = 1 − (1 − amplitude)(c f + (1 − c) g) with the
// correlation c. Patterns are of one kind:
//   natural       normal random fields of power spectrum 1/k^exponent, as natural images have (Field, J. Opt. Soc. Am.
//   A
//                 4 (1987) 2379: exponents 2 to 3), scaled to [0, 1]
//   cells         soft ellipses of many sizes that overlap, as of thick and thin cells
//   binary        a natural field cut at its median: sharp edges
//   points        round spots, as of atomic columns
//   siemens_star  spokes of a star around the middle, turned at random
//   lines         gratings of random pitch and direction in patches
// They are low-passed by a Gaussian that has fallen to 1 % at `band` of the Nyquist frequency: no edge rings, and all
// stays in [0, 1]. Away from the Nyquist frequency a natural field keeps its exponent.
#pragma once

#include <complex>
#include <cstdint>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "solvers/api/ptychography.hpp"

namespace locum::imaging {

struct RandomObjectConfig {
  std::string kind = "natural";  // natural, cells, binary, points, siemens_star or lines
  double phase = 1.0;            // rad, from the least to the largest
  double amplitude = 0.9;        // the least; 1: a pure phase object
  double correlation = 1.0;      // of the amplitude's pattern with the phase's: 0 independent, 1 equal
  double exponent = 2.5;         // natural and binary: of the power spectrum
  double feature = 12.0;         // pixels: size of cells, a third of lines' patches; spacing of points
  double band = 1.0;             // where the low-pass is 1 %, of the Nyquist frequency
  std::int64_t seed = 1;

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// The object of number `index`, (nx, ny), on the host: a pure function of config, sizes and index. Throws ConfigError
// for sizes below 1.
ObjectFunction random_object(const RandomObjectConfig& config, int nx, int ny, std::int64_t index);

// One pattern in [0, 1], (nx, ny): `which` counts the patterns of an object.
std::vector<double> random_pattern(const RandomObjectConfig& config, int nx, int ny, std::int64_t index, int which);

}  // namespace locum::imaging
