#include "surrogates/train/restriction.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::train {
namespace {

void require(bool fine, const std::string& what) {
  if (!fine) throw ConfigError(what, "train::Restriction", "ranges and matrices ascend, without overlap, inside θ");
}

}  // namespace

Restriction::Restriction(std::vector<double> start, std::vector<ParameterRange> free, std::vector<MatrixBlock> adapted,
                         int rank)
    : start_(std::move(start)), free_(std::move(free)), adapted_(std::move(adapted)), rank_(rank) {
  require(adapted_.empty() || rank_ >= 1, "an adapter of rank " + std::to_string(rank_));
  std::vector<int> uses(start_.size(), 0);
  std::size_t last = 0;
  for (const ParameterRange& r : free_) {
    require(r.first >= last && r.last >= r.first && r.last <= start_.size(),
            "parameters " + std::to_string(r.first) + " … " + std::to_string(r.last) + " of " +
                std::to_string(start_.size()));
    last = r.last;
    for (std::size_t k = r.first; k < r.last; ++k) ++uses[k];
    free_count_ += r.last - r.first;
  }
  size_ = free_count_;
  for (const MatrixBlock& m : adapted_) {
    const std::size_t entries = static_cast<std::size_t>(m.rows) * m.columns;
    require(m.rows > 0 && m.columns > 0 && m.offset + entries <= start_.size(),
            "a matrix at " + std::to_string(m.offset) + " of " + std::to_string(start_.size()));
    for (std::size_t k = m.offset; k < m.offset + entries; ++k) ++uses[k];
    size_ += static_cast<std::size_t>(rank_) * (m.rows + m.columns);
  }
  require(std::all_of(uses.begin(), uses.end(), [](int n) { return n <= 1; }), "a parameter is named twice");
}

std::vector<double> Restriction::initial(std::uint64_t seed) const {
  std::vector<double> phi;
  for (const ParameterRange& r : free_) phi.insert(phi.end(), start_.begin() + r.first, start_.begin() + r.last);
  std::uint64_t item = 0;
  for (const MatrixBlock& m : adapted_) {
    for (int k = 0; k < m.rows * rank_; ++k)
      phi.push_back(random::normal_pair(seed, random::Stream::weights, item++, 1).first / std::sqrt(m.rows));
    phi.insert(phi.end(), static_cast<std::size_t>(rank_) * m.columns, 0.0);
  }
  return phi;
}

std::vector<double> Restriction::expand(std::span<const double> phi) const {
  std::vector<double> theta = start_;
  const double* from = phi.data();
  for (const ParameterRange& r : free_) {
    std::copy(from, from + (r.last - r.first), theta.begin() + r.first);
    from += r.last - r.first;
  }
  for (const MatrixBlock& m : adapted_) {
    const double *a = from, *b = a + m.rows * rank_;
    for (int i = 0; i < m.rows; ++i)
      for (int k = 0; k < rank_; ++k)
        for (int j = 0; j < m.columns; ++j)
          theta[m.offset + i * m.columns + j] += a[i * rank_ + k] * b[k * m.columns + j];
    from = b + rank_ * m.columns;
  }
  return theta;
}

void Restriction::pull_back(std::span<const double> phi, std::span<const double> theta_bar,
                            std::span<double> phi_bar) const {
  std::fill(phi_bar.begin(), phi_bar.end(), 0.0);
  std::size_t at = 0;
  for (const ParameterRange& r : free_) {
    std::copy(theta_bar.begin() + r.first, theta_bar.begin() + r.last, phi_bar.begin() + at);
    at += r.last - r.first;
  }
  for (const MatrixBlock& m : adapted_) {
    const double *a = &phi[at], *b = a + m.rows * rank_, *w_bar = &theta_bar[m.offset];
    double *a_bar = &phi_bar[at], *b_bar = a_bar + m.rows * rank_;
    for (int i = 0; i < m.rows; ++i)
      for (int k = 0; k < rank_; ++k)
        for (int j = 0; j < m.columns; ++j) {
          a_bar[i * rank_ + k] += w_bar[i * m.columns + j] * b[k * m.columns + j];
          b_bar[k * m.columns + j] += w_bar[i * m.columns + j] * a[i * rank_ + k];
        }
    at += static_cast<std::size_t>(rank_) * (m.rows + m.columns);
  }
}

ParameterLayout Restriction::layout() const {
  ParameterLayout layout;
  std::size_t at = free_count_;
  for (const MatrixBlock& m : adapted_) {
    layout.matrices.push_back({at, m.rows, rank_});
    at += static_cast<std::size_t>(m.rows) * rank_;
    layout.matrices.push_back({at, rank_, m.columns});
    at += static_cast<std::size_t>(rank_) * m.columns;
  }
  return layout;
}

double RestrictedObjective::gradient(std::span<const double> parameters, std::span<const int> batch,
                                     std::span<double> gradient) {
  std::vector<double> theta_bar(restriction_.full_size());
  const double loss = full_.gradient(restriction_.expand(parameters), batch, theta_bar);
  restriction_.pull_back(parameters, theta_bar, gradient);
  return loss;
}

}  // namespace locum::train
