#include "solvers/imaging/potential/projected_potential_atoms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/potential/projected_potential.hpp"

namespace locum::imaging {

void PotentialConfig::visit(ConfigVisitor& v) {
  v.value({"parametrization", "", "scattering factors", {}, parametrization_names()}, parametrization);
  v.value({"projection",
           "",
           "finite: atoms over the slices that they reach; infinite: all in the slice of the centre",
           {},
           {"finite", "infinite"}},
          projection);
  v.value({"tolerance", "", "of the finite projection, relative to an atom's potential", {1e-5, 0.1}}, tolerance);
}

void PotentialConfig::validate() const {
  imaging::parametrization(parametrization);
  if (projection != "finite" && projection != "infinite")
    throw ConfigError(fmt::format("there is no projection '{}'", projection), "potential.projection",
                      "known: finite, infinite");
  if (!(tolerance >= 1e-5 && tolerance <= 0.1))
    throw ConfigError(fmt::format("the tolerance of the projection is {}, 1e-5 … 0.1 was expected", tolerance),
                      "potential.tolerance");
}

std::vector<int> species_of(const Specimen& specimen) {
  std::vector<int> species = specimen.atomic_number;
  std::sort(species.begin(), species.end());
  species.erase(std::unique(species.begin(), species.end()), species.end());
  return species;
}

std::pair<int, int> SortedAtoms::within(double top, double bottom, double reach) const {
  const auto low = std::lower_bound(z.begin(), z.end(), top - reach - on_the_edge);
  const auto high = std::lower_bound(low, z.end(), bottom + reach);
  return {static_cast<int>(low - z.begin()), static_cast<int>(high - z.begin())};
}

std::vector<SortedAtoms> sorted_by_depth(const Specimen& specimen, const std::vector<int>& species, double top,
                                         double bottom) {
  std::vector<SortedAtoms> atoms(species.size());
  for (std::size_t i = 0; i < specimen.position.size(); ++i) {
    const Vec3 r = specimen.position[i];
    if (!std::isfinite(r.x) || !std::isfinite(r.y) || !std::isfinite(r.z))
      throw ConfigError(fmt::format("atom {} is at ({}, {}, {}) Å", i, r.x, r.y, r.z), "specimen");
    const auto at = std::find(species.begin(), species.end(), specimen.atomic_number[i]);
    if (at == species.end())
      throw ConfigError(fmt::format("atom {} is {}, which the potential was not made for", i,
                                    element_symbol(specimen.atomic_number[i])),
                        "specimen", "name all elements of all frames when the potential is made");
    if (r.z >= top && r.z <= bottom) atoms[at - species.begin()].index.push_back(static_cast<int>(i));
  }
  for (auto& list : atoms) {
    std::stable_sort(list.index.begin(), list.index.end(),
                     [&](int a, int b) { return specimen.position[a].z < specimen.position[b].z; });
    for (const int i : list.index) list.z.push_back(specimen.position[i].z);
  }
  return atoms;
}

std::vector<SeparatedFormFactor> separated(const Grid& grid, const std::string& parametrization_name, bool finite,
                                           double tolerance, const std::vector<int>& species) {
  std::vector<SeparatedFormFactor> factors;
  for (const int number : species) {
    const auto atom = scattering_terms(parametrization(parametrization_name), number);
    if (finite)
      factors.emplace_back(atom, grid.largest_frequency(), tolerance);
    else
      factors.emplace_back(atom);
  }
  return factors;
}

void check(const Grid& grid, const std::vector<double>& edges) {
  if (grid.nx < 1 || grid.ny < 1 || !(grid.lx > 0.0) || !(grid.ly > 0.0))
    throw ConfigError(fmt::format("the grid has {} × {} points over {} × {} Å, positive numbers were expected", grid.nx,
                                  grid.ny, grid.lx, grid.ly),
                      "grid");
  if (edges.size() < 2) throw ConfigError("there is no slice, at least one was expected", "slices");
  for (std::size_t s = 1; s < edges.size(); ++s)
    if (!(edges[s] > edges[s - 1]))
      throw ConfigError(fmt::format("slice {} goes from {} to {} Å", s - 1, edges[s - 1], edges[s]), "slices",
                        "edges must ascend");
}

PotentialCost potential_cost(const Grid& grid, const std::vector<double>& edges, const PotentialConfig& config,
                             const Specimen& specimen, int bytes_of_number) {
  config.validate();
  check(grid, edges);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto species = species_of(specimen);
  const auto factors =
      separated(grid, config.parametrization, config.projection == "finite", config.tolerance, species);
  const auto atoms = sorted_by_depth(specimen, species, -infinity, infinity);
  const double kx = grid.frequencies_x();
  const double ky = grid.frequencies_y();
  const double points = static_cast<double>(grid.nx) * grid.ny;
  PotentialCost cost;
  double most = 0.0, components = 0.0, together = 0.0;
  for (std::size_t e = 0; e < species.size(); ++e) components += static_cast<double>(factors[e].profiles().size());
  for (int s = 0; s + 1 < static_cast<int>(edges.size()); ++s) {
    const auto [top, bottom] = slice_range(edges, s);
    double in_reach = 0.0;
    for (std::size_t e = 0; e < species.size(); ++e) {
      for (const auto& profile : factors[e].profiles()) {
        const auto [low, high] = atoms[e].within(top, bottom, profile.reach);
        cost.operations += 2.0 * (2 * kx) * (2 * ky) * (high - low);
        most = std::max(most, static_cast<double>(high - low));
      }
      const auto [low, high] = atoms[e].within(top, bottom, factors[e].reach());
      in_reach += high - low;
    }
    together = std::max(together, in_reach);
    cost.operations += 8.0 * kx * ky * components + 5.0 * points * std::log2(std::max(points, 2.0));
  }
  const double row = 2.0 * bytes_of_number * (kx + ky), all = static_cast<double>(specimen.position.size());
  const double phases = std::max(together * row, std::min(all * row, most_bytes_of_phases));
  cost.bytes = phases + bytes_of_number * (components * kx * ky + 2.0 * most * 2.0 * ky + 8.0 * kx * ky + 2.0 * points);
  return cost;
}

}  // namespace locum::imaging
