// Configurations for tests, put together without solvers/md: every pair and every image is looked at.
#pragma once

#include <cmath>
#include <vector>

#include "kokkos_kernels/random/philox.hpp"
#include "solvers/api/atomistic.hpp"

namespace locum::testing {

struct Atoms {
  Cell cell;
  std::vector<Vec3> position;  // Å
  std::vector<int> number;
};

// Atoms i with i mod ranks = rank are owned, in descending order of id, so that nothing can rely on order.
inline Configuration make_configuration(const Communicator& comm, const Atoms& atoms, double cutoff) {
  const int n = static_cast<int>(atoms.position.size());
  std::vector<Vec3> position;
  std::vector<int> id;
  for (int i = n - 1; i >= 0; --i)
    if (i % comm.size() == comm.rank()) {
      position.push_back(atoms.position[i]);
      id.push_back(i);
    }
  const int n_local = static_cast<int>(id.size());
  std::vector<std::vector<int>> neighbors(n_local);
  int reach[3];
  for (int d = 0; d < 3; ++d) reach[d] = static_cast<int>(std::ceil(cutoff / atoms.cell.height(d))) + 1;
  for (int j = 0; j < n; ++j)
    for (int x = -reach[0]; x <= reach[0]; ++x)
      for (int y = -reach[1]; y <= reach[1]; ++y)
        for (int z = -reach[2]; z <= reach[2]; ++z) {
          const Vec3 image = atoms.position[j] + atoms.cell.to_cartesian({double(x), double(y), double(z)});
          int index = -1;
          const bool home = x == 0 && y == 0 && z == 0;
          for (int i = 0; i < n_local; ++i)
            if (home && id[i] == j) index = i;
          for (int i = 0; i < n_local; ++i) {
            if (index == i || norm(image - position[i]) >= cutoff) continue;
            if (index < 0) {
              index = static_cast<int>(position.size());
              position.push_back(image);
              id.push_back(j);
            }
            neighbors[i].push_back(index);
          }
        }

  Configuration c;
  c.comm = comm;
  c.cell = atoms.cell;
  c.n_global = n;
  c.n_local = n_local;
  c.n_ghost = static_cast<int>(position.size()) - n_local;
  c.position = View<double* [3]>("position", position.size());
  c.atomic_number = View<int*>("atomic_number", position.size());
  c.id = View<std::int64_t*>("id", position.size());
  c.neighbors.cutoff = cutoff;
  c.neighbors.offset = View<int*>("offset", n_local + 1);
  std::vector<int> flat;
  const auto p = Kokkos::create_mirror_view(c.position);
  const auto number = Kokkos::create_mirror_view(c.atomic_number);
  const auto ids = Kokkos::create_mirror_view(c.id);
  const auto offset = Kokkos::create_mirror_view(c.neighbors.offset);
  for (std::size_t i = 0; i < position.size(); ++i) {
    for (int k = 0; k < 3; ++k) p(i, k) = position[i][k];
    number(i) = atoms.number[id[i]];
    ids(i) = id[i];
  }
  for (int i = 0; i < n_local; ++i) {
    flat.insert(flat.end(), neighbors[i].begin(), neighbors[i].end());
    offset(i + 1) = static_cast<int>(flat.size());
  }
  c.neighbors.index = View<int*>("index", flat.size());
  const auto index = Kokkos::create_mirror_view(c.neighbors.index);
  for (std::size_t k = 0; k < flat.size(); ++k) index(k) = flat[k];
  Kokkos::deep_copy(c.position, p);
  Kokkos::deep_copy(c.atomic_number, number);
  Kokkos::deep_copy(c.id, ids);
  Kokkos::deep_copy(c.neighbors.offset, offset);
  Kokkos::deep_copy(c.neighbors.index, index);
  return c;
}

// Two atoms on a face-centred lattice of constant a, Å; `repeat` primitive cells along each vector.
inline Atoms primitive_diamond(int number, double a, int repeat = 1) {
  const double h = 0.5 * a * repeat;
  Atoms atoms;
  atoms.cell = Cell(Mat3{{{0, h, h}, {h, 0, h}, {h, h, 0}}});
  for (int x = 0; x < repeat; ++x)
    for (int y = 0; y < repeat; ++y)
      for (int z = 0; z < repeat; ++z) {
        const Vec3 corner = atoms.cell.to_cartesian({double(x) / repeat, double(y) / repeat, double(z) / repeat});
        atoms.position.push_back(corner);
        atoms.position.push_back(corner + Vec3{0.25 * a, 0.25 * a, 0.25 * a});
        atoms.number.insert(atoms.number.end(), 2, number);
      }
  return atoms;
}

// Eight atoms in a cube of edge a, `repeat` times along each axis.
inline Atoms cubic_diamond(int number, double a, int repeat = 1) {
  const double quarter[8][3] = {{0, 0, 0}, {0, 2, 2}, {2, 0, 2}, {2, 2, 0}, {1, 1, 1}, {1, 3, 3}, {3, 1, 3}, {3, 3, 1}};
  Atoms atoms;
  const double edge = a * repeat;
  atoms.cell = Cell(Mat3{{{edge, 0, 0}, {0, edge, 0}, {0, 0, edge}}});
  for (int x = 0; x < repeat; ++x)
    for (int y = 0; y < repeat; ++y)
      for (int z = 0; z < repeat; ++z)
        for (const auto& q : quarter) {
          atoms.position.push_back({a * (x + 0.25 * q[0]), a * (y + 0.25 * q[1]), a * (z + 0.25 * q[2])});
          atoms.number.push_back(number);
        }
  return atoms;
}

inline Atoms strained(const Atoms& atoms, const Mat3& strain) {
  Atoms result = atoms;
  result.cell = atoms.cell.strained(strain);
  for (std::size_t i = 0; i < atoms.position.size(); ++i)
    result.position[i] = result.cell.to_cartesian(atoms.cell.to_fractional(atoms.position[i]));
  return result;
}

// Uniform in ±amplitude along each axis, Å.
inline Atoms displaced(Atoms atoms, double amplitude, std::uint64_t seed = 11) {
  for (std::size_t i = 0; i < atoms.position.size(); ++i)
    for (std::uint32_t k = 0; k < 3; ++k)
      atoms.position[i][k] += amplitude * (2.0 * random::uniform(seed, random::Stream::displacement, i, 0, k) - 1.0);
  return atoms;
}

}  // namespace locum::testing
