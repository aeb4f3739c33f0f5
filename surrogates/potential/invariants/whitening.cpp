#include "surrogates/potential/invariants/whitening.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/linalg/eigen.hpp"

namespace locum::potential {

Moments::Moments(Context context, int species, int columns)
    : context_(std::move(context)),
      species_(species),
      columns_(columns),
      total_(static_cast<std::size_t>(species) * stretch(), 0.0),
      mine_(total_.size(), 0.0) {}

void Moments::add(const RowMajor<double**>& rows, const std::vector<int>& species) {
  const int n = rows.extent_int(0), d = columns_;
  const auto host = host_copy(rows);
  for (int z = 0; z < species_; ++z) {
    double* sums = &mine_[z * stretch()];
    const int count = static_cast<int>(std::count(species.begin(), species.end(), z));
    if (count == 0) continue;
    linalg::Matrix<double> part(uninitialized("rows_of_species"), count, d), products("products", d, d);
    const auto part_host = Kokkos::create_mirror_view(part);
    int at = 0;
    for (int r = 0; r < n; ++r) {
      if (species[r] != z) continue;
      for (int k = 0; k < d; ++k) {
        part_host(at, k) = host(r, k);
        sums[1 + k] += host(r, k);
      }
      ++at;
    }
    sums[0] += count;
    Kokkos::deep_copy(part, part_host);
    linalg::gram<double>(context_.space, 1.0, linalg::MatrixRef<const double>(part), 0.0, products);
    const auto products_host = host_copy(products);
    for (int k = 0; k < d * d; ++k) sums[1 + d + k] += products_host.data()[k];
  }
}

void Moments::commit() {
  context_.comm.sum(std::span<double>(mine_));
  for (std::size_t k = 0; k < total_.size(); ++k) total_[k] += mine_[k];
  std::fill(mine_.begin(), mine_.end(), 0.0);
}

std::vector<double> Moments::mean(int species) const {
  const double* sums = &total_[species * stretch()];
  std::vector<double> mean(sums + 1, sums + 1 + columns_);
  for (double& m : mean) m /= std::max(sums[0], 1.0);
  return mean;
}

std::vector<double> Moments::covariance(int species) const {
  const double* sums = &total_[species * stretch()];
  const std::vector<double> m = mean(species);
  std::vector<double> c(sums + 1 + columns_, sums + stretch());
  for (int r = 0; r < columns_; ++r)
    for (int k = 0; k < columns_; ++k) c[r * columns_ + k] = c[r * columns_ + k] / std::max(sums[0], 1.0) - m[r] * m[k];
  return c;
}

void set_whitening(const Context& context, const PotentialConfig& config, const std::vector<double>& mean,
                   const std::vector<double>& covariance, SpeciesParameters& species) {
  const int M = static_cast<int>(mean.size()), d = config.components;
  species.mean = mean;
  for (int k = 0; k < M; ++k) {
    const double variance = covariance[k * M + k];
    // An invariant that does not vary (a perfect lattice) is left out, not divided by rounding.
    species.scale[k] = variance > 1e-20 + 1e-16 * mean[k] * mean[k] ? std::sqrt(variance) : 0.0;
  }
  auto inverse = [&species](int k) { return species.scale[k] > 0.0 ? 1.0 / species.scale[k] : 0.0; };
  linalg::Matrix<double> a(uninitialized("correlation"), M, M), vectors(uninitialized("components"), d, M);
  View<double*> values(uninitialized("variances"), M);
  const auto host = Kokkos::create_mirror_view(a);
  // Negated: the solver gives the lowest first.
  for (int r = 0; r < M; ++r)
    for (int c = 0; c < M; ++c) host(r, c) = -covariance[r * M + c] * inverse(r) * inverse(c);
  Kokkos::deep_copy(a, host);
  linalg::EigenSolver().symmetric(context.space, a, values, vectors, d);
  const auto value = host_copy(values);
  const auto vector = host_copy(vectors);
  const double largest = std::max(-value(0), 1e-30);
  for (int k = 0; k < d; ++k) {
    const double divisor = std::sqrt(std::max(-value(k), 0.0) + config.softness * largest);
    for (int m = 0; m < M; ++m) species.projection[m * d + k] = vector(k, m) * inverse(m) / divisor;
  }
  for (double& s : species.scale) s = s > 0.0 ? s : 1.0;
}

void set_distance(const std::vector<double>& mean, const std::vector<double>& covariance, SpeciesParameters& species) {
  const int d = static_cast<int>(mean.size());
  species.center = mean;
  std::vector<double> L(covariance);
  for (int k = 0; k < d; ++k) L[k * d + k] += 0.01 * L[k * d + k] + 1e-9;
  for (int c = 0; c < d; ++c) {  // Cholesky; d is a few dozen
    for (int k = 0; k < c; ++k) L[c * d + c] -= L[c * d + k] * L[c * d + k];
    L[c * d + c] = std::sqrt(std::max(L[c * d + c], 1e-12));
    for (int r = c + 1; r < d; ++r) {
      for (int k = 0; k < c; ++k) L[r * d + c] -= L[r * d + k] * L[c * d + k];
      L[r * d + c] /= L[c * d + c];
    }
  }
  std::vector<double>& inverse = species.metric;
  std::fill(inverse.begin(), inverse.end(), 0.0);
  for (int c = 0; c < d; ++c) {
    inverse[c * d + c] = 1.0 / L[c * d + c];
    for (int r = c + 1; r < d; ++r) {
      double sum = 0.0;
      for (int k = c; k < r; ++k) sum += L[r * d + k] * inverse[k * d + c];
      inverse[r * d + c] = -sum / L[r * d + r];
    }
  }
}

void set_frame_distance(const std::vector<double>& mean, const std::vector<double>& covariance,
                        const std::vector<double>& atom_covariance, double atoms_per_frame,
                        SpeciesParameters& species) {
  const int d = static_cast<int>(mean.size());
  species.frame_center = mean;
  for (int k = 0; k < d; ++k) {
    const double noise = atom_covariance[k * d + k] / std::max(atoms_per_frame, 1.0);
    species.frame_metric[k] = 1.0 / std::sqrt(std::max({covariance[k * d + k], noise, 1e-12}));
  }
}

}  // namespace locum::potential
