#include "solvers/imaging/specimen/crystal_slab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "solvers/imaging/specimen/thermal.hpp"

namespace locum::imaging {
namespace {

constexpr double on_the_face = 1e-6;  // fractional: rounding of what a file says
constexpr double at_the_cut = 1e-5;   // Å: a plane of atoms on a cut belongs to what lies below it

// Which of the cell's vectors are along x, y and the beam.
struct Axes {
  int of[3];
};
Axes axes(const std::string& beam) {
  const int z = beam == "x" ? 0 : beam == "y" ? 1 : 2;
  return {{(z + 1) % 3, (z + 2) % 3, z}};
}

void check_angles(const Cell& cell, double tolerance) {
  for (int a = 0; a < 3; ++a) {
    const Vec3 first = cell.vectors().row(a), second = cell.vectors().row((a + 1) % 3);
    const double cosine = dot(first, second) / (norm(first) * norm(second));
    if (std::abs(cosine) > tolerance)
      throw ConfigError(fmt::format("cell vectors {} and {} meet at {:.3f}°, a cosine of {:.4f}; {:.4g} is allowed", a,
                                    (a + 1) % 3, std::acos(cosine) * 180.0 / units::pi, cosine, tolerance),
                        "specimen.frame.strain_tolerance",
                        fmt::format("images need a cell of right angles; {:.2g} would do", 1.01 * std::abs(cosine)));
  }
}

// Fractional coordinates in [0, 1).
Vec3 placed(Vec3 r, std::size_t i, int element, const Cell& cell, const bool (&periodic)[3]) {
  if (!std::isfinite(r.x) || !std::isfinite(r.y) || !std::isfinite(r.z))
    throw ConfigError(fmt::format("atom {} is at ({}, {}, {}) Å", i, r.x, r.y, r.z), "specimen.frame");
  const Vec3 s = cell.to_fractional(r), wrapped = Cell::wrap(s);
  Vec3 inside;
  for (int d = 0; d < 3; ++d) {
    inside[d] = periodic[d] ? wrapped[d] : std::clamp(s[d], 0.0, 1.0 - 1e-12);
    if (periodic[d] || (s[d] >= -on_the_face && s[d] <= 1.0 + on_the_face)) continue;
    const double length = norm(cell.vectors().row(d));
    throw ConfigError(fmt::format("atom {} ({}) is outside of the box: {:.4f} Å along cell vector {}, which is not "
                                  "periodic and {:.4f} Å long",
                                  i, element_symbol(element), s[d] * length, d, length),
                      "specimen.frame", "shift the atoms or widen the box; in a periodic box they would be wrapped");
  }
  return inside;
}

}  // namespace

void SlabConfig::visit(ConfigVisitor& v) {
  v.value({"beam", "", "cell vector that the beam follows: first, second or third", {}, {"x", "y", "z"}}, beam);
  v.value({"repeat", "", "of the frame along its own three vectors", {1, 1000}}, repeat);
  v.value({"cut", "Angstrom", "first and last depth along the beam that are kept; empty: all", {0.0, 1e6}}, cut);
  v.value({"strain_tolerance", "", "largest cosine between cell vectors", {0.0, 0.2}}, strain_tolerance);
}

void SlabConfig::validate() const {
  if (beam != "x" && beam != "y" && beam != "z")
    throw ConfigError(fmt::format("the beam is along '{}', x, y or z was expected", beam), "specimen.frame.beam");
  if (repeat.size() != 3 || !std::all_of(repeat.begin(), repeat.end(), [](std::int64_t n) { return n >= 1; }))
    throw ConfigError(fmt::format("repeat is [{}], three numbers of 1 or more were expected", fmt::join(repeat, ", ")),
                      "specimen.frame.repeat");
  if (!cut.empty() && (cut.size() != 2 || !(cut[0] >= 0.0 && cut[1] > cut[0])))
    throw ConfigError(fmt::format("the cut is [{}] Å, two ascending depths were expected", fmt::join(cut, ", ")),
                      "specimen.frame.cut");
  if (!(strain_tolerance >= 0.0 && strain_tolerance <= 0.2))
    throw ConfigError(fmt::format("the strain tolerated is {}, 0 … 0.2 was expected", strain_tolerance),
                      "specimen.frame.strain_tolerance");
}

Specimen slab(const std::vector<Vec3>& position, const std::vector<int>& atomic_number, const Cell& cell,
              const bool (&periodic)[3], const SlabConfig& config) {
  config.validate();
  if (position.size() != atomic_number.size())
    throw ConfigError(
        fmt::format("the frame has {} positions and {} atomic numbers", position.size(), atomic_number.size()),
        "specimen.frame");
  check_angles(cell, std::max(config.strain_tolerance, 1e-9));
  const Axes axis = axes(config.beam);
  double length[3], whole[3];
  std::int64_t count[3];
  for (int d = 0; d < 3; ++d) {
    length[d] = norm(cell.vectors().row(axis.of[d]));
    count[d] = config.repeat[static_cast<std::size_t>(axis.of[d])];
    whole[d] = length[d] * static_cast<double>(count[d]);
  }
  const double first = config.cut.empty() ? 0.0 : config.cut[0];
  const double last = config.cut.empty() ? whole[2] : std::min(config.cut[1], whole[2]);
  if (!(last > first))
    throw ConfigError(fmt::format("the cut begins at {} Å, the frame is {:.3f} Å deep", first, whole[2]),
                      "specimen.frame.cut");
  Specimen specimen{whole[0], whole[1], last - first, {}, {}, {}};
  for (std::size_t i = 0; i < position.size(); ++i) {
    const Vec3 s = placed(position[i], i, atomic_number[i], cell, periodic);
    for (std::int64_t nx = 0; nx < count[0]; ++nx)
      for (std::int64_t ny = 0; ny < count[1]; ++ny)
        for (std::int64_t nz = 0; nz < count[2]; ++nz) {
          Vec3 r = {(s[axis.of[0]] + double(nx)) * length[0], (s[axis.of[1]] + double(ny)) * length[1],
                    (s[axis.of[2]] + double(nz)) * length[2] - first};
          if (r.z < -at_the_cut || (last < whole[2] && r.z >= last - first - at_the_cut)) continue;
          r.z = std::max(r.z, 0.0);
          specimen.position.push_back(r);
          specimen.atomic_number.push_back(atomic_number[i]);
        }
  }
  wrap_across(specimen);  // the far face may have been reached by rounding
  return specimen;
}

}  // namespace locum::imaging
