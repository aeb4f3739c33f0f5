#include "solvers/imaging/specimen/crystal_particle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::imaging {
namespace {

constexpr double least_vacuum = 2.0;  // Å on each side
constexpr double on_a_face = 0.02;    // Å: an atom on a face belongs to the particle, its ratio given to three digits

const std::vector<std::string>& shapes() {
  static const std::vector<std::string> names = {"truncated_octahedron", "sphere", "cube", "octahedron"};
  return names;
}

Vec3 unit(Vec3 a) { return (1.0 / norm(a)) * a; }

Vec3 lattice_direction(const Cell& cell, const std::vector<std::int64_t>& indices, const char* what) {
  if (indices.size() != 3 || (indices[0] == 0 && indices[1] == 0 && indices[2] == 0))
    throw ConfigError(fmt::format("the {} is [{}], three whole numbers, not all of them zero, were expected", what,
                                  fmt::join(indices, " ")),
                      "specimen.particle");
  return unit(cell.to_cartesian({double(indices[0]), double(indices[1]), double(indices[2])}));
}

// Rows: x, y and the beam in the crystal's axes.
Mat3 laboratory(const Cell& cell, const ParticleConfig& config) {
  const Vec3 z = lattice_direction(cell, config.zone_axis, "zone axis");
  Vec3 x = config.x_direction.empty() ? unit(cell.vectors().row(0))
                                      : lattice_direction(cell, config.x_direction, "direction of x");
  for (int d = 1; d < 3 && config.x_direction.empty() && std::abs(dot(x, z)) > 0.9; ++d)
    x = unit(cell.vectors().row(d));
  if (std::abs(dot(x, z)) > 0.999)
    throw ConfigError(fmt::format("x along [{}] is along the zone axis [{}]", fmt::join(config.x_direction, " "),
                                  fmt::join(config.zone_axis, " ")),
                      "specimen.particle.x_direction", "leave it out, or give a direction across the beam");
  x = unit(x - dot(x, z) * z);
  const Vec3 y = cross(z, x);
  Mat3 turn = {{{x.x, x.y, x.z}, {y.x, y.y, y.z}, {z.x, z.y, z.z}}};
  for (int axis = 0; axis < 3; ++axis) {
    const double angle = config.rotation[static_cast<std::size_t>(axis)] * units::pi / 180.0;
    const int a = (axis + 1) % 3, b = (axis + 2) % 3;
    Mat3 about = identity();
    about[a][a] = about[b][b] = std::cos(angle);
    about[b][a] = std::sin(angle);
    about[a][b] = -std::sin(angle);
    turn = about * turn;
  }
  return turn;
}

bool within(const ParticleConfig& config, Vec3 r) {
  const double radius = 0.5 * config.diameter + on_a_face;
  const double x = std::abs(r.x), y = std::abs(r.y), z = std::abs(r.z);
  if (config.shape == "sphere") return norm(r) <= radius;
  if (config.shape == "octahedron") return x + y + z <= radius;
  if (std::max({x, y, z}) > radius) return false;
  return config.shape == "cube" || x + y + z <= std::sqrt(3.0) * config.face_ratio * radius;
}

}  // namespace

void ParticleConfig::visit(ConfigVisitor& v) {
  v.value({"shape", "", "faces are {111} and {100} of the crystal", {}, shapes()}, shape);
  v.value(
      {"diameter", "Angstrom", "of the sphere, or between opposite {100} faces; octahedron: between tips", {1.0, 1e4}},
      diameter);
  v.value({"face_ratio",
           "",
           "of the distances of {111} and {100} faces; 0.866: the regular truncated octahedron",
           {0.578, 1.732}},
          face_ratio);
  v.value({"zone_axis", "", "direction [u v w] along the beam", {-64, 64}}, zone_axis);
  v.value({"x_direction", "", "direction [u v w] that x is nearest to; empty: a cell vector", {-64, 64}}, x_direction);
  v.value({"rotation", "degree", "after that, about x, then y, then the beam", {-360.0, 360.0}}, rotation);
  v.value({"box", "Angstrom", "along x, y and the beam", {1.0, 1e5}}, box);
}

void ParticleConfig::validate() const {
  if (std::find(shapes().begin(), shapes().end(), shape) == shapes().end())
    throw ConfigError(fmt::format("there is no shape '{}'", shape), "specimen.particle.shape",
                      fmt::format("known: {}", fmt::join(shapes(), ", ")));
  if (!(diameter >= 1.0 && diameter <= 1e4))
    throw ConfigError(fmt::format("the particle's diameter is {} Å, 1 … 10000 was expected", diameter),
                      "specimen.particle.diameter");
  // Below 1/√3 the {111} faces leave nothing of the others, above √3 they are outside of the cube.
  if (!(face_ratio >= 0.577 && face_ratio <= 1.7321))
    throw ConfigError(
        fmt::format("the ratio of {{111}} to {{100}} distances is {}, 0.577 … 1.732 was expected", face_ratio),
        "specimen.particle.face_ratio", "0.866 is the regular truncated octahedron");
  if (rotation.size() != 3 || !std::all_of(rotation.begin(), rotation.end(), [](double a) { return std::isfinite(a); }))
    throw ConfigError(
        fmt::format("the rotation is [{}] degrees, three angles were expected", fmt::join(rotation, ", ")),
        "specimen.particle.rotation");
  if (box.size() != 3 || !std::all_of(box.begin(), box.end(), [](double l) { return l > 0.0 && l <= 1e5; }))
    throw ConfigError(fmt::format("the box is [{}] Å, three positive numbers were expected", fmt::join(box, ", ")),
                      "specimen.particle.box");
}

Specimen nanoparticle(const Crystal& crystal, const ParticleConfig& config) {
  crystal.validate();
  config.validate();
  const Mat3& h = crystal.cell.vectors();
  if (config.shape != "sphere")
    for (int a = 0; a < 3; ++a)
      if (std::abs(dot(h.row(a), h.row((a + 1) % 3))) > 1e-3 * norm(h.row(a)) * norm(h.row((a + 1) % 3)))
        throw ConfigError(
            fmt::format("a {} was to be cut from a crystal whose axes are not at right angles", config.shape),
            "specimen.particle.shape", "take a sphere");
  const Mat3 turn = laboratory(crystal.cell, config);
  const Vec3 middle = {0.5 * config.box[0], 0.5 * config.box[1], 0.5 * config.box[2]};
  Specimen particle{config.box[0], config.box[1], config.box[2], {}, {}, {}};
  int reach[3];  // cells that the farthest corner (√3 of the radius) may lie away
  for (int d = 0; d < 3; ++d)
    reach[d] = static_cast<int>(std::ceil(0.5 * std::sqrt(3.0) * config.diameter / crystal.cell.height(d))) + 1;
  Vec3 extent;
  for (int i = -reach[0]; i <= reach[0]; ++i)
    for (int j = -reach[1]; j <= reach[1]; ++j)
      for (int k = -reach[2]; k <= reach[2]; ++k)
        for (std::size_t site = 0; site < crystal.fractional.size(); ++site) {
          const Vec3 r =
              crystal.cell.to_cartesian(Cell::wrap(crystal.fractional[site]) + Vec3{double(i), double(j), double(k)});
          if (!within(config, r)) continue;
          const Vec3 turned = {dot(turn.row(0), r), dot(turn.row(1), r), dot(turn.row(2), r)};
          for (int d = 0; d < 3; ++d) extent[d] = std::max(extent[d], std::abs(turned[d]));
          particle.position.push_back(middle + turned);
          particle.atomic_number.push_back(crystal.atomic_number[site]);
          if (!crystal.rms_displacement.empty()) particle.rms_displacement.push_back(crystal.rms_displacement[site]);
        }
  if (particle.position.empty())
    throw ConfigError(fmt::format("a {} of {} Å holds no atom", config.shape, config.diameter),
                      "specimen.particle.diameter");
  for (int d = 0; d < 3; ++d)
    if (2.0 * (extent[d] + least_vacuum) > config.box[static_cast<std::size_t>(d)])
      throw ConfigError(fmt::format("the particle is {:.2f} Å long along {}, its box {} Å", 2.0 * extent[d], "xyz"[d],
                                    config.box[static_cast<std::size_t>(d)]),
                        "specimen.particle.box",
                        fmt::format("{:.1f} Å or more would do", 2.0 * (extent[d] + least_vacuum)));
  return particle;
}

}  // namespace locum::imaging
