#include "surrogates/potential/training/pruning.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::potential {
namespace {

// H⁻¹ and the weights of the regularised equations of the linear columns, scaled to a force norm of one.
struct Quadratic {
  int n = 0;
  std::vector<double> inverse, weight;  // (n, n), (n)
};

// Takes the constants (columns `linear` … width − 2) out of the matrix of products: the large mean energies go before
// anything is regularised. One that others say already (labels of one composition) is left alone.
void eliminate_constants(std::vector<double>& total, int width, int linear) {
  const auto at = [&](int r, int c) -> double& { return total[static_cast<std::size_t>(r) * width + c]; };
  double largest = 0.0;
  for (int k = linear; k + 1 < width; ++k) largest = std::max(largest, at(k, k));
  for (int k = linear; k + 1 < width; ++k) {
    const double pivot = at(k, k);
    if (!(pivot > 1e-10 * largest)) continue;
    const std::vector<double> row(&at(k, 0), &at(k, 0) + width);
    for (int r = 0; r < width; ++r)
      for (int c = 0; c < width; ++c) at(r, c) -= row[r] * row[c] / pivot;
  }
}

Quadratic solve(const Context& context, const FieldSet& ridge, int n, double strength) {
  std::vector<double> total = ridge.real("total");
  const auto& norm = ridge.real("force_norm");
  const int width = static_cast<int>(ridge.at("total").shape[0]);
  eliminate_constants(total, width, n);
  std::vector<double> scale(n);
  for (int k = 0; k < n; ++k) scale[k] = norm[k] > 0.0 ? 1.0 / std::sqrt(norm[k]) : 1.0;
  linalg::Matrix<double> factor(uninitialized("prune_factor"), n, n), right(uninitialized("prune_right"), n + 1, n);
  const auto factor_host = Kokkos::create_mirror_view(factor), right_host = Kokkos::create_mirror_view(right);
  for (double lambda = std::max(strength, 1e-14);; lambda *= 10.0) {
    for (int r = 0; r < n; ++r) {
      for (int c = 0; c < n; ++c) {
        factor_host(r, c) = scale[r] * scale[c] * total[static_cast<std::size_t>(r) * width + c];
        right_host(r, c) = r == c ? 1.0 : 0.0;
      }
      factor_host(r, r) += lambda;
      right_host(n, r) = scale[r] * total[static_cast<std::size_t>(r) * width + width - 1];
    }
    Kokkos::deep_copy(factor, factor_host);
    Kokkos::deep_copy(right, right_host);
    try {
      linalg::cholesky(context.space, factor);
      break;
    } catch (const NumericalError&) {
      if (lambda > 1e-3) throw;  // stronger than any fit: the order would mean nothing
    }
  }
  linalg::cholesky_solve(context.space, factor, right);
  const auto solved = host_copy(right);
  const double* data = solved.data();
  const auto square = static_cast<std::size_t>(n) * n;
  return {n, {data, data + square}, {data + square, data + square + n}};
}

// Takes column k out: its weight becomes zero and the others make up for it as far as they can. What this costs is
// added to the loss.
double cost(const Quadratic& q, int k) {
  const double pivot = q.inverse[static_cast<std::size_t>(k) * q.n + k];
  return pivot > 0.0 ? q.weight[k] * q.weight[k] / pivot : 0.0;
}

void eliminate(Quadratic& q, int k) {
  const std::size_t n = q.n;
  const double pivot = q.inverse[k * n + k];
  if (!(pivot > 0.0)) return;
  const std::vector<double> row(q.inverse.begin() + k * n, q.inverse.begin() + (k + 1) * n);
  const double w = q.weight[k] / pivot;
  for (std::size_t r = 0; r < n; ++r) {
    const double f = row[r] / pivot;
    if (f == 0.0) continue;
    double* to = &q.inverse[r * n];
    for (std::size_t c = 0; c < n; ++c) to[c] -= f * row[c];
    q.weight[r] -= row[r] * w;
  }
  for (std::size_t r = 0; r < n; ++r) q.inverse[r * n + k] = q.inverse[k * n + r] = 0.0;
  q.weight[k] = 0.0;
}

}  // namespace

void PruneConfig::visit(ConfigVisitor& v) {
  v.value({"bound", "", "rise of the held-out error that is accepted, relative; 0: no pruning", {0.0, 10.0}}, bound);
  v.value({"from", "", "model file that is pruned; empty: train one first"}, from);
  v.value({"invariants", "", "remove invariants"}, invariants);
  v.value({"components", "", "remove whitened components"}, components);
  v.value({"hidden", "", "remove neurons of the hidden layers"}, hidden);
  v.value({"trials", "", "smaller shapes that are tried for each of these", {1, 20}}, trials);
  v.value({"folds", "", "cross-validation: trainings of a shape, with other trajectories held out", {1, 100}}, folds);
}

void PruneConfig::validate() const {
  if (!(bound >= 0.0) || trials < 1 || folds < 1)
    throw ConfigError("a number is out of range", "prune", "bound ≥ 0, trials and folds ≥ 1");
  if (bound == 0.0 && !from.empty())
    throw ConfigError("a model is named, but no bound", "prune.bound", "e.g. prune.bound = 0.02");
}

std::vector<int> elimination_order(const Context& context, const FieldSet& ridge, int species, const InvariantSet& set,
                                   double strength) {
  Quadratic q = solve(context, ridge, species * set.count, strength);
  std::vector<int> left(set.count - set.channels), order;
  std::iota(left.begin(), left.end(), set.channels);
  while (!left.empty()) {
    // The columns of one invariant, one for each central species, hardly know of each other: the sum of their costs.
    const auto cost_of = [&](int m) {
      double sum = 0.0;
      for (int z = 0; z < species; ++z) sum += cost(q, z * set.count + m);
      return sum;
    };
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < left.size(); ++k)
      if (const double c = cost_of(left[k]); c < least) {
        least = c;
        best = k;
      }
    const int m = left[best];
    for (int z = 0; z < species; ++z) eliminate(q, z * set.count + m);
    order.push_back(m);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return order;
}

int smallest_that_works(int least, int most, int trials, const std::function<bool(int)>& works) {
  int bad = least - 1, good = most;
  for (int trial = 0; trial < trials && good - bad > 1; ++trial) {
    const int middle = bad + (good - bad) / 2;
    (works(middle) ? good : bad) = middle;
  }
  return good;
}

PrunedShape prune(const PrunedShape& full, const std::vector<int>& order, int count, double full_error,
                  const PruneConfig& config, const TrainShape& train) {
  PrunedShape best = full;
  const auto accepted = [&](const PrunedShape& shape) { return train(shape) <= (1.0 + config.bound) * full_error; };
  if (config.invariants) {
    const auto keep = [&](int n) {
      std::vector<int> gone(order.begin(), order.begin() + (count - n)), kept;
      std::sort(gone.begin(), gone.end());
      for (int m = 0; m < count; ++m)
        if (!std::binary_search(gone.begin(), gone.end(), m)) kept.push_back(full.kept.empty() ? m : full.kept[m]);
      return kept;
    };
    const auto shape = [&](int n) {
      PrunedShape s = best;
      s.kept = n == count ? full.kept : keep(n);
      s.components = std::min(best.components, n);
      return s;
    };
    const int least = count - static_cast<int>(order.size());
    best = shape(smallest_that_works(least, count, config.trials, [&](int n) { return accepted(shape(n)); }));
  }
  for (int PrunedShape::*size : {&PrunedShape::components, &PrunedShape::hidden}) {
    if (!(size == &PrunedShape::components ? config.components : config.hidden)) continue;
    const auto shape = [&](int n) {
      PrunedShape s = best;
      s.*size = n;
      return s;
    };
    best = shape(smallest_that_works(1, best.*size, config.trials, [&](int n) { return accepted(shape(n)); }));
  }
  return best;
}

}  // namespace locum::potential
