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

std::vector<int> all_frames(const plain::Case& c) {
  std::vector<int> all(static_cast<std::size_t>(c.data.size()));
  for (int j = 0; j < c.data.size(); ++j) all[static_cast<std::size_t>(j)] = j;
  return all;
}

fft::Waves<float> waves_of(const plain::Case& c, const std::vector<Image>& modes) {
  const fft::Waves<float> waves("waves", modes.size(), static_cast<std::size_t>(c.data.nx),
                                static_cast<std::size_t>(c.data.ny));
  const auto host = Kokkos::create_mirror_view(waves);
  std::size_t at = 0;
  for (const Image& mode : modes)
    for (const Complex& v : mode)
      host.data()[at++] = fft::Complex<float>(static_cast<float>(v.real()), static_cast<float>(v.imag()));
  Kokkos::deep_copy(waves, host);
  return waves;
}

// Of the probe's largest value.
double probe_difference(const std::vector<Image>& wanted, const std::vector<std::complex<float>>& got) {
  double off = 0.0, most = 0.0;
  std::size_t at = 0;
  for (const Image& mode : wanted)
    for (const Complex& v : mode) {
      off = std::max(off, std::abs(v - Complex(got[at++])));
      most = std::max(most, std::abs(v));
    }
  return off / most;
}

std::vector<Image> off_probe(const plain::Case& c) {
  std::vector<Image> probe = c.probe;
  for (Image& p : probe)
    for (std::size_t k = 0; k < p.size(); ++k) p[k] *= std::polar(1.1, 0.3 * std::sin(0.7 * static_cast<double>(k)));
  return probe;
}

void give_probe(plain::Case& c, const std::vector<Image>& probe) {
  c.data.probe.clear();
  for (const Image& p : probe) {
    const auto values = plain::narrow(p);
    c.data.probe.insert(c.data.probe.end(), values.begin(), values.end());
  }
}

// From the first sweep on, with nothing imposed.
void refine_freely(PtychographyConfig& config, bool refine = true) {
  config.probe.refine = refine;
  config.probe.from = 0;
  config.probe.keep_power = false;
  config.probe.orthogonalise = 0;
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
  for (int variant = 0; variant < 12; ++variant) {
    const plain::ConjugateGradients::Choice choice{variant % 2 == 1, variant / 2 % 3 == 2, variant >= 6};
    const int modes = variant / 2 % 3 > 0 ? 2 : 1;
    plain::Case c = small_case(modes, modes > 1 ? 3.0 : 0.0);
    c.data.mask.assign(c.data.window(), 1.0f);
    c.data.mask[5] = c.data.mask[40] = 0.0f;
    plain::Setting other;
    other.object_nx = c.data.object_nx;
    other.object_ny = c.data.object_ny;
    const Image start = plain::random_object(other, 9);
    const std::vector<Image> probe = choice.refine ? off_probe(c) : c.probe;
    give_probe(c, probe);
    PtychographyConfig config = cg_config(3);
    config.coarse_phase = choice.coarse;
    config.likelihood = choice.poisson ? "poisson" : "amplitude";
    refine_freely(config, choice.refine);
    Reconstruction reconstruction(c.data, config);
    reconstruction.start_from({plain::narrow(start)});
    plain::ConjugateGradients wanted(c, start, probe, choice);
    for (int sweep = 0; sweep < 3; ++sweep) {
      reconstruction.advance();
      wanted.sweep();
      // Roundings of float, of values of about 1; directions carry them on.
      const double rounding = sweep == 0 ? 2e-5 : 2e-4;
      EXPECT_LT(largest_difference(wanted.object, reconstruction.object().value), rounding)
          << "sweep " << sweep << ", variant " << variant;
      EXPECT_LT(probe_difference(wanted.probe, reconstruction.probe()), rounding)
          << "sweep " << sweep << ", variant " << variant;
    }
  }
}

namespace {

// The function that κ is half the second derivative of, and its slope: of one frame, along O + t D and P + s E.
struct Along {
  const plain::Case& c;
  const Image& direction;
  const std::vector<Image>& probe_direction;
  bool poisson;

  double operator()(int j, double t, double s) const {
    const auto n = static_cast<double>(c.data.window());
    std::vector<double> model(c.data.window(), 2.0 + (poisson ? 1e-3 : 0.0));
    const auto at = plain::pixel_of(c, j);
    const Image o = plain::window(c.object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
    const Image d = plain::window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
    const auto changes = plain::probes_at(c, probe_direction, j);
    auto waves = plain::probes_at(c, c.probe, j);
    for (std::size_t m = 0; m < waves.size(); ++m) {
      Image& psi = waves[m];
      // Without the product of both, which the expansion leaves out.
      for (std::size_t k = 0; k < psi.size(); ++k) psi[k] = psi[k] * (o[k] + t * d[k]) + s * changes[m][k] * o[k];
      psi = plain::transform(psi, c.data.nx, c.data.ny, -1);
      for (std::size_t k = 0; k < psi.size(); ++k) model[k] += std::norm(psi[k]) / n;
    }
    double sum = 0.0;
    for (std::size_t k = 0; k < model.size(); ++k) {
      const double counts = c.counts[static_cast<std::size_t>(j) * model.size() + k];
      sum += poisson ? 0.5 * (model[k] - counts * std::log(model[k]))
                     : std::pow(std::sqrt(model[k]) - std::sqrt(counts), 2);
    }
    return sum;
  }
};

}  // namespace

// Frames of a quarter of the counts: M > I wherever there is light, and nothing is cut off.
TEST(FrameCurvature, IsHalfTheSecondDerivativeOfTheLikelihood) {
  plain::Case c = small_case(2, 2.0);
  for (float& counts : c.counts) counts *= 0.25f;
  c.data.frames = std::make_shared<FramesInMemory>(c.data.size(), c.counts);
  PtychographyFields fields(c.data, all_frames(c), resolved(cg_config(1), c.data.size()), c.data.size(), c.data.size(),
                            0.0);
  plain::Setting other;
  other.object_nx = c.data.object_nx;
  other.object_ny = c.data.object_ny;
  const Image direction = plain::random_object(other, 4);
  std::vector<Image> probe_direction = c.probe;
  for (std::size_t m = 0; m < probe_direction.size(); ++m)
    for (std::size_t k = 0; k < probe_direction[m].size(); ++k)
      probe_direction[m][k] *= std::polar(1.0, 0.4 * static_cast<double>((m + 3) * k));
  const Planes plane("direction", 1, c.data.object_nx, c.data.object_ny);
  const Planes moved("moved_direction", fields.probe.moved().count, fields.layout());
  fields.set_object(plain::narrow(c.object));
  fields.set_values(plane, plain::narrow(direction));
  const auto held = fields.hold(all_frames(c));
  fields.probe.move(held.fractions, held.probes, waves_of(c, probe_direction), moved);
  const FrameCurvature kernel(fields.space(), fields.layout(), fields.modes(), fields.own_batch(), true);
  for (const bool poisson : {false, true}) {
    const auto likelihood = poisson ? Likelihood::poisson : Likelihood::amplitude;
    const auto measure = [&](const Planes& probe) {
      return kernel.measure(held.batch, fields.store().data(), likelihood, fields.object_plane, plane,
                            fields.probe.moved(), probe);
    };
    const auto sums = measure(moved), object_alone = measure(Planes());
    const Along error{c, direction, probe_direction, poisson};
    for (int u = 0; u < c.data.size(); ++u) {
      const int j = fields.frame(u);
      const CurvatureSums& got = sums[static_cast<std::size_t>(u)];
      const double h = 1e-4, here = error(j, 0.0, 0.0);
      const auto bend = [&](double t, double s) {
        return 0.5 * (error(j, t * h, s * h) - 2.0 * here + error(j, -t * h, -s * h)) / (h * h);
      };
      const double object = bend(1.0, 0.0), probe = bend(0.0, 1.0);
      const double off = 1e-4 * std::max(object, probe);  // h, and the single precision of waves
      EXPECT_NEAR(got.object, object, off);
      EXPECT_NEAR(got.probe, probe, off);
      EXPECT_NEAR(2.0 * got.both, bend(1.0, 1.0) - object - probe, off);
      EXPECT_NEAR(object_alone[static_cast<std::size_t>(u)].object, got.object, 1e-6 * object);
      EXPECT_EQ(object_alone[static_cast<std::size_t>(u)].probe, 0.0);
      double size = 0.0, probe_size = 0.0;
      const auto at = plain::pixel_of(c, j);
      const Image o = plain::window(c.object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      const Image d = plain::window(direction, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
      const auto now = plain::probes_at(c, c.probe, j), changes = plain::probes_at(c, probe_direction, j);
      for (std::size_t m = 0; m < now.size(); ++m)
        for (std::size_t k = 0; k < o.size(); ++k) {
          size += std::norm(now[m][k] * d[k]);
          probe_size += std::norm(changes[m][k] * o[k]);
        }
      EXPECT_NEAR(got.object_size, size, 1e-5 * size);
      EXPECT_NEAR(got.probe_size, probe_size, 1e-5 * probe_size);
    }
  }
}

namespace {

// Noisy frames, and a probe whose phase is off where it is refined.
plain::Case noisy_case(bool refine) {
  plain::Setting setting;
  setting.nx = setting.ny = 24;
  setting.noise = true;
  setting.radius = 0.25;
  setting.counts = 1e5;
  plain::Case c = plain::make(setting, plain::grid(setting, 7, 6, 3.0, 1.0, true));
  if (refine) give_probe(c, off_probe(c));
  return c;
}

// What the engine makes least: Σ (√I − √M)², or ½ Σ (M − I log M) with a thousandth of a count more.
double likelihood_of(const plain::Case& c, Reconstruction& reconstruction, bool poisson) {
  const Image object = plain::widen(reconstruction.object().value), probe = plain::widen(reconstruction.probe());
  double sum = 0.0;
  for (int j = 0; j < c.data.size(); ++j) {
    const auto at = plain::pixel_of(c, j);
    const Image o = plain::window(object, c.data.object_ny, c.data.nx, c.data.ny, at[0], at[1]);
    Image psi = plain::probes_at(c, {probe}, j)[0];
    for (std::size_t k = 0; k < psi.size(); ++k) psi[k] *= o[k];
    psi = plain::transform(psi, c.data.nx, c.data.ny, -1);
    for (std::size_t k = 0; k < psi.size(); ++k) {
      const double model = std::norm(psi[k]) / static_cast<double>(psi.size()) + (poisson ? 1e-3 : 0.0);
      const double counts = c.counts[static_cast<std::size_t>(j) * psi.size() + k];
      sum += poisson ? 0.5 * (model - counts * std::log(model)) : std::pow(std::sqrt(model) - std::sqrt(counts), 2);
    }
  }
  return sum;
}

}  // namespace

TEST(ConjugateGradients, TheLikelihoodFallsInEverySweep) {
  for (const bool refine : {false, true})
    for (const bool poisson : {false, true}) {
      const plain::Case c = noisy_case(refine);
      PtychographyConfig config = cg_config(25);
      config.likelihood = poisson ? "poisson" : "amplitude";
      refine_freely(config, refine);
      Reconstruction reconstruction(c.data, config);
      const double first = likelihood_of(c, reconstruction, poisson);
      double before = first;
      for (int sweep = 0; sweep < 25; ++sweep) {
        reconstruction.advance();
        const double now = likelihood_of(c, reconstruction, poisson);
        // 1e-6 of the whole fall: where it has ended, the single precision of object and probe decides.
        EXPECT_LT(now, before + 1e-6 * (first - before)) << "sweep " << sweep << refine << poisson;
        before = now;
      }
      EXPECT_LT(reconstruction.r_factor(), 0.3 * reconstruction.history().front().r);  // the noise alone has a quarter
    }
}

// Twice the best step leads to where the error is what it was: it is the way back that ends there.
TEST(ConjugateGradients, StepsThatAreTooLongAreTakenBack) {
  const plain::Case c = noisy_case(true);
  PtychographyConfig config = cg_config(40);
  refine_freely(config);
  Reconstruction usual(c.data, config);
  config.object_step = config.probe_step = 2.0;
  Reconstruction twice(c.data, config);
  const double begin = error_of(twice);
  usual.run();
  twice.run();
  EXPECT_LT(error_of(twice), begin);
  EXPECT_LT(twice.r_factor(), 1.5 * usual.r_factor());
}

TEST(ConjugateGradients, TheProbeIsFoundWithTheObject) {
  const plain::Case c = noisy_case(true);
  PtychographyConfig config = cg_config(40);
  const auto phase_error = [&](bool refine) {
    refine_freely(config, refine);
    config.probe.keep_power = true;
    Reconstruction reconstruction(c.data, config);
    reconstruction.run();
    return std::pair(
        plain::phase_error(c, c.object, plain::widen(reconstruction.object().value)),
        plain::distance(c.probe[0], plain::widen(reconstruction.probe()), std::vector<double>(c.data.window(), 1.0)));
  };
  const auto [object, probe] = phase_error(true);
  const auto [object_held, probe_held] = phase_error(false);
  EXPECT_LT(object, 0.3 * object_held);
  EXPECT_LT(probe, 0.3 * probe_held);
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
  refused([](PtychographyConfig& c) { c.positions.correct = true; });
  refused([](PtychographyConfig& c) { c.momentum = 0.9; });
  refused([](PtychographyConfig& c) { c.batch = 8; });
  EXPECT_EQ(resolved(cg_config(1), 100).batch, 100);
}
