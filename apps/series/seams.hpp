// Where two players' tiles meet. Frames tell an object up to a constant phase; what network and solver made of
// neighbouring regions may differ by it, the more so where the network's coarse phase was off.
#pragma once

#include <vector>

#include "solvers/api/ptychography.hpp"

namespace locum::apps {

// Turns whole regions (tiles of one player that touch) by one phase each, so that they agree with their neighbours
// along the seam: from the largest region outwards, φ = arg Σ O_outside O_inside* over the pairs of pixels on both
// sides. What lies inside a region is left as it is. by_solver: of each tile.
void join_regions(const Ptychogram& input, const std::vector<bool>& by_solver, ObjectFunction& object);

}  // namespace locum::apps
