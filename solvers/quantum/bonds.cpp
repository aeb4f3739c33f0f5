#include "solvers/quantum/bonds.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::quantum {
namespace {

constexpr double closest = 0.2;  // Å; far inside of any nucleus-to-nucleus distance that MD can reach

// As it travels between ranks: ids are exact in a double up to 2^53.
struct Bond {
  double from, to, x, y, z;
  double length() const { return std::sqrt(x * x + y * y + z * z); }
};
static_assert(sizeof(Bond) == 5 * sizeof(double));

std::vector<Bond> list_own_bonds(const Configuration& c, double cutoff) {
  const auto position = host_copy(c.position);
  const auto id = host_copy(c.id);
  const auto offset = host_copy(c.neighbors.offset);
  const auto index = host_copy(c.neighbors.index);
  std::vector<Bond> bonds;
  bonds.reserve(static_cast<std::size_t>(c.n_local) * 20);
  for (int i = 0; i < c.n_local; ++i)
    for (int n = offset(i); n < offset(i + 1); ++n) {
      const int j = index(n);
      const Bond bond{static_cast<double>(id(i)), static_cast<double>(id(j)), position(j, 0) - position(i, 0),
                      position(j, 1) - position(i, 1), position(j, 2) - position(i, 2)};
      // Written so that a bond that is not a number is listed, and found below by every rank.
      if (!(bond.x * bond.x + bond.y * bond.y + bond.z * bond.z >= cutoff * cutoff)) bonds.push_back(bond);
    }
  return bonds;
}

void require_distance(const std::vector<Bond>& bonds, std::int64_t timestep) {
  for (const Bond& bond : bonds)
    if (!(bond.length() >= closest))
      throw NumericalError("atoms " + std::to_string(static_cast<std::int64_t>(bond.from)) + " and " +
                               std::to_string(static_cast<std::int64_t>(bond.to)) + " are " +
                               std::to_string(bond.length()) + " Å apart, at least " + std::to_string(closest) +
                               " Å expected",
                           "quantum::gather_bonds, timestep " + std::to_string(timestep),
                           "a shorter timestep, or a start without atoms on one spot");
}

// By first atom, then by second, then by image.
std::vector<Bond> in_order(const std::vector<Bond>& bonds, std::vector<int>& offset) {
  for (const Bond& bond : bonds) ++offset[static_cast<std::size_t>(bond.from) + 1];
  for (std::size_t i = 1; i < offset.size(); ++i) offset[i] += offset[i - 1];
  std::vector<int> next(offset.begin(), offset.end() - 1);
  std::vector<Bond> ordered(bonds.size());
  for (const Bond& bond : bonds) ordered[next[static_cast<std::size_t>(bond.from)]++] = bond;
  for (std::size_t i = 0; i + 1 < offset.size(); ++i)
    std::sort(ordered.begin() + offset[i], ordered.begin() + offset[i + 1], [](const Bond& a, const Bond& b) {
      return std::tie(a.to, a.x, a.y, a.z) < std::tie(b.to, b.x, b.y, b.z);
    });
  return ordered;
}

template <class V, class F>
void fill(const V& view, int count, F&& value) {
  const auto host = Kokkos::create_mirror_view(view);
  for (int k = 0; k < count; ++k) value(host, k);
  Kokkos::deep_copy(view, host);
}

}  // namespace

BondTable gather_bonds(const Configuration& c, double cutoff) {
  if (c.neighbors.cutoff < cutoff)
    throw ConfigError("the neighbour list reaches " + std::to_string(c.neighbors.cutoff) + " Å, the model needs " +
                          std::to_string(cutoff) + " Å",
                      "quantum::gather_bonds", "ask every step of the run for its cut-off before the list is built");
  const std::vector<Bond> mine = list_own_bonds(c, cutoff);
  const std::vector<double> all =
      c.comm.all_gather(std::span<const double>(reinterpret_cast<const double*>(mine.data()), 5 * mine.size()));
  std::vector<Bond> bonds(all.size() / 5);
  std::copy(all.begin(), all.end(), reinterpret_cast<double*>(bonds.data()));
  require_distance(bonds, c.timestep);

  BondTable table;
  table.atoms = static_cast<int>(c.n_global);
  table.bonds = static_cast<int>(bonds.size());
  std::vector<int> offset(c.n_global + 1, 0);
  bonds = in_order(bonds, offset);
  table.offset = View<int*>(uninitialized("bond_offset"), c.n_global + 1);
  table.from = View<int*>(uninitialized("bond_from"), bonds.size());
  table.to = View<int*>(uninitialized("bond_to"), bonds.size());
  table.vector = View<double* [3]>(uninitialized("bond_vector"), bonds.size());
  fill(table.offset, table.atoms + 1, [&](auto& host, int k) { host(k) = offset[k]; });
  fill(table.from, table.bonds, [&](auto& host, int k) { host(k) = static_cast<int>(bonds[k].from); });
  fill(table.to, table.bonds, [&](auto& host, int k) { host(k) = static_cast<int>(bonds[k].to); });
  fill(table.vector, table.bonds, [&](auto& host, int k) {
    host(k, 0) = bonds[k].x;
    host(k, 1) = bonds[k].y;
    host(k, 2) = bonds[k].z;
  });
  return table;
}

}  // namespace locum::quantum
