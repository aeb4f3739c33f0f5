#include "solvers/md/msd.hpp"

#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::md {

double mean_square_displacement(const std::vector<double>& from, const std::vector<double>& to,
                                const std::vector<double>& mass) {
  const std::size_t n = mass.size();
  if (n == 0 || from.size() != 3 * n || to.size() != 3 * n)
    throw ConfigError("displacements of " + std::to_string(n) + " atoms were asked for, the frames hold " +
                      std::to_string(from.size()) + " and " + std::to_string(to.size()) + " coordinates");
  double drift[3] = {0, 0, 0}, total_mass = 0.0, square = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    for (int d = 0; d < 3; ++d) drift[d] += mass[i] * (to[3 * i + d] - from[3 * i + d]);
    total_mass += mass[i];
  }
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < 3; ++d) {
      const double moved = to[3 * i + d] - from[3 * i + d] - drift[d] / total_mass;
      square += moved * moved;
    }
  return square / static_cast<double>(n);
}

std::vector<double> mean_square_displacements(const std::vector<std::vector<double>>& frames,
                                              const std::vector<double>& mass, int most_apart) {
  if (most_apart < 0 || static_cast<std::size_t>(most_apart) >= frames.size())
    throw ConfigError("frames " + std::to_string(most_apart) + " apart were asked for, there are " +
                      std::to_string(frames.size()) + " frames");
  std::vector<double> means;
  for (std::size_t apart = 0; apart <= static_cast<std::size_t>(most_apart); ++apart) {
    double sum = 0.0;
    for (std::size_t k = 0; k + apart < frames.size(); ++k)
      sum += mean_square_displacement(frames[k], frames[k + apart], mass);
    means.push_back(sum / static_cast<double>(frames.size() - apart));
  }
  return means;
}

}  // namespace locum::md
