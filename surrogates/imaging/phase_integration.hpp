// Poisson's equation with free edges, by the cosine transform: the phase whose gradient comes nearest to a given field
// in the sense of least squares, and what has a given source.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::imaging {

// gradient_x, gradient_y: (nx, ny), rad a pixel, at the pixels; between neighbours their mean is taken. Returns φ (nx,
// ny) of mean zero with free edges: ∇²φ = ∇·g by the cosine transform (Ghiglia and Romero, J. Opt. Soc. Am. A 11 (1994)
// 107, equations 10–13), made of a transform of the mirrored field.
std::vector<float> integrate_gradient(const ExecutionSpace& space, int nx, int ny, const std::vector<float>& gradient_x,
                                      const std::vector<float>& gradient_y);

// u of mean zero with −∇²u = source − its mean. source: (nx, ny).
std::vector<float> inverse_laplacian(const ExecutionSpace& space, int nx, int ny, const std::vector<float>& source);

}  // namespace locum::imaging
