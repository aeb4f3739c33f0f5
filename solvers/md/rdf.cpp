#include "solvers/md/rdf.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::md {

RadialDistribution::RadialDistribution(double reach, int bins)
    : reach_(reach), pairs_per_atom_(std::max(bins, 0)), normalized_(std::max(bins, 0)) {
  if (!(reach > 0.0) || bins < 1)
    throw ConfigError("a radial distribution up to " + std::to_string(reach) + " Å in " + std::to_string(bins) +
                      " bins was asked for, positive numbers were expected");
}

void RadialDistribution::add_frame(const Cell& cell, const std::vector<double>& position) {
  const std::size_t n = position.size() / 3;
  if (n == 0) throw ConfigError("a frame without atoms has no radial distribution");
  // Differences are brought to the nearest image in fractional coordinates; farther images are walked where needed.
  int images[3];
  for (int d = 0; d < 3; ++d) images[d] = static_cast<int>(std::ceil(reach_ / cell.height(d) - 0.5 - 1e-12));
  const double bins_per_length = static_cast<double>(pairs_per_atom_.size()) / reach_;
  std::vector<double> found(pairs_per_atom_.size(), 0.0);
  std::vector<Vec3> s(n);
  for (std::size_t i = 0; i < n; ++i)
    s[i] = cell.to_fractional({position[3 * i], position[3 * i + 1], position[3 * i + 2]});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i; j < n; ++j) {
      Vec3 ds = s[j] - s[i];
      for (int d = 0; d < 3; ++d) ds[d] -= std::round(ds[d]);
      for (int x = -images[0]; x <= images[0]; ++x)
        for (int y = -images[1]; y <= images[1]; ++y)
          for (int z = -images[2]; z <= images[2]; ++z) {
            if (i == j && x == 0 && y == 0 && z == 0) continue;
            const double r = norm(cell.to_cartesian(ds + Vec3{double(x), double(y), double(z)}));
            // An atom's own images come twice (±), other pairs once for both.
            if (r < reach_)
              found[std::min(static_cast<std::size_t>(r * bins_per_length), found.size() - 1)] += i == j ? 1.0 : 2.0;
          }
    }
  for (std::size_t k = 0; k < found.size(); ++k) {
    const double per_atom = found[k] / static_cast<double>(n);
    pairs_per_atom_[k] += per_atom;
    normalized_[k] += per_atom * cell.volume() / (static_cast<double>(n) * shell_volume(static_cast<int>(k)));
  }
  ++frames_;
}

double RadialDistribution::shell_volume(int bin) const {
  const double width = reach_ / static_cast<double>(pairs_per_atom_.size());
  return 4.0 / 3.0 * units::pi * (std::pow((bin + 1) * width, 3) - std::pow(bin * width, 3));
}

std::vector<double> RadialDistribution::radius() const {
  std::vector<double> r(pairs_per_atom_.size());
  for (std::size_t k = 0; k < r.size(); ++k) r[k] = (double(k) + 0.5) * reach_ / double(r.size());
  return r;
}

std::vector<double> RadialDistribution::value() const {
  std::vector<double> g = normalized_;
  for (double& value : g) value /= static_cast<double>(std::max<std::int64_t>(frames_, 1));
  return g;
}

std::vector<double> RadialDistribution::coordination() const {
  std::vector<double> number = pairs_per_atom_;
  double sum = 0.0;
  for (double& value : number) value = sum += value / static_cast<double>(std::max<std::int64_t>(frames_, 1));
  return number;
}

CurveDifference difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size() || a.empty())
    throw ConfigError("curves of " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                      " points cannot be compared");
  CurveDifference d;
  for (std::size_t k = 0; k < a.size(); ++k) {
    d.largest = std::max(d.largest, std::abs(a[k] - b[k]));
    d.mean += std::abs(a[k] - b[k]) / static_cast<double>(a.size());
  }
  return d;
}

}  // namespace locum::md
