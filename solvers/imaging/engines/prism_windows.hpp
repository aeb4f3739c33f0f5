// Which windows of an S-matrix probes are cut out in, and which probes are summed together.
#pragma once

#include <span>
#include <vector>

#include "solvers/imaging/engines/prism_kernels.hpp"

namespace locum::imaging {

// Indices of `positions` in an order along which neighbours lie close together (Morton's curve), so that the windows of
// a group overlap and what they need of the S-matrix is little more than one window.
std::vector<int> order_by_place(const PrismLayout& layout, std::span<const Position> positions);

// The windows of one batch: centred on the S-matrix's point nearest to each probe, as in Prismatic; all of the cell
// along an axis that is not interpolated.
template <class T>
struct PrismWindows {
  explicit PrismWindows(int batch);
  // Copies to the device wait for `space`. Positions: of at most `batch` probes, Å.
  void place(const ExecutionSpace& space, const PrismLayout& layout, std::span<const Position> positions);

  WindowStarts start;
  GroupRegions region;
  std::array<int, 4> all = {};  // region of the whole batch

 private:
  HostView<int* [2]> start_host_;
  HostView<int* [4]> region_host_;
};

}  // namespace locum::imaging
