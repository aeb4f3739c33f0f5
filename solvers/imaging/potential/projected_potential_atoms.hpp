// The atoms of one element as the potential wants them: by depth, so that those in reach of a slice lie together.
// Internal to projected_potential.
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "solvers/api/specimen.hpp"
#include "solvers/imaging/grid.hpp"
#include "solvers/imaging/potential/scattering_depth.hpp"

namespace locum::imaging {

// Phases of as many slices' atoms are held at a time as fit into that many bytes.
inline constexpr double most_bytes_of_phases = 128e6;

// Of a slice's edges as the atoms see them: what is above the first or below the last counts to them.
struct SliceRange {
  double top, bottom;
};
inline SliceRange slice_range(const std::vector<double>& edges, int s) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const int last = static_cast<int>(edges.size()) - 2;
  return {s == 0 ? -infinity : edges[s], s == last ? infinity : edges[s + 1]};
}

struct SortedAtoms {
  std::vector<double> z;   // ascending, Å
  std::vector<int> index;  // in the specimen
  // Those with top − reach ≤ z < bottom + reach (on_the_edge included), as indices into z.
  std::pair<int, int> within(double top, double bottom, double reach) const;
};

// One for each of `species`, of the atoms between `top` and `bottom` (inclusive). Throws ConfigError for another
// element and for a position that is not finite.
std::vector<SortedAtoms> sorted_by_depth(const Specimen& specimen, const std::vector<int>& species, double top,
                                         double bottom);

// The expansions of the species' form factors up to the grid's largest frequency.
std::vector<SeparatedFormFactor> separated(const Grid& grid, const std::string& parametrization, bool finite,
                                           double tolerance, const std::vector<int>& species);

void check(const Grid& grid, const std::vector<double>& edges);

}  // namespace locum::imaging
