#include "io/atoms/cif.hpp"

#include <algorithm>
#include <cmath>

#include "io/atomic_file.hpp"
#include "io/atoms/cif_document.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::io {
namespace {

// Images of a site under symmetry nearer than this are one atom: positions are printed with three digits or more, and
// 0.333 for 1/3 moves an atom by less than 0.01 Å in the largest of cells.
constexpr double same_atom = 0.2;  // Å
constexpr std::size_t most_atoms = 1000000;

Mat3 cell_of(const CifStructure& structure) {
  double cosine[3];
  for (int k = 0; k < 3; ++k) {
    // Exact where it matters: a right angle must give an orthogonal cell to the last bit.
    const double degrees = structure.angle[k];
    cosine[k] = degrees == 90.0 ? 0.0 : degrees == 120.0 ? -0.5 : std::cos(degrees * units::pi / 180.0);
  }
  const double a = structure.length[0], b = structure.length[1], c = structure.length[2];
  const double sine_gamma = std::sqrt(1.0 - cosine[2] * cosine[2]);
  const double cy = (cosine[0] - cosine[1] * cosine[2]) / sine_gamma;
  const double cz = 1.0 - cosine[1] * cosine[1] - cy * cy;
  const double longest = 1e5;  // Å
  if (!(a > 0 && b > 0 && c > 0 && cz > 1e-12 && a < longest && b < longest && c < longest))
    throw ConfigError("the lengths " + std::to_string(a) + ", " + std::to_string(b) + ", " + std::to_string(c) +
                          " Å and the angles span no cell",
                      structure.where);
  Mat3 h;
  h[0][0] = a;
  h[1][0] = b * cosine[2], h[1][1] = b * sine_gamma;
  h[2][0] = c * cosine[1], h[2][1] = c * cy, h[2][2] = c * std::sqrt(cz);
  return h;
}

// U_eq = 1/3 Σ_ij U_ij a*_i a*_j (a_i · a_j).
double mean(const std::array<double, 6>& u, const Cell& cell) {
  const Mat3 reciprocal = transpose(cell.inverse_vectors());
  constexpr int pairs[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
  double sum = 0.0;
  for (int k = 0; k < 6; ++k) {
    const int i = pairs[k][0], j = pairs[k][1];
    const double metric =
        norm(reciprocal.row(i)) * norm(reciprocal.row(j)) * dot(cell.vectors().row(i), cell.vectors().row(j));
    sum += (i == j ? 1.0 : 2.0) * metric * u[static_cast<std::size_t>(k)];
  }
  return sum / 3.0;
}

// Å², 0 where the file says nothing.
double mean_square(const CifSite& site, const Cell& cell, const std::string& where) {
  const double u = site.u ? *site.u : site.anisotropic ? mean(*site.anisotropic, cell) : 0.0;
  if (!(u >= 0.0 && u < 10.0))
    throw ConfigError("found U = " + std::to_string(u) + " Å² of " + site.label + ", 0 … 10 was expected", where,
                      "U is a mean square displacement along one axis; B = 8π² U");
  return u;
}

double distance(const Vec3& s, const Vec3& t, const Mat3& h) {
  double shift[3];
  for (int d = 0; d < 3; ++d) shift[d] = s[d] - t[d] - std::round(s[d] - t[d]);
  double square = 0.0;
  for (int d = 0; d < 3; ++d) {
    const double r = shift[0] * h[0][d] + shift[1] * h[1][d] + shift[2] * h[2][d];
    square += r * r;
  }
  return std::sqrt(square);
}

std::vector<Vec3> orbit(const CifSite& site, const std::vector<CifOperation>& operations, const Mat3& h) {
  std::vector<Vec3> places;
  for (const auto& w : operations) {
    Vec3 image;
    for (int r = 0; r < 3; ++r) {
      const auto& row = w[static_cast<std::size_t>(r)];
      image[r] = row[0] * site.place[0] + row[1] * site.place[1] + row[2] * site.place[2] + row[3];
    }
    image = Cell::wrap(image);
    const bool there = std::any_of(places.begin(), places.end(),
                                   [&](const Vec3& other) { return distance(image, other, h) < same_atom; });
    if (!there) places.push_back(image);
  }
  return places;
}

// A list that already holds the symmetric copies, read with its symmetry, would give every atom many times.
void check_occupancy(const Crystal& crystal, const std::string& where) {
  constexpr std::size_t too_many_for_pairs = 5000;
  const std::size_t n = crystal.fractional.size();
  if (n > too_many_for_pairs) return;
  for (std::size_t i = 0; i < n; ++i) {
    double sum = crystal.occupancy[i];
    for (std::size_t j = 0; j < n; ++j)
      if (j != i && distance(crystal.fractional[i], crystal.fractional[j], crystal.cell) < same_atom)
        sum += crystal.occupancy[j];
    if (sum > 1.1)  // printed occupancies are rounded
      throw ConfigError("atoms within " + std::to_string(same_atom) + " Å of each other have the occupancy " +
                            std::to_string(sum) + " together, at most 1 was expected",
                        where, "where the list holds all atoms of the cell already, its symmetry must be 'P 1'");
  }
}

}  // namespace

Crystal parse_cif(const std::string& text, const std::string& name, const std::string& block) {
  const auto structure = read_cif_structure(text, name, block);
  Crystal crystal;
  crystal.name = structure.name;
  crystal.cell = cell_of(structure);
  const Cell cell(crystal.cell);
  bool any_motion = false;
  for (const auto& site : structure.sites) {
    const double rms = std::sqrt(mean_square(site, cell, structure.where));
    any_motion = any_motion || rms > 0;
    for (const auto& place : orbit(site, structure.operations, crystal.cell)) {
      if (crystal.fractional.size() >= most_atoms)
        throw ConfigError("found more than a million atoms in the cell", structure.where);
      crystal.fractional.push_back(place);
      crystal.atomic_number.push_back(site.atomic_number);
      crystal.occupancy.push_back(site.occupancy);
      crystal.rms_displacement.push_back(rms);
    }
  }
  if (crystal.fractional.empty()) throw ConfigError("found no atoms", structure.where, "occupancies of 0 are left out");
  if (!any_motion) crystal.rms_displacement.clear();
  check_occupancy(crystal, structure.where);
  return crystal;
}

Crystal read_cif(const Communicator& comm, const std::string& path, const std::string& block) {
  return parse_cif(read_text(comm, path), path, block);
}

}  // namespace locum::io
