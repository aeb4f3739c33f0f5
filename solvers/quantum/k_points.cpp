#include "solvers/quantum/k_points.hpp"

namespace locum::quantum {
namespace {

// Coordinates are counted in units of 1 / (2 q), so that −k is recognised without rounding.
int numerator(Mesh mesh, int r, int q) { return mesh == Mesh::monkhorst_pack ? 2 * r - q + 1 : 2 * r; }
int negative(int numerator, int q) { return ((-numerator) % (2 * q) + 2 * q) % (2 * q); }
int positive(int numerator, int q) { return (numerator % (2 * q) + 2 * q) % (2 * q); }

}  // namespace

std::vector<KPoint> k_mesh(Mesh mesh, std::array<int, 3> q) {
  std::vector<KPoint> points;
  const double total = static_cast<double>(q[0]) * q[1] * q[2];
  std::array<int, 3> r;
  for (r[0] = 0; r[0] < q[0]; ++r[0])
    for (r[1] = 0; r[1] < q[1]; ++r[1])
      for (r[2] = 0; r[2] < q[2]; ++r[2]) {
        std::array<int, 3> here, mirrored;
        Vec3 fraction;
        for (int d = 0; d < 3; ++d) {
          const int n = numerator(mesh, r[d], q[d]);
          here[d] = positive(n, q[d]);
          mirrored[d] = negative(n, q[d]);
          // Brought into (−½, ½], where Γ is exactly zero.
          fraction[d] = (here[d] > q[d] ? here[d] - 2 * q[d] : here[d]) / (2.0 * q[d]);
        }
        if (mirrored < here) continue;  // its partner is listed
        points.push_back({fraction, (mirrored == here ? 1.0 : 2.0) / total});
      }
  return points;
}

}  // namespace locum::quantum
