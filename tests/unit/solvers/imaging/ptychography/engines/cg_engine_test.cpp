// Conjugate gradients against plain loops, and what the term for the coarse phase is for.
#include "solvers/imaging/ptychography/engines/cg_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "tests/unit/solvers/imaging/ptychography/engines/plain_conjugate_gradients.hpp"

using namespace locum;
using namespace locum::imaging;
using plain::Complex;
using Image = plain::Field;

namespace {

const double pi = std::acos(-1.0);

PtychographyConfig cg_config(int sweeps) {
  PtychographyConfig config;
  config.engine = "cg";
  config.start = "flat";
  config.sweeps = sweeps;
  config.tolerance = 0.0;
  return config;
}

double largest_difference(const Image& a, const std::vector<std::complex<float>>& b) {
  double largest = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(a[k] - Complex(b[k])));
  return largest;
}

plain::Case small_case(int modes, double background) {
  plain::Setting setting;
  setting.modes = modes;
  setting.background = background;
  plain::Case c = plain::make(setting, plain::grid(setting, 3, 2, 2.0, 0.4, true));
  return c;
}

// Σ (√I − √M)² over valid pixels of all frames.
double error_of(Reconstruction& reconstruction) {
  double sum = 0.0;
  for (const FourierError& e : reconstruction.fourier_errors()) sum += e.off;
  return sum;
}

// A field of many probes whose object is off by half a period of a wave from side to side.
struct CoarseError {
  plain::Case c;
  Image start;
  CoarseError() {
    plain::Setting setting;
    setting.nx = setting.ny = 16;
    setting.radius = 0.25;
    setting.counts = 1e5;
    c = plain::make(setting, plain::grid(setting, 20, 6, 3.0, 0.5, true));
    start = c.object;
    for (std::size_t k = 0; k < start.size(); ++k)
      start[k] *= std::polar(
          1.0,
          0.5 * std::cos(pi * static_cast<double>(k / static_cast<std::size_t>(c.data.object_ny)) / c.data.object_nx));
  }
  int sweeps_until(double error, const PtychographyConfig& config) {
    Reconstruction reconstruction(c.data, config);
    reconstruction.start_from({plain::narrow(start)});
    while (reconstruction.sweeps() < config.sweeps) {
      reconstruction.advance();
      if (plain::phase_error(c, c.object, plain::widen(reconstruction.object().value)) < error) break;
    }
    return reconstruction.sweeps();
  }
};

}  // namespace

TEST(ConjugateGradients, SweepsAreTheFormula) {
  for (const bool coarse : {false, true})
    for (const int modes : {1, 2}) {
      plain::Case c = small_case(modes, modes > 1 ? 3.0 : 0.0);
      c.data.mask.assign(c.data.window(), 1.0f);
      c.data.mask[5] = c.data.mask[40] = 0.0f;
      plain::Setting other;
      other.object_nx = c.data.object_nx;
      other.object_ny = c.data.object_ny;
      const Image start = plain::random_object(other, 9);
      PtychographyConfig config = cg_config(3);
      config.coarse_phase = coarse;
      Reconstruction reconstruction(c.data, config);
      reconstruction.start_from({plain::narrow(start)});
      plain::ConjugateGradients wanted(c, start, 0.02, coarse);
      for (int sweep = 0; sweep < 3; ++sweep) {
        reconstruction.advance();
        wanted.sweep();
        // Roundings of float, of values of about 1; directions carry them on.
        EXPECT_LT(largest_difference(wanted.object, reconstruction.object().value), sweep == 0 ? 2e-5 : 2e-4)
            << "sweep " << sweep << ", " << modes << " modes, coarse " << coarse;
      }
    }
}

// Frames of a quarter of the counts: √M > √I wherever there is light, and nothing is cut off.
TEST(FrameCurvature, IsHalfTheSecondDerivativeOfTheError) {
  plain::Case c = small_case(2, 2.0);
  for (float& counts : c.counts) counts *= 0.25f;
  c.data.frames = std::make_shared<FramesInMemory>(c.data.size(), c.counts);
  const PtychographyConfig config = resolved(cg_config(1), c.data.size());
  std::vector<int> which(static_cast<std::size_t>(c.data.size()));
  for (int j = 0; j < c.data.size(); ++j) which[static_cast<std::size_t>(j)] = j;
  PtychographyFields fields(c.data, which, config, c.data.size(), c.data.size(), 0.0);
  plain::Setting other;
  other.object_nx = c.data.object_nx;
  other.object_ny = c.data.object_ny;
  const Image direction = plain::random_object(other, 4);
  const Planes plane("direction", 1, c.data.object_nx, c.data.object_ny);
  fields.set_object(plain::narrow(c.object));
  fields.set_values(plane, plain::narrow(direction));
  std::vector<int> places(which);
  const auto held = fields.hold(places);
  const FrameCurvature kernel(fields.space(), fields.layout(), fields.modes(), fields.own_batch());
  const auto sums = kernel.measure(held.batch, fields.store().data(), fields.object_plane, plane, fields.probe.moved());
  const auto n = static_cast<double>(c.data.window());
  for (int u = 0; u < c.data.size(); ++u) {
    const int j = fields.frame(u);
    const auto at = plain::pixel_of(c, j);
    const auto error = [&](double t, double* size) {
      std::vector<double> model(c.data.window(), 2.0);
      for (Image psi : plain::probes_at(c, c.probe, j)) {
        const Image o = plain::window(c.object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
        const Image d = plain::window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
        for (std::size_t k = 0; k < psi.size(); ++k) {
          if (size) *size += std::norm(psi[k] * d[k]);
          psi[k] *= o[k] + t * d[k];
        }
        psi = plain::transform(psi, c.data.nx, c.data.ny, -1);
        for (std::size_t k = 0; k < psi.size(); ++k) model[k] += std::norm(psi[k]) / n;
      }
      double sum = 0.0;
      for (std::size_t k = 0; k < model.size(); ++k)
        sum += std::pow(std::sqrt(model[k]) - std::sqrt(c.counts[static_cast<std::size_t>(j) * model.size() + k]), 2);
      return sum;
    };
    const double h = 1e-4;
    double size = 0.0;
    const double wanted = 0.5 * (error(h, nullptr) - 2.0 * error(0.0, &size) + error(-h, nullptr)) / (h * h);
    EXPECT_NEAR(sums[static_cast<std::size_t>(u)].size, size, 1e-5 * size);
    EXPECT_NEAR(sums[static_cast<std::size_t>(u)].bend, wanted, 1e-4 * wanted);  // h, and the single precision of waves
  }
}

TEST(ConjugateGradients, TheErrorFallsInEverySweep) {
  plain::Setting setting;
  setting.nx = setting.ny = 24;
  setting.noise = true;
  setting.radius = 0.25;
  setting.counts = 1e5;
  plain::Case c = plain::make(setting, plain::grid(setting, 7, 6, 3.0, 1.0, true));
  Reconstruction reconstruction(c.data, cg_config(25));
  double error = error_of(reconstruction);
  for (int sweep = 0; sweep < 25; ++sweep) {
    reconstruction.advance();
    const double next = error_of(reconstruction);
    EXPECT_LT(next, error) << "sweep " << sweep;
    error = next;
  }
  EXPECT_LT(reconstruction.r_factor(), 0.3 * reconstruction.history().front().r);  // the noise alone has a quarter
}

TEST(ConjugateGradients, TheCoarsePhaseComesInHalfTheSweepsWithItsTerm) {
  CoarseError coarse;
  PtychographyConfig config = cg_config(60);
  const int with = coarse.sweeps_until(0.02, config);
  config.coarse_phase = false;
  const int without = coarse.sweeps_until(0.02, config);
  EXPECT_LT(with, 60);
  EXPECT_LE(2 * with, without);
}

TEST(ConjugateGradients, AShareOfTheFramesTellsTheStep) {
  CoarseError coarse;
  const auto after = [&](double share) {
    PtychographyConfig config = cg_config(1);
    config.line_search = share;
    Reconstruction reconstruction(coarse.c.data, config);
    reconstruction.start_from({plain::narrow(coarse.start)});
    reconstruction.advance();
    return plain::widen(reconstruction.object().value);
  };
  const Image all = after(1.0), some = after(0.5);
  double own = 0.0, both = 0.0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    own += std::norm(all[k] - coarse.start[k]);
    both += (std::conj(all[k] - coarse.start[k]) * (some[k] - coarse.start[k])).real();
  }
  // 64 of 120 frames: what they do not share with the others is some percent of what all have in common.
  EXPECT_NEAR(both / own, 1.0, 0.1);
  EXPECT_NE(both, own);
}

TEST(ConjugateGradients, WhatItCannotDoIsRefused) {
  const auto refused = [](const auto& set) {
    PtychographyConfig config = cg_config(1);
    set(config);
    EXPECT_THROW(resolved(config, 100), ConfigError);
  };
  refused([](PtychographyConfig& c) { c.probe.refine = true; });
  refused([](PtychographyConfig& c) { c.positions.correct = true; });
  refused([](PtychographyConfig& c) { c.likelihood = "poisson"; });
  refused([](PtychographyConfig& c) { c.momentum = 0.9; });
  refused([](PtychographyConfig& c) { c.batch = 8; });
  EXPECT_EQ(resolved(cg_config(1), 100).batch, 100);
}
