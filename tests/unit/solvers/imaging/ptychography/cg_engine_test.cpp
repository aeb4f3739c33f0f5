// Conjugate gradients against plain loops, and what the term for the coarse phase is for.
#include "solvers/imaging/ptychography/cg_engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

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

// The engine once more, in double, with cosines by their definition.
struct PlainCg {
  const plain::Case& c;
  double damping;
  bool coarse;
  Image object, gradient, before, direction;
  std::vector<double> light;
  double slope_before = 0.0;

  PlainCg(const plain::Case& of, const Image& start, double damped, bool coarse_phase)
      : c(of),
        damping(damped),
        coarse(coarse_phase),
        object(start),
        before(start.size(), 0.0),
        direction(start.size(), 0.0),
        light(start.size(), 0.0) {
    below([&](std::size_t at, Complex p, int, std::size_t, std::size_t) { light[at] += std::norm(p); });
  }

  // visit(pixel of the object, P_m there, frame, mode, pixel of the window)
  template <class Visit>
  void below(const Visit& visit) const {
    for (int j = 0; j < c.data.size(); ++j) {
      const auto pixel = plain::pixel_of(c, j);
      const auto probes = plain::probes_at(c, c.probe, j);
      for (std::size_t m = 0; m < probes.size(); ++m)
        for (int x = 0; x < c.data.nx; ++x)
          for (int y = 0; y < c.data.ny; ++y) {
            const auto in = static_cast<std::size_t>(x * c.data.ny + y);
            visit(static_cast<std::size_t>((pixel[0] + x) * c.data.object_ny + pixel[1] + y), probes[m][in], j, m, in);
          }
    }
  }

  double dot(const Image& a, const Image& b) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += light[k] > 0.0 ? (std::conj(a[k]) * b[k]).real() : 0.0;
    return sum;
  }

  // Centre of the probe's light, and the mean square distance, along an axis.
  std::array<double, 2> width(int axis) const {
    double total = 0.0, first = 0.0, second = 0.0;
    for (const Image& p : c.probe)
      for (std::size_t k = 0; k < p.size(); ++k) {
        const auto ny = static_cast<std::size_t>(c.data.ny);
        const double at = static_cast<double>(axis == 0 ? k / ny : k % ny), w = std::norm(p[k]);
        total += w;
        first += w * at;
        second += w * at * at;
      }
    return {first / total, second / total - first * first / (total * total)};
  }

  void add_coarse(Image& z) const {
    int low[2], size[2];
    double square[2];
    for (int axis = 0; axis < 2; ++axis) {
      const auto [centre, spread] = width(axis);
      square[axis] = spread;
      double least = 1e9, most = -1e9;
      for (const auto& p : c.data.position) {
        least = std::min(least, p[static_cast<std::size_t>(axis)] + centre - 2.0 * std::sqrt(spread));
        most = std::max(most, p[static_cast<std::size_t>(axis)] + centre + 2.0 * std::sqrt(spread));
      }
      low[axis] = std::max(0, static_cast<int>(std::floor(least)));
      const int end = std::min(axis == 0 ? c.data.object_nx : c.data.object_ny, static_cast<int>(std::ceil(most)) + 1);
      size[axis] = end - low[axis];
    }
    const int nx = fft::good_size(size[0]), ny = fft::good_size(size[1]);
    double lit = 0.0, squares = 0.0;
    for (std::size_t k = 0; k < z.size(); ++k) {
      lit += light[k];
      squares += light[k] * light[k] * std::norm(object[k]);
    }
    const auto pixel = [&](int x, int y) {
      return static_cast<std::size_t>((low[0] + x) * c.data.object_ny + low[1] + y);
    };
    const auto wave = [&](int k, int i, int n) { return std::cos(pi * k * (2 * i + 1) / (2.0 * n)); };
    Image more(z.size(), 0.0);
    for (int kx = 0; kx < nx; ++kx)
      for (int ky = 0; ky < ny; ++ky) {
        if (kx == 0 && ky == 0) continue;
        double sum = 0.0;
        for (int x = 0; x < size[0]; ++x)
          for (int y = 0; y < size[1]; ++y)
            sum += (std::conj(object[pixel(x, y)]) * gradient[pixel(x, y)]).imag() * wave(kx, x, nx) * wave(ky, y, ny);
        const double s = 4.0 * square[0] * std::pow(std::sin(0.5 * pi * kx / nx), 2) +
                         4.0 * square[1] * std::pow(std::sin(0.5 * pi * ky / ny), 2);
        sum *= (kx > 0 ? 2.0 : 1.0) * (ky > 0 ? 2.0 : 1.0) / (nx * ny) / (std::exp(s) - 1.0) * lit / squares;
        for (int x = 0; x < size[0]; ++x)
          for (int y = 0; y < size[1]; ++y) more[pixel(x, y)] += sum * wave(kx, x, nx) * wave(ky, y, ny);
      }
    for (std::size_t k = 0; k < z.size(); ++k) z[k] += Complex(0.0, 1.0) * object[k] * more[k];
  }

  // Σ of [a² / M + max(0, 1 − √(I / M)) (b − a² / M)] over frames and valid pixels.
  double curvature() const {
    const auto n = static_cast<double>(c.data.window());
    std::vector<Image> waves, changes;
    double total = 0.0;
    for (int j = 0; j < c.data.size(); ++j) {
      const auto at = plain::pixel_of(c, j);
      const Image o = plain::window(object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      const Image d = plain::window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      std::vector<double> model(o.size(), 0.0), a(o.size(), 0.0), b(o.size(), 0.0);
      for (const Image& p : plain::probes_at(c, c.probe, j)) {
        Image psi(o.size()), phi(o.size());
        for (std::size_t k = 0; k < o.size(); ++k) {
          psi[k] = p[k] * o[k];
          phi[k] = p[k] * d[k];
        }
        psi = plain::transform(psi, c.data.nx, c.data.ny, -1);
        phi = plain::transform(phi, c.data.nx, c.data.ny, -1);
        for (std::size_t k = 0; k < o.size(); ++k) {
          model[k] += std::norm(psi[k]) / n;
          a[k] += (std::conj(psi[k]) * phi[k]).real() / n;
          b[k] += std::norm(phi[k]) / n;
        }
      }
      for (std::size_t k = 0; k < o.size(); ++k) {
        if (!c.data.mask.empty() && c.data.mask[k] <= 0.0f) continue;
        const double m = model[k] + (c.data.background.empty() ? 0.0 : c.data.background[k]);
        const double along = a[k] * a[k] / m;
        const double root = std::sqrt(c.counts[static_cast<std::size_t>(j) * o.size() + k] / m);
        total += along + std::max(0.0, 1.0 - root) * (b[k] - along);
      }
    }
    return total;
  }

  void sweep() {
    std::vector<std::vector<Image>> chi;
    for (int j = 0; j < c.data.size(); ++j) chi.push_back(plain::change(c, object, c.probe, j));
    gradient.assign(object.size(), 0.0);
    below([&](std::size_t at, Complex p, int j, std::size_t m, std::size_t in) {
      gradient[at] += std::conj(p) * chi[static_cast<std::size_t>(j)][m][in];
    });
    const double bright = *std::max_element(light.begin(), light.end());
    Image z = gradient, changed = gradient;
    for (std::size_t k = 0; k < z.size(); ++k) {
      z[k] /= std::hypot(light[k], damping * bright);
      changed[k] -= before[k];
    }
    if (coarse) add_coarse(z);
    const double slope = dot(gradient, z);
    const double beta = slope_before > 0.0 ? std::max(0.0, dot(changed, z) / slope_before) : 0.0;
    for (std::size_t k = 0; k < z.size(); ++k) direction[k] = z[k] + beta * direction[k];
    const double step = dot(gradient, direction) / curvature();
    for (std::size_t k = 0; k < z.size(); ++k) object[k] += step * direction[k];
    before = gradient;
    slope_before = slope;
  }
};

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
      PlainCg wanted(c, start, 0.02, coarse);
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
