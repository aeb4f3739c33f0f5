#include "surrogates/imaging/phase_integration.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/random/philox.hpp"

namespace locum::imaging {
namespace {

std::vector<float> integrate_gradient(int nx, int ny, const std::vector<float>& gx, const std::vector<float>& gy) {
  return solve_poisson({}, nx, ny, {gx, gy, std::vector<float>(gx.size(), 0.0f)}).phase;
}

double mean_of(const std::vector<float>& values) {
  double sum = 0.0;
  for (float v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

// A quadratic phase: the mean of its derivative at two neighbours is their difference, so that the answer is exact.
TEST(PhaseIntegration, GivesBackAQuadraticPhaseFromItsGradient) {
  for (const auto& [nx, ny] : {std::pair{16, 16}, {9, 24}, {31, 17}, {1, 8}}) {
    std::vector<float> phase, gx, gy;
    for (int x = 0; x < nx; ++x)
      for (int y = 0; y < ny; ++y) {
        phase.push_back(static_cast<float>(0.01 * x * x - 0.02 * x * y + 0.3 * y - 0.005 * y * y));
        gx.push_back(static_cast<float>(0.02 * x - 0.02 * y));
        gy.push_back(static_cast<float>(-0.02 * x + 0.3 - 0.01 * y));
      }
    const std::vector<float> found = integrate_gradient(nx, ny, gx, gy);
    const double mean = mean_of(phase);
    for (std::size_t k = 0; k < phase.size(); ++k) ASSERT_NEAR(found[k], phase[k] - mean, 2e-5);  // single precision
    EXPECT_NEAR(mean_of(found), 0.0, 1e-6);
  }
}

// A field that is no gradient: nothing that is added to φ brings ∇φ nearer.
TEST(PhaseIntegration, IsTheBestInTheSenseOfLeastSquares) {
  const int nx = 12, ny = 7;
  std::vector<float> gx, gy;
  for (std::uint64_t k = 0; k < 84; ++k) {
    const auto pair = random::normal_pair(5, random::Stream::shuffle, k, 0);
    gx.push_back(static_cast<float>(pair.first));
    gy.push_back(static_cast<float>(pair.second));
  }
  const auto off = [&](const std::vector<float>& phase) {
    const auto at = [ny](int x, int y) { return static_cast<std::size_t>(x) * ny + y; };
    double sum = 0.0;
    for (int x = 0; x < nx; ++x)
      for (int y = 0; y < ny; ++y) {
        if (x + 1 < nx) {
          const double d = phase[at(x + 1, y)] - phase[at(x, y)] - 0.5 * (gx[at(x, y)] + gx[at(x + 1, y)]);
          sum += d * d;
        }
        if (y + 1 < ny) {
          const double d = phase[at(x, y + 1)] - phase[at(x, y)] - 0.5 * (gy[at(x, y)] + gy[at(x, y + 1)]);
          sum += d * d;
        }
      }
    return sum;
  };
  std::vector<float> phase = integrate_gradient(nx, ny, gx, gy);
  const double best = off(phase);
  EXPECT_GT(best, 1.0);
  for (std::size_t k = 0; k < phase.size(); k += 5)
    for (float step : {-0.02f, 0.02f}) {
      phase[k] += step;
      EXPECT_GT(off(phase), best);
      phase[k] -= step;
    }
}

// −∇²u, with differences to the neighbours that there are, is the source less its mean.
TEST(PhaseIntegration, TheInverseLaplacianHasItsSource) {
  const int nx = 11, ny = 14;
  std::vector<float> source;
  for (std::uint64_t k = 0; k < 154; ++k)
    source.push_back(static_cast<float>(random::normal_pair(6, random::Stream::shuffle, k, 0).first));
  const std::vector<float> none(source.size(), 0.0f);
  const std::vector<float> u = solve_poisson({}, nx, ny, {none, none, source}).potential;
  const double mean = mean_of(source);
  const auto at = [&](int x, int y) { return u[static_cast<std::size_t>(x) * ny + y]; };
  for (int x = 0; x < nx; ++x)
    for (int y = 0; y < ny; ++y) {
      double curvature = 0.0;
      for (const auto& [a, b] : {std::pair{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}})
        if (a >= 0 && b >= 0 && a < nx && b < ny) curvature += at(a, b) - at(x, y);
      ASSERT_NEAR(-curvature, source[static_cast<std::size_t>(x) * ny + y] - mean, 1e-5);  // u is kept in float
    }
}

}  // namespace
}  // namespace locum::imaging
