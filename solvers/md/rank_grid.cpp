#include "solvers/md/rank_grid.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::md {
namespace {

int most_boxes(const Cell& cell, int d, double ghost_cutoff) {
  return std::max(1, static_cast<int>(cell.height(d) / ghost_cutoff + 1e-9));
}

// Owned and ghost volume of a box, in cells: what a rank must hold.
double held(const Cell& cell, const int (&count)[3], double ghost_cutoff) {
  double volume = 1.0;
  for (int d = 0; d < 3; ++d) volume *= 1.0 / count[d] + 2.0 * ghost_cutoff / cell.height(d);
  return volume;
}

std::optional<RankGrid> best_grid(int ranks, const Cell& cell, double ghost_cutoff) {
  std::optional<RankGrid> best;
  double least = std::numeric_limits<double>::infinity();
  for (int x = 1; x <= ranks; ++x)
    for (int y = 1; y <= ranks / x; ++y) {
      if (ranks % x != 0 || (ranks / x) % y != 0) continue;
      const int count[3] = {x, y, ranks / x / y};
      bool fits = true;
      for (int d = 0; d < 3; ++d) fits = fits && count[d] <= most_boxes(cell, d, ghost_cutoff);
      // A later grid must be better by more than rounding: cubes should give the same grid on every machine.
      if (!fits || held(cell, count, ghost_cutoff) >= least * (1.0 - 1e-12)) continue;
      least = held(cell, count, ghost_cutoff);
      best = RankGrid{{count[0], count[1], count[2]}, {0, 0, 0}};
    }
  return best;
}

[[noreturn]] void refuse(int ranks, const Cell& cell, double ghost_cutoff) {
  int most = ranks - 1;
  while (most > 1 && !best_grid(most, cell, ghost_cutoff)) --most;
  // The thickest boxes that so many ranks could have.
  double thickest = 0.0;
  for (int x = 1; x <= ranks; ++x)
    for (int y = 1; y <= ranks / x; ++y) {
      if (ranks % x != 0 || (ranks / x) % y != 0) continue;
      const int count[3] = {x, y, ranks / x / y};
      double thinnest = std::numeric_limits<double>::infinity();
      for (int d = 0; d < 3; ++d)
        if (count[d] > 1) thinnest = std::min(thinnest, cell.height(d) / count[d]);
      thickest = std::max(thickest, thinnest);
    }
  throw ConfigError(
      "more ranks than cells: " + std::to_string(ranks) + " ranks would own boxes " + std::to_string(thickest) +
          " Å wide, the cut-off with its skin is " + std::to_string(ghost_cutoff) + " Å and no box may be thinner",
      "decomposition of a cell with heights " + std::to_string(cell.height(0)) + ", " + std::to_string(cell.height(1)) +
          ", " + std::to_string(cell.height(2)) + " Å",
      "use at most " + std::to_string(most) + (most == 1 ? " rank" : " ranks") + ", a smaller skin, or more atoms");
}

}  // namespace

int RankGrid::neighbor(int d, int step) const {
  int at[3] = {coordinate[0], coordinate[1], coordinate[2]};
  at[d] = (at[d] + step + count[d]) % count[d];
  return rank_at(at[0], at[1], at[2]);
}

RankGrid make_rank_grid(const Communicator& comm, const Cell& cell, double ghost_cutoff) {
  auto grid = best_grid(comm.size(), cell, ghost_cutoff);
  if (!grid) refuse(comm.size(), cell, ghost_cutoff);
  const int yz = grid->count[1] * grid->count[2];
  grid->coordinate[0] = comm.rank() / yz;
  grid->coordinate[1] = comm.rank() % yz / grid->count[2];
  grid->coordinate[2] = comm.rank() % grid->count[2];
  return *grid;
}

}  // namespace locum::md
