#include "solvers/md/structure.hpp"

#include <cmath>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::md {
namespace {

Vec3 normal_vector(std::uint64_t seed, random::Stream stream, std::int64_t id) {
  const auto xy = random::normal_pair(seed, stream, id, 0, 0);
  return {xy.first, xy.second, random::normal_pair(seed, stream, id, 0, 1).first};
}

Mat3 strain_tensor(const std::vector<double>& s) {
  if (s.empty()) return {};
  if (s.size() == 9) return {{{s[0], s[1], s[2]}, {s[3], s[4], s[5]}, {s[6], s[7], s[8]}}};
  const double yz = 0.5 * s[3], xz = 0.5 * s[4], xy = 0.5 * s[5];  // Voigt's shear is γ = 2 ε
  return {{{s[0], xy, xz}, {xy, s[1], yz}, {xz, yz, s[2]}}};
}

bool finite(Vec3 a) { return std::isfinite(a.x) && std::isfinite(a.y) && std::isfinite(a.z); }

std::vector<Vec3> vectors_of(const std::vector<double>& flat) {
  std::vector<Vec3> vectors(flat.size() / 3);
  for (std::size_t k = 0; k < vectors.size(); ++k) vectors[k] = {flat[3 * k], flat[3 * k + 1], flat[3 * k + 2]};
  return vectors;
}

}  // namespace

void Structure::validate() const {
  const auto n = position.size();
  if (n == 0) throw ConfigError("the structure has no atoms");
  if (atomic_number.size() != n || (!velocity.empty() && velocity.size() != n))
    throw ConfigError("the structure has " + std::to_string(n) + " positions, " + std::to_string(atomic_number.size()) +
                      " atomic numbers and " + std::to_string(velocity.size()) + " velocities");
  for (std::size_t i = 0; i < n; ++i) {
    element_symbol(atomic_number[i]);
    if (!finite(position[i]) || (!velocity.empty() && !finite(velocity[i])))
      throw ConfigError("position or velocity of atom " + std::to_string(i) + " is not a finite number");
  }
}

void StructureConfig::visit(ConfigVisitor& v) {
  v.value({"file", "", "extended XYZ or H5MD file whose atoms are taken instead of a lattice's; empty: none"}, file);
  v.value({"frame", "", "of the file, from 0; -1: the last", {-1, 1e15}}, frame);
  v.value({"lattice", "", "crystal lattice", {}, lattices().names()}, lattice);
  v.value({"element", "", "symbol of the element"}, element);
  v.value({"lattice_constant", "Angstrom", "edge of the cubic cell", {0.5, 100.0}}, lattice_constant);
  v.value({"replicate", "", "cells along each of the three vectors", {1, 10000}}, replicate);
  v.value({"displacement", "Angstrom", "standard deviation of a random displacement of each coordinate", {0.0, 2.0}},
          displacement);
  v.value({"strain",
           "",
           "6 numbers xx yy zz yz xz xy (Voigt: shears are twice the tensor's) or 9 of the tensor by rows",
           {-0.5, 0.5}},
          strain);
}

void StructureConfig::validate() const {
  lattices().at(lattice);
  atomic_number(element);
  if (!(lattice_constant > 0.0))
    throw ConfigError("lattice_constant is " + std::to_string(lattice_constant) + " Å, a positive number was expected");
  if (replicate.size() != 3)
    throw ConfigError("replicate has " + std::to_string(replicate.size()) + " numbers, three were expected");
  for (const auto count : replicate)
    if (count < 1) throw ConfigError("replicate holds " + std::to_string(count) + ", at least 1 was expected");
  if (!strain.empty() && strain.size() != 6 && strain.size() != 9)
    throw ConfigError("strain has " + std::to_string(strain.size()) +
                      " numbers, 6 (Voigt) or 9 (tensor) were expected");
}

const Registry<std::vector<Vec3>>& lattices() {
  static const auto known = [] {
    const std::vector<Vec3> fcc = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    std::vector<Vec3> diamond = fcc;
    for (const Vec3& r : fcc) diamond.push_back(r + Vec3{0.25, 0.25, 0.25});
    Registry<std::vector<Vec3>> registry("lattice");
    registry.add("sc", {{0, 0, 0}});
    registry.add("bcc", {{0, 0, 0}, {0.5, 0.5, 0.5}});
    registry.add("fcc", fcc);
    registry.add("diamond", diamond);
    return registry;
  }();
  return known;
}

Structure build_structure(const Structure& unit, const StructureConfig& config, std::uint64_t seed) {
  config.validate();
  const auto& n = config.replicate;
  const Mat3& h = unit.cell.vectors();
  Structure s;
  for (std::int64_t ix = 0; ix < n[0]; ++ix)
    for (std::int64_t iy = 0; iy < n[1]; ++iy)
      for (std::int64_t iz = 0; iz < n[2]; ++iz) {
        const Vec3 shift = double(ix) * h.row(0) + double(iy) * h.row(1) + double(iz) * h.row(2);
        for (const Vec3& r : unit.position) s.position.push_back(r + shift);
        s.velocity.insert(s.velocity.end(), unit.velocity.begin(), unit.velocity.end());
        s.atomic_number.insert(s.atomic_number.end(), unit.atomic_number.begin(), unit.atomic_number.end());
      }
  Mat3 edges = h;
  for (int k = 0; k < 3; ++k)
    for (int d = 0; d < 3; ++d) edges.m[k][d] *= double(n[k]);
  const Cell unstrained(edges);
  s.cell = unstrained.strained(strain_tensor(config.strain));
  for (std::size_t i = 0; i < s.position.size(); ++i)
    s.position[i] = s.cell.to_cartesian(unstrained.to_fractional(s.position[i])) +
                    config.displacement * normal_vector(seed, random::Stream::displacement, i);
  return s;
}

Structure make_structure(const StructureConfig& config, std::uint64_t seed) {
  config.validate();
  if (!config.file.empty())
    throw ConfigError("atoms of the file '" + config.file + "' were asked for, this place can only make lattices",
                      "structure.file", "leave the key out");
  const double a = config.lattice_constant;
  Structure unit;
  unit.cell = Cell(Mat3{{{a, 0, 0}, {0, a, 0}, {0, 0, a}}});
  for (const Vec3& basis : lattices().at(config.lattice)) unit.position.push_back(a * basis);
  unit.atomic_number.assign(unit.position.size(), atomic_number(config.element));
  return build_structure(unit, config, seed);
}

Structure structure_from_fields(const FieldSet& fields) {
  Structure s;
  const auto& h = fields.real("cell");
  if (h.size() != 9)
    throw ConfigError("field 'cell' holds " + std::to_string(h.size()) +
                      " numbers, 9 (three vectors in rows) were expected");
  s.cell = Cell(Mat3{{{h[0], h[1], h[2]}, {h[3], h[4], h[5]}, {h[6], h[7], h[8]}}});
  s.position = vectors_of(fields.real("position"));
  if (fields.has("velocity")) s.velocity = vectors_of(fields.real("velocity"));
  const auto& z = fields.integer("atomic_number");
  s.atomic_number.assign(z.begin(), z.end());
  s.validate();
  return s;
}

void remove_momentum(Structure& s) {
  Vec3 momentum;
  double mass = 0.0;
  for (std::size_t i = 0; i < s.velocity.size(); ++i) {
    momentum = momentum + atomic_mass(s.atomic_number[i]) * s.velocity[i];
    mass += atomic_mass(s.atomic_number[i]);
  }
  for (Vec3& v : s.velocity) v = v - (1.0 / mass) * momentum;
}

void set_velocities(Structure& s, double temperature, std::uint64_t seed, std::int64_t degrees_of_freedom) {
  if (!(temperature >= 0.0)) throw ConfigError("velocities at " + std::to_string(temperature) + " K were asked for");
  const double kt = units::boltzmann * temperature;
  s.velocity.resize(s.position.size());
  for (std::size_t i = 0; i < s.velocity.size(); ++i)
    s.velocity[i] = std::sqrt(kt / (atomic_mass(s.atomic_number[i]) * units::mass_to_energy)) *
                    normal_vector(seed, random::Stream::velocity, i);
  if (s.size() > 1) remove_momentum(s);
  if (degrees_of_freedom <= 0) return;
  double twice_kinetic = 0.0;
  for (std::size_t i = 0; i < s.velocity.size(); ++i)
    twice_kinetic += atomic_mass(s.atomic_number[i]) * units::mass_to_energy * dot(s.velocity[i], s.velocity[i]);
  const double scale = twice_kinetic > 0.0 ? std::sqrt(kt * double(degrees_of_freedom) / twice_kinetic) : 1.0;
  for (Vec3& v : s.velocity) v = scale * v;
}

}  // namespace locum::md
