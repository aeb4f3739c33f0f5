#include "surrogates/potential/training/score_fit.hpp"

#include <algorithm>
#include <cmath>

namespace locum::potential {
namespace {

// Solves the equations of the free coefficients (bits of `free`); false when they are singular.
bool solve_free(const NormalMatrix& normal, const Coefficients& right, int free, Coefficients& x) {
  double a[score_terms][score_terms + 1];
  for (int r = 0; r < score_terms; ++r) {
    const bool row = free >> r & 1;
    for (int c = 0; c < score_terms; ++c) a[r][c] = row && (free >> c & 1) ? normal[r][c] : (r == c ? 1.0 : 0.0);
    a[r][score_terms] = row ? right[r] : 0.0;
  }
  for (int c = 0; c < score_terms; ++c) {
    if (!(a[c][c] > 0.0)) return false;  // positive definite: no pivoting
    for (int r = c + 1; r < score_terms; ++r) {
      const double f = a[r][c] / a[c][c];
      for (int k = c; k <= score_terms; ++k) a[r][k] -= f * a[c][k];
    }
  }
  for (int r = score_terms - 1; r >= 0; --r) {
    x[r] = a[r][score_terms];
    for (int c = r + 1; c < score_terms; ++c) x[r] -= a[r][c] * x[c];
    x[r] /= a[r][r];
  }
  return true;
}

}  // namespace

Coefficients nonnegative_least_squares(const NormalMatrix& normal, const Coefficients& right) {
  Coefficients best{};
  double best_value = 0.0;  // xᵀNx − 2 xᵀr; zero for x = 0
  for (int free = 1; free < 1 << score_terms; ++free) {
    Coefficients x{};
    if (!solve_free(normal, right, free, x) || *std::min_element(x.begin(), x.end()) < 0.0) continue;
    double value = 0.0;
    for (int r = 0; r < score_terms; ++r) {
      value -= 2.0 * x[r] * right[r];
      for (int c = 0; c < score_terms; ++c) value += x[r] * normal[r][c] * x[c];
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
  const ScoreParameters kept = potential->score;
  // The score with one coefficient at a time: the terms of every atom. Term 0 is constant.
  std::vector<double> squares[score_terms], error;
  for (int term = 1; term < score_terms; ++term) {
    potential->score = {0.0, term == 1 ? 1.0 : 0.0, term == 2 ? 1.0 : 0.0, term == 3 ? 1.0 : 0.0};
    potential->upload();
    for (const int k : frames) {
      if (!pool.mine(k)) continue;
      const auto a = pool.answer(step, k, true);
      for (const double s : a.atom_score) squares[term].push_back(s * s);
      const auto label = pool.label(k);
      const auto& truth = label->force;
      for (std::size_t i = 0; term == 1 && i < truth.size(); i += 3)
        error.push_back(std::pow(truth[i] - a.force[i], 2) + std::pow(truth[i + 1] - a.force[i + 1], 2) +
                        std::pow(truth[i + 2] - a.force[i + 2], 2));
    }
  }
  potential->score = kept;
  squares[0].assign(error.size(), 1.0);
  double sums[score_terms * score_terms + score_terms] = {};  // normal matrix, right-hand side
  for (std::size_t i = 0; i < error.size(); ++i)
    for (int r = 0; r < score_terms; ++r) {
      for (int c = 0; c < score_terms; ++c) sums[score_terms * r + c] += squares[r][i] * squares[c][i];
      sums[score_terms * score_terms + r] += squares[r][i] * error[i];
    }
  context.comm.sum(std::span<double>(sums));
  const double atoms = sums[0];
  if (atoms < 1.0) return kept;
  NormalMatrix normal{};
  Coefficients right{};
  for (int r = 0; r < score_terms; ++r) {
    std::copy(sums + score_terms * r, sums + score_terms * (r + 1), normal[r].begin());
    right[r] = sums[score_terms * score_terms + r];
  }
  Coefficients x = nonnegative_least_squares(normal, right);
  // In the domain the distances explain little, and the fit may leave them out; but far away nothing else warns. Each
  // keeps at least half of the mean square error that it would explain alone.
  const double mean_error = right[0] / atoms;
  for (const int distance : {2, 3})
    if (const double mean = normal[0][distance] / atoms; mean > 0.0)
      x[distance] = std::max(x[distance], 0.5 * mean_error / mean);
  return {std::sqrt(x[0]), std::sqrt(x[1]), std::sqrt(x[2]), std::sqrt(x[3])};
}

}  // namespace locum::potential
