// Two halves of a data set, for Fourier ring correlation.
#pragma once

#include <array>
#include <vector>

#include "solvers/api/ptychography.hpp"

namespace locum::apps {

// Frames in two halves such that neighbours part: the two colours of the shortest tree that joins the positions
// (Kruskal's), which on a raster are those of a chessboard, jitter or not. Both have a frame where there are two.
std::array<std::vector<int>, 2> halves_of(const Ptychogram& input);

}  // namespace locum::apps
