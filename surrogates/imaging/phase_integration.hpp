// The phase whose gradient comes nearest to a given field, in the sense of least squares.
#pragma once

#include <vector>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::imaging {

// gradient_x, gradient_y: (nx, ny), rad a pixel, at the pixels; between neighbours their mean is taken. Returns φ (nx,
// ny) of mean zero with free edges: ∇²φ = ∇·g by the cosine transform (Ghiglia and Romero, J. Opt. Soc. Am. A 11 (1994)
// 107, equations 10–13), made of a transform of the mirrored field.
std::vector<float> integrate_gradient(const ExecutionSpace& space, int nx, int ny, const std::vector<float>& gradient_x,
                                      const std::vector<float>& gradient_y);

}  // namespace locum::imaging
