#include "surrogates/potential/score_fit.hpp"

#include <algorithm>
#include <cmath>

namespace locum::potential {
namespace {

// Solves the equations of the free coefficients (bits of `free`); false when they are singular.
bool solve_free(const std::array<std::array<double, 3>, 3>& normal, const std::array<double, 3>& right, int free,
                std::array<double, 3>& x) {
  double a[3][4];
  for (int r = 0; r < 3; ++r) {
    const bool row = free >> r & 1;
    for (int c = 0; c < 3; ++c) a[r][c] = row && (free >> c & 1) ? normal[r][c] : (r == c ? 1.0 : 0.0);
    a[r][3] = row ? right[r] : 0.0;
  }
  for (int c = 0; c < 3; ++c) {
    if (!(a[c][c] > 0.0)) return false;  // positive definite: no pivoting
    for (int r = c + 1; r < 3; ++r) {
      const double f = a[r][c] / a[c][c];
      for (int k = c; k < 4; ++k) a[r][k] -= f * a[c][k];
    }
  }
  for (int r = 2; r >= 0; --r) {
    x[r] = a[r][3];
    for (int c = r + 1; c < 3; ++c) x[r] -= a[r][c] * x[c];
    x[r] /= a[r][r];
  }
  return true;
}

}  // namespace

std::array<double, 3> nonnegative_least_squares(const std::array<std::array<double, 3>, 3>& normal,
                                                const std::array<double, 3>& right) {
  std::array<double, 3> best{};
  double best_value = 0.0;  // xᵀNx − 2 xᵀr; zero for x = 0
  for (int free = 1; free < 8; ++free) {
    std::array<double, 3> x{};
    if (!solve_free(normal, right, free, x) || *std::min_element(x.begin(), x.end()) < 0.0) continue;
    double value = 0.0;
    for (int r = 0; r < 3; ++r) {
      value -= 2.0 * x[r] * right[r];
      for (int c = 0; c < 3; ++c) value += x[r] * normal[r][c] * x[c];
    }
    if (value < best_value) {
      best_value = value;
      best = x;
    }
  }
  return best;
}

ScoreParameters fit_score(const Context& context, const std::shared_ptr<NeuralPotential>& potential,
                          PotentialStep& step, FramePool& pool, const std::vector<int>& frames) {
  std::array<std::array<double, 3>, 3> normal{};
  std::array<double, 3> right{};
  double sums[13] = {};  // normal (9), right (3), number of atoms
  const ScoreParameters kept = potential->score;
  std::vector<double> terms[2], error;
  for (int term = 0; term < 2; ++term) {
    potential->score = {0.0, term == 0 ? 1.0 : 0.0, term == 1 ? 1.0 : 0.0};
    potential->upload();
    for (const int k : frames) {
      if (!pool.mine(k)) continue;
      const auto a = pool.answer(step, k, true);
      for (const double s : a.atom_score) terms[term].push_back(s * s);
      const auto label = pool.label(k);
      const auto& truth = label->force;
      for (std::size_t i = 0; term == 0 && i < truth.size(); i += 3)
        error.push_back(std::pow(truth[i] - a.force[i], 2) + std::pow(truth[i + 1] - a.force[i + 1], 2) +
                        std::pow(truth[i + 2] - a.force[i + 2], 2));
    }
  }
  potential->score = kept;
  for (std::size_t i = 0; i < error.size(); ++i) {
    const double row[3] = {1.0, terms[0][i], terms[1][i]};
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) sums[3 * r + c] += row[r] * row[c];
      sums[9 + r] += row[r] * error[i];
    }
    sums[12] += 1.0;
  }
  context.comm.sum(std::span<double>(sums));
  if (sums[12] < 1.0) return kept;
  for (int r = 0; r < 3; ++r) {
    std::copy(sums + 3 * r, sums + 3 * r + 3, normal[r].begin());
    right[r] = sums[9 + r];
  }
  auto x = nonnegative_least_squares(normal, right);
  // In the domain the distance explains little, and the fit may leave it out; but far away nothing else warns. It keeps
  // at least half of the mean square error that it would explain alone.
  const double mean_error = sums[9] / sums[12], mean_distance = sums[2] / sums[12];
  if (mean_distance > 0.0) x[2] = std::max(x[2], 0.5 * mean_error / mean_distance);
  return {std::sqrt(x[0]), std::sqrt(x[1]), std::sqrt(x[2])};
}

}  // namespace locum::potential
