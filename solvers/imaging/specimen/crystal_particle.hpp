// A nanoparticle, cut from a crystal, in a box of vacuum.
#pragma once

#include <string>
#include <vector>

#include "solvers/imaging/specimen/crystal.hpp"

namespace locum::imaging {

struct ParticleConfig {
  std::string shape = "truncated_octahedron";  // or sphere, cube, octahedron
  double diameter = 30.0;                      // Å: of the sphere, or between opposite {100} faces (octahedron: tips)
  double face_ratio = 0.866;                   // of the distances of {111} and {100} faces; √3/2: the regular one
  std::vector<std::int64_t> zone_axis = {0, 0, 1};  // [u v w] along the beam
  std::vector<std::int64_t> x_direction;  // [u v w] that x is nearest to; empty: the first cell vector that can
  std::vector<double> rotation = {0.0, 0.0, 0.0};  // degrees, after that, about x, then y, then the beam
  std::vector<double> box = {45.0, 45.0, 40.0};    // Å, along x, y and the beam

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// The particle in the middle of its box, an atom of the crystal's cell origin at its centre; at least 2 Å of vacuum on
// each side, so that its images across the beam stay apart. Faces are of the crystal's own axes, which must be at right
// angles for shapes with faces. Throws ConfigError where the box is too small (it says which would do).
Specimen nanoparticle(const Crystal& crystal, const ParticleConfig& config);

}  // namespace locum::imaging
