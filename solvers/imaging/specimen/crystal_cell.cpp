#include "solvers/imaging/specimen/crystal_cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

constexpr int most_cells = 16;
constexpr double same = 1e-4;  // fractional: two decimals fewer than files give coordinates with

double distance_to_integer(Vec3 s) {
  double most = 0.0;
  for (int d = 0; d < 3; ++d) most = std::max(most, std::abs(s[d] - std::round(s[d])));
  return most;
}

bool is_translation(Vec3 s, const std::vector<Vec3>& centring) {
  if (distance_to_integer(s) < same) return true;
  return std::any_of(centring.begin(), centring.end(), [&](Vec3 t) { return distance_to_integer(s - t) < same; });
}

Vec3 direction(const std::vector<std::int64_t>& indices, const char* what) {
  if (indices.size() != 3 || (indices[0] == 0 && indices[1] == 0 && indices[2] == 0))
    throw ConfigError(fmt::format("the {} is [{}], three whole numbers, not all of them zero, were expected", what,
                                  fmt::join(indices, " ")),
                      "specimen.crystal");
  return {double(indices[0]), double(indices[1]), double(indices[2])};
}

// The shortest translation along a direction with whole indices.
Vec3 shortest_along(Vec3 indices, const std::vector<Vec3>& centring) {
  // 64: the greatest common divisor of three indices, times what a centring divides by, that anyone would write.
  for (int divisor = 64; divisor > 1; --divisor)
    if (is_translation((1.0 / divisor) * indices, centring)) return (1.0 / divisor) * indices;
  return indices;
}

struct Translation {
  Vec3 indices, along;  // in units of a, b, c, and Å
  double length;
};

double cosine(Vec3 a, Vec3 b) { return std::abs(dot(a, b)) / (norm(a) * norm(b)); }

// Translations within most_cells of each vector that have no greater cosine with `axis` than `loosest`, shortest first;
// of two that are opposite the one whose first index that is not zero is positive.
std::vector<Translation> across(const Cell& cell, const std::vector<Vec3>& centring, Vec3 axis, double loosest) {
  std::vector<Vec3> shifts = centring;
  shifts.insert(shifts.begin(), Vec3{});
  std::vector<Translation> found;
  for (int i = -most_cells; i <= most_cells; ++i)
    for (int j = -most_cells; j <= most_cells; ++j)
      for (int k = -most_cells; k <= most_cells; ++k)
        for (const Vec3& shift : shifts) {
          const Vec3 s = shift + Vec3{double(i), double(j), double(k)};
          const double first = std::abs(s.x) > same ? s.x : std::abs(s.y) > same ? s.y : s.z;
          if (first < same) continue;
          const Vec3 along = cell.to_cartesian(s);
          if (cosine(along, axis) <= loosest) found.push_back({s, along, norm(along)});
        }
  std::stable_sort(found.begin(), found.end(), [](const Translation& a, const Translation& b) {
    // Lengths that are equal but for rounding stay in the order of the loops.
    return a.length < b.length * (1.0 - 1e-9);
  });
  return found;
}

struct Choice {
  Translation x, y;
  double strain;
};

// The smallest cell with `x` and some of `candidates` within the tolerance; beside it the nearest that is not.
struct Search {
  std::optional<Choice> fit, nearest;
  double tolerance;

  void consider(const Translation& x, const Translation& y, Vec3 z) {
    const double strain = std::max({cosine(x.along, y.along), cosine(x.along, z), cosine(y.along, z)});
    if (strain <= tolerance) {
      if (!fit || x.length * y.length < fit->x.length * fit->y.length * (1.0 - 1e-9)) fit = {x, y, strain};
    } else if (!nearest || strain < nearest->strain * (1.0 - 1e-9)) {
      nearest = {x, y, strain};
    }
  }
};

std::string name(Vec3 s) { return fmt::format("[{:g} {:g} {:g}]", s.x, s.y, s.z); }

[[noreturn]] void refuse(const Search& search, Vec3 zone) {
  if (!search.nearest)
    throw ConfigError(fmt::format("no cell of right angles was found along {}", name(zone)),
                      "specimen.crystal.zone_axis", "another zone axis, or a larger strain_tolerance");
  const Choice& n = *search.nearest;
  throw ConfigError(
      fmt::format("the lattice has no cell of right angles along {} within a strain of {:.3g}; the nearest, x along {} "
                  "({:.3f} Å) and y along {} ({:.3f} Å), is off by {:.3g}",
                  name(zone), search.tolerance, name(n.x.indices), n.x.length, name(n.y.indices), n.y.length, n.strain),
      "specimen.crystal.strain_tolerance", fmt::format("{:.2g} would do, or another zone axis", 1.01 * n.strain));
}

}  // namespace

std::vector<Vec3> centrings(const std::vector<Vec3>& fractional, const std::vector<int>& atomic_number) {
  std::vector<Vec3> found;
  const std::size_t n = fractional.size();
  for (std::size_t j = 1; j < n; ++j) {
    if (atomic_number[j] != atomic_number[0]) continue;
    const Vec3 shift = fractional[j] - fractional[0];
    bool all = true;
    for (std::size_t i = 0; i < n && all; ++i) {
      all = false;
      for (std::size_t k = 0; k < n && !all; ++k)
        all = atomic_number[k] == atomic_number[i] && distance_to_integer(fractional[i] + shift - fractional[k]) < same;
    }
    if (all) found.push_back(Cell::wrap(shift));
  }
  return found;
}

OrthogonalCell orthogonal_cell(const Cell& cell, const std::vector<Vec3>& centring,
                               const std::vector<std::int64_t>& zone_axis, const std::vector<std::int64_t>& x_direction,
                               double tolerance) {
  const Vec3 zone = shortest_along(direction(zone_axis, "zone axis"), centring), z = cell.to_cartesian(zone);
  const Vec3 axes[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  std::optional<Vec3> along_x;
  if (!x_direction.empty()) {
    along_x = direction(x_direction, "direction of x");
    if (const double off = cosine(cell.to_cartesian(*along_x), z); off > tolerance)
      throw ConfigError(
          fmt::format("x along {} is not at a right angle to the zone axis {}: the cosine is {:.3g}, {:.3g} "
                      "is allowed",
                      name(*along_x), name(zone), off, tolerance),
          "specimen.crystal.x_direction", "leave it out, and a direction that fits is chosen");
  } else {
    for (const Vec3& axis : axes)
      if (!along_x && cosine(cell.to_cartesian(axis), z) <= tolerance) along_x = axis;
  }
  // Wider than the tolerance, so that a refusal can name the nearest cell.
  const auto candidates = across(cell, centring, z, std::max(tolerance, 0.1));
  Search search{{}, {}, tolerance};
  if (along_x) {
    const Vec3 s = shortest_along(*along_x, centring), x = cell.to_cartesian(s);
    for (const auto& y : candidates)
      if (cosine(x, y.along) < 0.5) search.consider({s, x, norm(x)}, y, z);
  } else {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      // x is the shorter of the two: beyond the root of the smallest area there is nothing to find.
      if (search.fit && candidates[i].length * candidates[i].length > search.fit->x.length * search.fit->y.length)
        break;
      if (!search.fit && i >= 2000) break;
      for (std::size_t j = i + 1; j < candidates.size(); ++j) {
        if (search.fit && candidates[i].length * candidates[j].length > search.fit->x.length * search.fit->y.length)
          break;
        search.consider(candidates[i], candidates[j], z);
      }
    }
  }
  if (!search.fit) refuse(search, zone);
  OrthogonalCell result;
  result.vector[0] = search.fit->x.indices;
  result.vector[1] = search.fit->y.indices;
  result.vector[2] = zone;
  if (dot(cross(search.fit->x.along, search.fit->y.along), z) < 0.0) result.vector[1] = -1.0 * result.vector[1];
  result.length = {search.fit->x.length, search.fit->y.length, norm(z)};
  result.strain = search.fit->strain;
  return result;
}

}  // namespace locum::imaging
