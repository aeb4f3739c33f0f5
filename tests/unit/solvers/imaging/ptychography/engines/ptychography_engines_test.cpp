// Each engine's update against its formula by plain loops, on frames of 8 × 8.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/engines/lsqml_engine.hpp"
#include "solvers/imaging/ptychography/engines/probe_constraints.hpp"
#include "tests/unit/solvers/imaging/ptychography/small_reconstruction.hpp"

using namespace locum;
using namespace locum::imaging;

namespace {

double brightest(const std::vector<Image>& probe) {
  double most = 0.0;
  for (std::size_t k = 0; k < probe[0].size(); ++k) {
    double sum = 0.0;
    for (const Image& p : probe) sum += std::norm(p[k]);
    most = std::max(most, sum);
  }
  return most;
}

void expect_pie(const std::string& engine, double alpha, int modes, bool fractional, int batch) {
  Small s(modes, fractional);
  s.config.engine = engine;
  s.config.alpha = alpha;
  s.config.batch = batch;
  if (engine == "epie") alpha = 1.0;
  Image object = s.object;
  std::vector<Image> probe = s.probe;
  for (const auto& frames : s.batches(batch)) {
    Image sum(object.size(), 0.0);
    std::vector<double> light(object.size(), 0.0);
    std::vector<Image> back(probe.size(), Image(probe[0].size(), 0.0));
    PixelBox box{100, 100, 0, 0};
    for (int j : frames) {
      const auto chi = plain::change(s.c, object, probe, j);
      add_below(s.c, plain::probes_at(s.c, probe, j), chi, j, sum, light);
      for (std::size_t m = 0; m < probe.size(); ++m) {
        const Image b = below_object(s.c, object, chi[m], j);
        for (std::size_t k = 0; k < b.size(); ++k) back[m][k] += b[k];
      }
      const auto pixel = plain::pixel_of(s.c, j);
      box = {std::min(box.x0, pixel[0]), std::min(box.y0, pixel[1]), std::max(box.x1, pixel[0] + 8),
             std::max(box.y1, pixel[1] + 8)};
    }
    double most = 0.0;
    for (int x = box.x0; x < box.x1; ++x)
      for (int y = box.y0; y < box.y1; ++y)
        most = std::max(most, std::norm(object[static_cast<std::size_t>(x * s.c.data.object_ny + y)]));
    const double bright = brightest(probe);
    for (std::size_t k = 0; k < object.size(); ++k)
      object[k] += 0.8 * sum[k] / ((1.0 - alpha) * light[k] + alpha * std::max(bright, light[k]));
    for (std::size_t m = 0; m < probe.size(); ++m)
      for (std::size_t k = 0; k < back[m].size(); ++k)
        probe[m][k] += 0.6 * back[m][k] / (most * static_cast<double>(frames.size()));
  }
  s.sweep_and_compare(object, probe);
}

}  // namespace

TEST(Epie, SweepIsTheFormulaFrameByFrame) { expect_pie("epie", 1.0, 1, false, 1); }
TEST(Epie, SweepOfSeveralModesAndFractionsIsTheFormula) { expect_pie("epie", 1.0, 2, true, 1); }
TEST(Rpie, SweepIsTheFormulaFrameByFrame) { expect_pie("rpie", 0.05, 1, true, 1); }
TEST(Rpie, MiniBatchIsTheFormulaOfSums) { expect_pie("rpie", 0.2, 2, false, 2); }

TEST(Lsqml, SweepIsTheFormulaOfTheLeastSquaresSteps) {
  for (const bool fractional : {false, true})
    for (const bool refine : {true, false}) {
      Small s(2, fractional);
      s.config.engine = "lsqml";
      s.config.batch = 2;
      s.config.damping = 0.1;
      s.config.probe.refine = refine;
      Image object = s.object;
      std::vector<Image> probe = s.probe;
      Image unused(object.size(), 0.0);
      std::vector<double> light(object.size(), 0.0);
      for (int j = 0; j < 3; ++j) {
        const auto moved = plain::probes_at(s.c, probe, j);
        add_below(s.c, moved, moved, j, unused, light);
      }
      const double bright = *std::max_element(light.begin(), light.end());
      for (const auto& frames : s.batches(2)) {
        Image direction(object.size(), 0.0);
        std::vector<double> ignored(object.size(), 0.0);
        std::vector<Image> back(probe.size(), Image(probe[0].size(), 0.0));
        for (int j : frames) {
          const auto chi = plain::change(s.c, object, probe, j);
          add_below(s.c, plain::probes_at(s.c, probe, j), chi, j, direction, ignored);
          for (std::size_t m = 0; m < probe.size(); ++m) {
            const Image b = below_object(s.c, object, chi[m], j);
            for (std::size_t k = 0; k < b.size(); ++k) back[m][k] += b[k];
          }
        }
        for (std::size_t k = 0; k < object.size(); ++k)
          direction[k] /= std::sqrt(light[k] * light[k] + 0.01 * bright * bright);
        std::vector<StepSums> sums;
        for (int j : frames) {
          const auto chi = plain::change(s.c, object, probe, j);
          const auto p = plain::probes_at(s.c, probe, j), dp = plain::probes_at(s.c, back, j);
          const auto pixel = plain::pixel_of(s.c, j);
          const Image o = plain::window(object, s.c.data.object_ny, 8, 8, pixel[0], pixel[1]);
          const Image d = plain::window(direction, s.c.data.object_ny, 8, 8, pixel[0], pixel[1]);
          StepSums sum;
          for (std::size_t m = 0; m < probe.size(); ++m)
            for (std::size_t k = 0; k < o.size(); ++k) {
              const Complex u = d[k] * p[m][k], v = refine ? dp[m][k] * o[k] : 0.0;
              sum.uu += std::norm(u);
              sum.vv += std::norm(v);
              sum.uv += (std::conj(u) * v).real();
              sum.u_chi += (std::conj(u) * chi[m][k]).real();
              sum.v_chi += (std::conj(v) * chi[m][k]).real();
            }
          sums.push_back(sum);
        }
        // Two unknowns by Cramer's rule, the diagonal raised by a tenth of its mean; means of two frames.
        double alpha = 0.0, beta = 0.0, more_u = 0.0, more_v = 0.0;
        const auto n = static_cast<double>(sums.size());
        for (const auto& q : sums) {
          more_u += 0.1 * q.uu / n;
          more_v += 0.1 * q.vv / n;
        }
        for (const auto& q : sums) {
          if (!refine) {
            alpha += q.u_chi / (10.0 * more_u * n);  // Σ Re⟨u, χ⟩ / Σ ‖u‖²
            continue;
          }
          const double det = (q.uu + more_u) * (q.vv + more_v) - q.uv * q.uv;
          alpha += std::max(0.0, ((q.vv + more_v) * q.u_chi - q.uv * q.v_chi) / det) / n;
          beta += std::max(0.0, ((q.uu + more_u) * q.v_chi - q.uv * q.u_chi) / det) / n;
        }
        for (std::size_t k = 0; k < object.size(); ++k) object[k] += 0.8 * alpha * direction[k];
        for (std::size_t m = 0; m < probe.size(); ++m)
          for (std::size_t k = 0; k < back[m].size(); ++k) probe[m][k] += 0.6 * beta * back[m][k];
      }
      s.sweep_and_compare(object, probe);
    }
}

TEST(PtychographyEngines, UnknownNamesListTheKnownOnes) {
  try {
    engine_traits("epi");
    FAIL();
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("lsqml"), std::string::npos) << error.what();
  }
}

TEST(ProbeModes, OrthogonalModesKeepTheMutualIntensity) {
  constexpr int modes = 3, pixels = 10;
  std::vector<std::complex<float>> probe;
  for (int k = 0; k < modes * pixels; ++k) probe.emplace_back(std::sin(1.0 + k), std::cos(0.3 * k * k));
  auto turned = probe;
  orthogonalise(turned, modes);
  const auto intensity = [&](const auto& p, int a, int b) {
    Complex sum = 0.0;
    for (int m = 0; m < modes; ++m)
      sum += Complex(p[static_cast<std::size_t>(m * pixels + a)]) *
             std::conj(Complex(p[static_cast<std::size_t>(m * pixels + b)]));
    return sum;
  };
  for (int a = 0; a < pixels; ++a)
    for (int b = 0; b < pixels; ++b) EXPECT_LT(std::abs(intensity(probe, a, b) - intensity(turned, a, b)), 1e-5);
  const auto product = [&](int m, int n) {
    Complex sum = 0.0;
    for (int k = 0; k < pixels; ++k)
      sum += std::conj(Complex(turned[static_cast<std::size_t>(m * pixels + k)])) *
             Complex(turned[static_cast<std::size_t>(n * pixels + k)]);
    return std::abs(sum);
  };
  for (int m = 0; m + 1 < modes; ++m) {
    EXPECT_GE(product(m, m), product(m + 1, m + 1));
    for (int n = m + 1; n < modes; ++n) EXPECT_LT(product(m, n), 1e-5 * product(0, 0));
  }
}
