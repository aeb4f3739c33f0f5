// Poisson's equation with free edges, by the cosine transform: the phase whose gradient comes nearest to a given field
// in the sense of least squares, and what has a given source.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::imaging {

// What is looked for in one transform, the one as its real and the other as its imaginary part.
struct PoissonSources {
  // Of the phase φ: (nx, ny), rad a pixel, at the pixels; between neighbours their mean is taken. ∇²φ = ∇·g (Ghiglia
  // and Romero, J. Opt. Soc. Am. A 11 (1994) 107, equations 10–13).
  std::vector<float> gradient_x, gradient_y;
  std::vector<float> source;  // of u: −∇²u = source − its mean; (nx, ny)
};

struct PoissonAnswers {
  std::vector<float> phase, potential;  // φ and u, (nx, ny), of mean zero
};

// In single precision: right to 1e-4 of the largest value on 512 × 512 points.
PoissonAnswers solve_poisson(const ExecutionSpace& space, int nx, int ny, const PoissonSources& sources);

}  // namespace locum::imaging
