// Makes windows that know their phase but for a constant agree.
#pragma once

#include <vector>

#include "surrogates/imaging/windows.hpp"

namespace locum::imaging {

// Adds a number to one channel of each window such that neighbours agree where they share pixels, in the sense of least
// squares, weighed by `weight` (nx, ny); the numbers' mean is zero. A phase that is known but for a constant in every
// window becomes one that is known but for one constant: all that is longer than a window rests on these numbers.
// Windows that no lit pixel joins to others are left where they are.
//
// answers: (windows, side, side, channels) in the order of grid.windows(). The normal equations, a Laplacian on the
// windows that overlap, are solved by conjugate gradients (Hestenes and Stiefel, J. Res. Nat. Bur. Stand. 49, 409
// (1952)) scaled by their diagonal, to a residual of 1e-9: memory grows as the windows, work as the windows times the
// longer row of them. On one thread and in one order, so that all ranks get the same bits.
void align(const WindowGrid& grid, const std::vector<float>& weight, int channels, int channel,
           std::vector<float>& answers);

}  // namespace locum::imaging
