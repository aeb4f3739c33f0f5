#include "solvers/imaging/engines/linear_calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::imaging {
namespace {

// Strengths that are tried, in units of the number of samples: from the solution itself to the mean.
constexpr double strengths[] = {1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1};

using Rows = std::vector<double>;

struct Normal {  // sums over samples: zᵀz (p, p), zᵀy (c, p), Σz (p), Σy (c), n
  int p, c;
  Rows zz, zy, z, y;
  double n = 0.0;
  Normal(int features, int outputs)
      : p(features),
        c(outputs),
        zz(static_cast<std::size_t>(p * p)),
        zy(static_cast<std::size_t>(p * c)),
        z(static_cast<std::size_t>(p)),
        y(static_cast<std::size_t>(c)) {}
  void add(const double* x, const double* out, double weight) {
    for (int i = 0; i < p; ++i) {
      for (int j = 0; j < p; ++j) zz[static_cast<std::size_t>(i * p + j)] += weight * x[i] * x[j];
      for (int k = 0; k < c; ++k) zy[static_cast<std::size_t>(k * p + i)] += weight * x[i] * out[k];
      z[static_cast<std::size_t>(i)] += weight * x[i];
    }
    for (int k = 0; k < c; ++k) y[static_cast<std::size_t>(k)] += weight * out[k];
    n += weight;
  }
};

struct Solution {
  Rows weight, offset, inverse;  // (c, p), (c), (p, p)
};

// Weights of the centred normal equations with `strength` n on the diagonal; rows of identity give the inverse.
Solution solve(const Normal& sums, double strength) {
  const ExecutionSpace space;
  const auto p = static_cast<std::size_t>(sums.p), c = static_cast<std::size_t>(sums.c);
  linalg::Matrix<double> matrix("imaging::calibration::matrix", p, p), right("imaging::calibration::right", c + p, p);
  const auto matrix_host = Kokkos::create_mirror_view(matrix);
  const auto right_host = Kokkos::create_mirror_view(right);
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < p; ++j)
      matrix_host(i, j) = sums.zz[i * p + j] - sums.z[i] * sums.z[j] / sums.n + (i == j ? strength * sums.n : 0.0);
    for (std::size_t k = 0; k < c; ++k) right_host(k, i) = sums.zy[k * p + i] - sums.z[i] * sums.y[k] / sums.n;
    right_host(c + i, i) = 1.0;
  }
  Kokkos::deep_copy(matrix, matrix_host);
  Kokkos::deep_copy(right, right_host);
  linalg::cholesky(space, matrix);
  linalg::cholesky_solve(space, matrix, right);
  space.fence();
  Kokkos::deep_copy(right_host, right);
  Solution solution{Rows(right_host.data(), right_host.data() + c * p), Rows(c),
                    Rows(right_host.data() + c * p, right_host.data() + (c + p) * p)};
  for (std::size_t k = 0; k < c; ++k) {
    double inner = sums.y[k];
    for (std::size_t i = 0; i < p; ++i) inner -= solution.weight[k * p + i] * sums.z[i];
    solution.offset[k] = inner / sums.n;
  }
  return solution;
}

double predict(const Solution& s, int p, int k, const double* z) {
  double sum = s.offset[static_cast<std::size_t>(k)];
  for (int i = 0; i < p; ++i) sum += s.weight[static_cast<std::size_t>(k * p + i)] * z[i];
  return sum;
}

// Of the root mean square of numbers whose squares and fourth powers sum to these, at 95 %: their mean square and 1.645
// of its standard errors.
double upper_limit(double squares, double fourths, double n) {
  const double mean = squares / n, variance = std::max(0.0, fourths / n - mean * mean) / std::max(1.0, n - 1.0);
  return std::sqrt(mean + 1.645 * std::sqrt(variance));
}

void check(const CalibrationSamples& s, int groups) {
  if (groups < 2 || s.group.size() < static_cast<std::size_t>(2 * s.features))
    throw ConfigError(fmt::format("{} calibration probes in {} configurations are too few for {} features",
                                  s.group.size(), groups, s.features),
                      "local.probes", fmt::format("{} probes in 2 or more configurations would do", 2 * s.features));
  for (const auto* numbers : {&s.x, &s.y})
    for (const double value : *numbers)
      if (!std::isfinite(value))
        throw NumericalError("a calibration probe gave a number that is not finite", "local.probes");
}

}  // namespace

LinearCalibration::LinearCalibration(const CalibrationSamples& samples)
    : features_(samples.features),
      outputs_(samples.outputs),
      groups_(samples.group.empty() ? 0 : 1 + *std::max_element(samples.group.begin(), samples.group.end())) {
  check(samples, groups_);
  const std::size_t n = samples.group.size(), p = static_cast<std::size_t>(features_),
                    c = static_cast<std::size_t>(outputs_);
  mean_.assign(p, 0.0);
  inverse_deviation_.assign(p, 0.0);
  for (std::size_t s = 0; s < n; ++s)
    for (std::size_t j = 0; j < p; ++j) mean_[j] += samples.x[s * p + j] / static_cast<double>(n);
  for (std::size_t s = 0; s < n; ++s)
    for (std::size_t j = 0; j < p; ++j)
      inverse_deviation_[j] += std::pow(samples.x[s * p + j] - mean_[j], 2) / static_cast<double>(n);
  for (std::size_t j = 0; j < p; ++j) {  // a feature that is constant to rounding says nothing
    double& d = inverse_deviation_[j];
    d = std::sqrt(d) > 1e-10 * std::abs(mean_[j]) ? 1.0 / std::sqrt(d) : 0.0;
  }

  Rows z(n * p);
  std::vector<Normal> of_group(static_cast<std::size_t>(groups_), Normal(features_, outputs_));
  Normal all(features_, outputs_);
  for (std::size_t s = 0; s < n; ++s) {
    standardise(&samples.x[s * p], &z[s * p]);
    of_group[static_cast<std::size_t>(samples.group[s])].add(&z[s * p], &samples.y[s * c], 1.0);
    all.add(&z[s * p], &samples.y[s * c], 1.0);
  }

  errors_.assign(c, {});
  std::vector<double> least(c, std::numeric_limits<double>::infinity()), chosen(c, 0.0);
  for (const double strength : strengths) {
    Rows square(c * static_cast<std::size_t>(groups_)), fourth(square.size()), sum(square.size());
    for (int g = 0; g < groups_; ++g) {
      Normal rest = all;
      const Normal& out = of_group[static_cast<std::size_t>(g)];
      for (std::size_t k = 0; k < rest.zz.size(); ++k) rest.zz[k] -= out.zz[k];
      for (std::size_t k = 0; k < rest.zy.size(); ++k) rest.zy[k] -= out.zy[k];
      for (std::size_t k = 0; k < p; ++k) rest.z[k] -= out.z[k];
      for (std::size_t k = 0; k < c; ++k) rest.y[k] -= out.y[k];
      rest.n -= out.n;
      const Solution solution = solve(rest, strength);
      for (std::size_t s = 0; s < n; ++s) {
        if (samples.group[s] != g) continue;
        for (std::size_t k = 0; k < c; ++k) {
          const double left = predict(solution, features_, static_cast<int>(k), &z[s * p]) - samples.y[s * c + k];
          square[static_cast<std::size_t>(g) * c + k] += left * left;
          fourth[static_cast<std::size_t>(g) * c + k] += left * left * left * left;
          sum[static_cast<std::size_t>(g) * c + k] += std::abs(samples.y[s * c + k]);
        }
      }
    }
    for (std::size_t k = 0; k < c; ++k) {
      double total = 0.0, bound = 0.0, sizes = 0.0;
      for (std::size_t g = 0; g < static_cast<std::size_t>(groups_); ++g) {
        total += square[g * c + k];
        sizes += sum[g * c + k];
        const double size = sum[g * c + k] / of_group[g].n;
        bound = std::max(bound, upper_limit(square[g * c + k], fourth[g * c + k], of_group[g].n) / size);
      }
      if (total >= least[k]) continue;
      least[k] = total;
      chosen[k] = strength;
      const double absolute = std::sqrt(total / static_cast<double>(n)), mean = sizes / all.n;
      errors_[k] = {mean, absolute / mean, bound, absolute};
    }
  }

  weight_.assign(c * p, 0.0);
  offset_.assign(c, 0.0);
  for (std::size_t k = 0; k < c; ++k) {
    const Solution solution = solve(all, chosen[k]);
    std::copy_n(solution.weight.begin() + static_cast<std::ptrdiff_t>(k * p), p,
                weight_.begin() + static_cast<std::ptrdiff_t>(k * p));
    offset_[k] = solution.offset[k];
  }
  inverse_ = solve(all, *std::min_element(chosen.begin(), chosen.end())).inverse;
}

void LinearCalibration::standardise(const double* x, double* z) const {
  for (std::size_t j = 0; j < mean_.size(); ++j) z[j] = (x[j] - mean_[j]) * inverse_deviation_[j];
}

void LinearCalibration::apply(const double* x, double* y) const {
  Rows z(mean_.size());
  standardise(x, z.data());
  for (std::size_t k = 0; k < offset_.size(); ++k) {
    double sum = offset_[k];
    for (std::size_t j = 0; j < z.size(); ++j) sum += weight_[k * z.size() + j] * z[j];
    y[k] = sum;
  }
}

double LinearCalibration::leverage(const double* x) const {
  Rows z(mean_.size());
  standardise(x, z.data());
  double sum = 1.0;
  for (std::size_t i = 0; i < z.size(); ++i)
    for (std::size_t j = 0; j < z.size(); ++j) sum += z[i] * inverse_[i * z.size() + j] * z[j];
  return sum;
}

}  // namespace locum::imaging
