#include "solvers/imaging/potential/slices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {

void SliceConfig::visit(ConfigVisitor& v) {
  v.value({"thickness", "Angstrom", "greatest thickness of a slice; slices are equal", {1e-3, 1e3}}, thickness);
  v.value({"thicknesses", "Angstrom", "of each slice, in the beam's order; empty: equal slices", {1e-3, 1e3}},
          thicknesses);
  v.value(
      {"shift",
       "Angstrom",
       "of all atoms along the beam, with a slice more behind; -1: off the edges, where planes of atoms lie on them",
       {-1.0, 1e3}},
      shift);
}

void SliceConfig::validate() const {
  if (!(thickness >= 1e-3 && std::isfinite(thickness)))
    throw ConfigError(fmt::format("the slices' thickness is {} Å, 0.001 or more was expected", thickness),
                      "slices.thickness", "1 to 2 Å is usual");
  for (std::size_t s = 0; s < thicknesses.size(); ++s)
    if (!(thicknesses[s] >= 1e-3 && std::isfinite(thicknesses[s])))
      throw ConfigError(fmt::format("the thickness of slice {} is {} Å, 0.001 or more was expected", s, thicknesses[s]),
                        "slices.thicknesses");
}

std::vector<double> slice_edges(double lz, const SliceConfig& config) {
  config.validate();
  if (!(lz > 0.0 && std::isfinite(lz)))
    throw ConfigError(fmt::format("the specimen is {} Å thick, a positive number was expected", lz), "specimen");
  std::vector<double> edges = {0.0};
  if (config.thicknesses.empty()) {
    // A thickness that divides lz but for rounding gives that many slices, not one more.
    const double wanted = std::ceil(lz / config.thickness * (1.0 - 1e-12));
    if (wanted > 1e7)
      throw ConfigError(fmt::format("{} Å in slices of {} Å are {:.0f} slices, 10 million at most were expected", lz,
                                    config.thickness, wanted),
                        "slices.thickness");
    const int count = wanted < 1.0 ? 1 : static_cast<int>(wanted);
    for (int s = 1; s <= count; ++s) edges.push_back(s == count ? lz : lz * s / count);
    return edges;
  }
  for (const double thickness : config.thicknesses) edges.push_back(edges.back() + thickness);
  if (std::abs(edges.back() - lz) > 1e-6 * lz)
    throw ConfigError(
        fmt::format("the {} slices are {} Å thick together, the specimen is {} Å", edges.size() - 1, edges.back(), lz),
        "slices.thicknesses", "give thicknesses that add up to the specimen's");
  edges.back() = lz;
  return edges;
}

double shift_off_edges(const Specimen& specimen, const std::vector<double>& edges) {
  const double thickness = edges[1] - edges[0];
  for (std::size_t s = 1; s < edges.size(); ++s)
    if (std::abs(edges[s] - edges[s - 1] - thickness) > 1e-6 * thickness) return 0.0;
  // Atoms by their place within a slice, and what a shift leaves near an edge: nearer than some 0.25 Å it matters.
  constexpr int bins = 256;
  constexpr double near = 0.25;
  std::vector<double> atoms(bins, 0.0);
  for (const Vec3& r : specimen.position) {
    const double place = r.z / thickness - std::floor(r.z / thickness);
    atoms[static_cast<std::size_t>(place * bins) % bins] += 1.0;
  }
  const auto on_edges = [&](int shift) {
    double sum = 0.0;
    for (int b = 0; b < bins; ++b) {
      const double place = static_cast<double>((b + shift) % bins) / bins;
      const double distance = thickness * std::min(place, 1.0 - place);
      sum += atoms[static_cast<std::size_t>(b)] * std::exp(-distance * distance / (near * near));
    }
    return sum;
  };
  int best = 0;
  double least = on_edges(0);
  const double now = least;
  for (int shift = 1; shift < bins; ++shift)
    if (const double left = on_edges(shift); left < least) {
      least = left;
      best = shift;
    }
  return least < 0.5 * now ? thickness * best / bins : 0.0;
}

std::vector<double> slice_thicknesses(const std::vector<double>& edges) {
  std::vector<double> thickness;
  for (std::size_t s = 1; s < edges.size(); ++s) thickness.push_back(edges[s] - edges[s - 1]);
  return thickness;
}

}  // namespace locum::imaging
