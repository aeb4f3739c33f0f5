#include "solvers/imaging/specimen/crystal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/registry.hpp"

namespace locum::imaging {
namespace {

constexpr double on_the_face = 1e-5;  // Å: an atom so near to the far face is the near face's

// Positions of each kind of site.
using Sites = std::vector<std::vector<Vec3>>;

const Registry<Sites>& prototypes() {
  static const auto known = [] {
    const auto moved = [](std::vector<Vec3> sites, Vec3 by) {
      for (Vec3& s : sites) s = s + by;
      return sites;
    };
    const std::vector<Vec3> corner = {{0, 0, 0}}, centre = {{0.5, 0.5, 0.5}};
    const std::vector<Vec3> faces = {{0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    std::vector<Vec3> fcc = corner;
    fcc.insert(fcc.end(), faces.begin(), faces.end());
    const std::vector<Vec3> quarter = moved(fcc, {0.25, 0.25, 0.25});
    std::vector<Vec3> diamond = fcc;
    diamond.insert(diamond.end(), quarter.begin(), quarter.end());
    Registry<Sites> registry("prototype");
    registry.add("sc", {corner});
    registry.add("bcc", {{corner[0], centre[0]}});
    registry.add("fcc", {fcc});
    registry.add("diamond", {diamond});
    registry.add("zincblende", {fcc, quarter});
    registry.add("rocksalt", {fcc, {centre[0], {0.5, 0, 0}, {0, 0.5, 0}, {0, 0, 0.5}}});
    registry.add("caesium_chloride", {corner, centre});
    registry.add("perovskite", {corner, centre, faces});
    return registry;
  }();
  return known;
}

// How many cells along one direction.
std::int64_t repeats(const CrystalConfig& config, int d, double length) {
  if (!config.repeat.empty()) return config.repeat[static_cast<std::size_t>(d)];
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(config.size[static_cast<std::size_t>(d)] / length * (1.0 - 1e-9))));
}

struct Atom {
  Vec3 s;  // in units of the orthogonal cell, within [0, 1)
  std::size_t site;
};

// The atoms of one orthogonal cell: all translations of every site that fall into it.
std::vector<Atom> atoms_of(const Crystal& crystal, const OrthogonalCell& found) {
  Mat3 vectors;
  for (int r = 0; r < 3; ++r)
    for (int d = 0; d < 3; ++d) vectors[r][d] = found.vector[r][d];
  const Cell super(vectors);  // in units of a, b, c: its volume is the number of cells
  int low[3], high[3];
  for (int d = 0; d < 3; ++d) {
    double least = 0.0, most = 0.0;
    for (int r = 0; r < 3; ++r) (vectors[r][d] < 0.0 ? least : most) += vectors[r][d];
    low[d] = static_cast<int>(std::floor(least)) - 1;
    high[d] = static_cast<int>(std::ceil(most)) + 1;
  }
  std::vector<Atom> atoms;
  for (std::size_t site = 0; site < crystal.fractional.size(); ++site)
    for (int i = low[0]; i <= high[0]; ++i)
      for (int j = low[1]; j <= high[1]; ++j)
        for (int k = low[2]; k <= high[2]; ++k) {
          const Vec3 cell_at = {double(i), double(j), double(k)};
          Vec3 s = super.to_fractional(Cell::wrap(crystal.fractional[site]) + cell_at);
          bool inside = true;
          for (int d = 0; d < 3; ++d) {
            const double edge = on_the_face / found.length[d];
            inside = inside && s[d] >= -edge && s[d] < 1.0 - edge;
            if (std::abs(s[d]) < edge) s[d] = 0.0;
          }
          if (inside) atoms.push_back({s, site});
        }
  const double expected = super.volume() * static_cast<double>(crystal.fractional.size());
  if (std::abs(expected - static_cast<double>(atoms.size())) > 0.01)
    throw NumericalError(
        fmt::format("the orthogonal cell holds {} atoms, {:.3f} were expected", atoms.size(), expected),
        "specimen.crystal", "are the cell's coordinates accurate to 1e-4?");
  return atoms;
}

}  // namespace

void Crystal::validate() const {
  const std::size_t n = fractional.size();
  if (n == 0) throw ConfigError("the crystal's cell has no atoms", "specimen.crystal");
  if (atomic_number.size() != n || (!rms_displacement.empty() && rms_displacement.size() != n))
    throw ConfigError(fmt::format("the crystal's cell has {} positions, {} atomic numbers and {} displacements", n,
                                  atomic_number.size(), rms_displacement.size()),
                      "specimen.crystal");
  for (std::size_t i = 0; i < n; ++i) {
    element_symbol(atomic_number[i]);
    for (std::size_t j = 0; j < i; ++j) {
      Vec3 apart = fractional[i] - fractional[j];
      for (int d = 0; d < 3; ++d) apart[d] -= std::round(apart[d]);
      if (!(norm(cell.to_cartesian(apart)) > 0.1))
        throw ConfigError(fmt::format("atoms {} ({}) and {} ({}) of the crystal's cell are {:.3f} Å apart", j,
                                      element_symbol(atomic_number[j]), i, element_symbol(atomic_number[i]),
                                      norm(cell.to_cartesian(apart))),
                          "specimen.crystal", "sites of partial occupancy must be decided first");
    }
  }
}

std::vector<std::string> prototype_names() { return prototypes().names(); }

Crystal prototype(const std::string& name, const std::vector<std::string>& elements, double lattice_constant) {
  const Sites& sites = prototypes().at(name);
  if (elements.size() != sites.size())
    throw ConfigError(fmt::format("{} takes {} elements, {} were given", name, sites.size(), elements.size()),
                      "specimen.crystal.elements");
  if (!(lattice_constant > 0.0 && std::isfinite(lattice_constant)))
    throw ConfigError(fmt::format("the lattice constant is {} Å, a positive number was expected", lattice_constant),
                      "specimen.crystal.lattice_constant");
  Crystal crystal;
  crystal.cell = Cell(lattice_constant * identity());
  for (std::size_t kind = 0; kind < sites.size(); ++kind)
    for (const Vec3& s : sites[kind]) {
      crystal.fractional.push_back(s);
      crystal.atomic_number.push_back(locum::atomic_number(elements[kind]));
    }
  return crystal;
}

void CrystalConfig::visit(ConfigVisitor& v) {
  v.value({"prototype", "", "structure, where no file gives the cell", {}, prototype_names()}, prototype);
  v.value({"elements", "", "symbols, one for each kind of site of the prototype"}, elements);
  v.value({"lattice_constant", "Angstrom", "edge of the prototype's cubic cell", {0.5, 100.0}}, lattice_constant);
  v.value({"zone_axis", "", "direction [u v w] along the beam, in units of the cell vectors", {-64, 64}}, zone_axis);
  v.value({"x_direction", "", "direction [u v w] along x; empty: a cell vector, or the shortest that fits", {-64, 64}},
          x_direction);
  v.value({"size", "Angstrom", "least size along x, y and the beam", {0.0, 1e5}}, size);
  v.value({"repeat", "", "orthogonal cells along x, y and the beam, instead of a size", {1, 1e5}}, repeat);
  v.value({"strain_tolerance", "", "shear that may be needed for right angles", {0.0, 0.1}}, strain_tolerance);
}

void CrystalConfig::validate() const {
  if (size.size() != 3 || !std::all_of(size.begin(), size.end(), [](double s) { return s >= 0.0 && s <= 1e5; }))
    throw ConfigError(
        fmt::format("the size is [{}] Å, three numbers of 0 … 100000 were expected", fmt::join(size, ", ")),
        "specimen.crystal.size");
  if (!repeat.empty() &&
      (repeat.size() != 3 || !std::all_of(repeat.begin(), repeat.end(), [](std::int64_t n) { return n >= 1; })))
    throw ConfigError(fmt::format("repeat is [{}], three numbers of 1 or more were expected", fmt::join(repeat, ", ")),
                      "specimen.crystal.repeat");
  if (!(strain_tolerance >= 0.0 && strain_tolerance <= 0.1))
    throw ConfigError(fmt::format("the strain tolerated is {}, 0 … 0.1 was expected", strain_tolerance),
                      "specimen.crystal.strain_tolerance");
}

Specimen oriented(const Crystal& crystal, const CrystalConfig& config) {
  crystal.validate();
  config.validate();
  // Rounding leaves cosines of 1e-16 at right angles that are exact.
  const double tolerance = std::max(config.strain_tolerance, 1e-9);
  const auto found = orthogonal_cell(crystal.cell, centrings(crystal.fractional, crystal.atomic_number),
                                     config.zone_axis, config.x_direction, tolerance);
  const auto atoms = atoms_of(crystal, found);
  std::int64_t count[3];
  for (int d = 0; d < 3; ++d) count[d] = repeats(config, d, found.length[d]);
  const double all = static_cast<double>(count[0]) * count[1] * count[2] * static_cast<double>(atoms.size());
  if (all > 1e9)
    throw ConfigError(fmt::format("the specimen would have {:.3g} atoms, a billion at most was expected", all),
                      config.repeat.empty() ? "specimen.crystal.size" : "specimen.crystal.repeat");
  Specimen specimen;
  specimen.lx = count[0] * found.length.x;
  specimen.ly = count[1] * found.length.y;
  specimen.lz = count[2] * found.length.z;
  for (std::int64_t i = 0; i < count[0]; ++i)
    for (std::int64_t j = 0; j < count[1]; ++j)
      for (std::int64_t k = 0; k < count[2]; ++k)
        for (const Atom& atom : atoms) {
          const Vec3 s = atom.s + Vec3{double(i), double(j), double(k)};
          specimen.position.push_back({s.x * found.length.x, s.y * found.length.y, s.z * found.length.z});
          specimen.atomic_number.push_back(crystal.atomic_number[atom.site]);
          if (!crystal.rms_displacement.empty())
            specimen.rms_displacement.push_back(crystal.rms_displacement[atom.site]);
        }
  return specimen;
}

Specimen oriented(const CrystalConfig& config) {
  return oriented(prototype(config.prototype, config.elements, config.lattice_constant), config);
}

}  // namespace locum::imaging
