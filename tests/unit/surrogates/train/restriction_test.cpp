#include "surrogates/train/restriction.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::train {
namespace {

std::vector<double> ramp(int n) {
  std::vector<double> v(n);
  for (int k = 0; k < n; ++k) v[k] = 0.1 * k - 1.0;
  return v;
}

// θ₀ of 20: [0, 2) given for good, a 3 × 4 matrix at 2, free from 14 to 17, the rest given.
Restriction some() { return {ramp(20), {{14, 17}}, {{2, 3, 4}}, 2}; }

TEST(Restriction, TheFirstParametersAreTheGivenOnes) {
  const Restriction r = some();
  EXPECT_EQ(r.size(), 3u + 2u * (3 + 4));
  EXPECT_EQ(r.expand(r.initial(7)), ramp(20));
}

TEST(Restriction, OnlyWhatIsFreeOrAdaptedMovesAndMatricesByTheirRank) {
  const Restriction r = some();
  std::vector<double> phi = r.initial(7);
  for (std::size_t k = 0; k < phi.size(); ++k) phi[k] += 0.3 + 0.05 * static_cast<double>(k * k % 7);
  const std::vector<double> theta = r.expand(phi), given = ramp(20);
  for (const int k : {0, 1, 17, 18, 19}) EXPECT_EQ(theta[k], given[k]);
  for (int k = 2; k < 17; ++k) EXPECT_NE(theta[k], given[k]);
  // Three rows of a change of rank two: the determinant of any three columns vanishes.
  const auto change = [&](int i, int j) { return theta[2 + 4 * i + j] - given[2 + 4 * i + j]; };
  const double determinant = change(0, 0) * (change(1, 1) * change(2, 2) - change(1, 2) * change(2, 1)) -
                             change(0, 1) * (change(1, 0) * change(2, 2) - change(1, 2) * change(2, 0)) +
                             change(0, 2) * (change(1, 0) * change(2, 1) - change(1, 1) * change(2, 0));
  EXPECT_NEAR(determinant, 0.0, 1e-12);  // rounding of products of order one
}

// L(θ) = ½ Σ (k + 1) θ_k²: its gradient by φ against central differences.
TEST(Restriction, GradientsAreThoseOfTheExpandedParameters) {
  const Restriction r = some();
  std::vector<double> phi = r.initial(3);
  for (std::size_t k = 0; k < phi.size(); ++k) phi[k] += 0.2 * static_cast<double>(k % 3) - 0.1;
  const auto loss = [&r](const std::vector<double>& at) {
    double sum = 0.0;
    const std::vector<double> theta = r.expand(at);
    for (std::size_t k = 0; k < theta.size(); ++k) sum += 0.5 * static_cast<double>(k + 1) * theta[k] * theta[k];
    return sum;
  };
  std::vector<double> theta_bar = r.expand(phi), phi_bar(r.size(), 99.0);
  for (std::size_t k = 0; k < theta_bar.size(); ++k) theta_bar[k] *= static_cast<double>(k + 1);
  r.pull_back(phi, theta_bar, phi_bar);
  for (std::size_t k = 0; k < phi.size(); ++k) {
    const double h = 1e-5;
    std::vector<double> up = phi, down = phi;
    up[k] += h;
    down[k] -= h;
    EXPECT_NEAR(phi_bar[k], (loss(up) - loss(down)) / (2.0 * h), 1e-6);  // rounding of a loss of order 100 over h
  }
}

TEST(Restriction, OverlapsAndWhatLeavesTheParametersAreRefused) {
  EXPECT_THROW(Restriction(ramp(10), {{0, 4}, {3, 6}}, {}, 1), ConfigError);
  EXPECT_THROW(Restriction(ramp(10), {{8, 11}}, {}, 1), ConfigError);
  EXPECT_THROW(Restriction(ramp(10), {{0, 4}}, {{2, 2, 2}}, 1), ConfigError);
  EXPECT_THROW(Restriction(ramp(10), {}, {{7, 2, 2}}, 1), ConfigError);
  EXPECT_THROW(Restriction(ramp(10), {}, {{0, 2, 2}}, 0), ConfigError);
  EXPECT_EQ(Restriction(ramp(10), {}, {}, 0).size(), 0u);
}

}  // namespace
}  // namespace locum::train
