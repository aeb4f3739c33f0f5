// Each engine's update against its formula by plain loops, on frames of 8 × 8.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/frame_batches.hpp"
#include "solvers/imaging/ptychography/lsqml_engine.hpp"
#include "solvers/imaging/ptychography/poisson_amplitude.hpp"
#include "solvers/imaging/ptychography/probe_constraints.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

using namespace locum;
using namespace locum::imaging;
using plain::Complex;
using Image = plain::Field;

namespace {

// One frame's P* χ added into the object's grid, and |P|².
void add_below(const plain::Case& c, const std::vector<Image>& probe, const std::vector<Image>& chi, int j, Image& sum,
               std::vector<double>& light) {
  const auto pixel = plain::pixel_of(c, j);
  for (std::size_t m = 0; m < probe.size(); ++m)
    for (int x = 0; x < c.data.nx; ++x)
      for (int y = 0; y < c.data.ny; ++y) {
        const auto at = static_cast<std::size_t>((pixel[0] + x) * c.data.object_ny + pixel[1] + y);
        const auto in = static_cast<std::size_t>(x * c.data.ny + y);
        sum[at] += std::conj(probe[m][in]) * chi[m][in];
        light[at] += std::norm(probe[m][in]);
      }
}

double brightest(const std::vector<Image>& probe) {
  double most = 0.0;
  for (std::size_t k = 0; k < probe[0].size(); ++k) {
    double sum = 0.0;
    for (const Image& p : probe) sum += std::norm(p[k]);
    most = std::max(most, sum);
  }
  return most;
}

double largest_difference(const Image& a, const std::vector<std::complex<float>>& b) {
  double largest = 0.0, most = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    largest = std::max(largest, std::abs(a[k] - Complex(b[k])));
    most = std::max(most, std::abs(a[k]));
  }
  return largest / most;
}

struct Small {
  plain::Case c;
  PtychographyConfig config;
  Image object;              // to begin with
  std::vector<Image> probe;  // to begin with: not the truth
  Small(int modes, bool fractional) {
    plain::Setting setting;
    setting.modes = modes;
    c = plain::make(setting, plain::grid(setting, 3, 1, 3.0, 0.4, fractional));
    object = plain::random_object(setting, 9);
    probe = c.probe;
    for (Image& p : probe)
      for (std::size_t k = 0; k < p.size(); ++k) p[k] *= 1.0 + 0.1 * std::sin(0.7 * static_cast<double>(k));
    c.data.probe.clear();
    for (const Image& p : probe) {
      const auto values = plain::narrow(p);
      c.data.probe.insert(c.data.probe.end(), values.begin(), values.end());
    }
    config.start = "flat";
    config.probe.refine = true;
    config.probe.from = 0;
    config.probe.keep_power = false;
    config.probe.orthogonalise = 0;
    config.object_step = 0.8;
    config.probe_step = 0.6;
  }
  // Places of the spatial order as frames, batch by batch, of the first sweep.
  std::vector<std::vector<int>> batches(int batch) const {
    const std::vector<int> order = spatial_order(c.data.position, {0, 1, 2});
    auto all = sparse_batches(3, batch, static_cast<std::uint64_t>(config.seed), 0);
    for (auto& b : all)
      for (int& u : b) u = order[static_cast<std::size_t>(u)];
    return all;
  }
  void sweep_and_compare(const Image& wanted_object, const std::vector<Image>& wanted_probe) const {
    Reconstruction reconstruction(c.data, config);
    reconstruction.start_from({plain::narrow(object)});
    reconstruction.advance();
    EXPECT_LT(largest_difference(wanted_object, reconstruction.object().value), 2e-5);  // roundings of float
    const auto got = reconstruction.probe();
    for (std::size_t m = 0; m < wanted_probe.size(); ++m)
      EXPECT_LT(
          largest_difference(wanted_probe[m], {got.begin() + static_cast<std::ptrdiff_t>(m * c.data.window()),
                                               got.begin() + static_cast<std::ptrdiff_t>((m + 1) * c.data.window())}),
          2e-5);
  }
};

// O_j* χ_j moved back by the frame's fraction.
Image below_object(const plain::Case& c, const Image& object, const Image& chi, int j) {
  const auto pixel = plain::pixel_of(c, j);
  const Image o = plain::window(object, c.data.object_ny, c.data.nx, c.data.ny, pixel[0], pixel[1]);
  Image product(o.size());
  for (std::size_t k = 0; k < o.size(); ++k) product[k] = std::conj(o[k]) * chi[k];
  const auto& p = c.data.position[static_cast<std::size_t>(j)];
  return plain::moved(product, c.data.nx, c.data.ny, pixel[0] - p[0], pixel[1] - p[1]);
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

namespace {

// As published, and with a bound: Π w moves back towards w until its error is the bound's (or w's own, if that is
// less).
struct Projection {
  double a, b, c, noise_bound;
};

// 1 − a − b of ψ, a of P O and b of Π((1 − c) ψ + c P O) become the waves of frame j; returns how far Π went.
double project(const Small& s, const Projection& step, int j, const Image& object, std::vector<Image>& waves) {
  const auto& data = s.c.data;
  const auto pixel = plain::pixel_of(s.c, j);
  const auto probes = plain::probes_at(s.c, s.probe, j);
  const Image o = plain::window(object, data.object_ny, 8, 8, pixel[0], pixel[1]);
  std::vector<Image> mixed = waves;
  std::vector<double> light(64, 0.0);
  for (std::size_t m = 0; m < mixed.size(); ++m) {
    for (std::size_t k = 0; k < 64; ++k) mixed[m][k] = (1.0 - step.c) * waves[m][k] + step.c * probes[m][k] * o[k];
    mixed[m] = plain::transform(mixed[m], 8, 8, -1);
    for (std::size_t k = 0; k < 64; ++k) light[k] += std::norm(mixed[m][k]) / 64.0;
  }
  std::vector<double> factor(64, 1.0);
  double error = 0.0, noise = 0.0, counts = 0.0;
  for (std::size_t k = 0; k < 64; ++k) {
    if (!data.mask.empty() && data.mask[k] == 0.0f) continue;
    const double background = data.background.empty() ? 0.0 : data.background[k];
    const double measured = s.c.counts[static_cast<std::size_t>(j) * 64 + k];
    factor[k] = std::sqrt(std::max(0.0, measured - background) / light[k]);
    error += std::pow(std::sqrt(measured) - std::sqrt(light[k] + background), 2);
    noise += poisson_amplitude_noise(light[k] + background);
    counts += light[k] + background;
  }
  const double bound = step.noise_bound * noise * std::max(0.0, 1.0 - noise / counts);
  const double far = error > bound ? 1.0 - std::sqrt(bound / error) : 0.0;
  for (std::size_t m = 0; m < mixed.size(); ++m) {
    for (std::size_t k = 0; k < 64; ++k) mixed[m][k] *= (1.0 + far * (factor[k] - 1.0)) / 64.0;
    mixed[m] = plain::transform(mixed[m], 8, 8, 1);
    for (std::size_t k = 0; k < 64; ++k)
      waves[m][k] = (1.0 - step.a - step.b) * waves[m][k] + step.a * probes[m][k] * o[k] + step.b * mixed[m][k];
  }
  return far;
}

// Two sweeps of s.config, its probe fixed; returns how far Π went for each frame.
std::vector<double> expect_projections(Small s, const Projection& step) {
  s.config.noise_bound = step.noise_bound;
  s.config.probe.refine = false;
  const auto& data = s.c.data;
  std::vector<std::vector<Image>> waves;
  std::vector<double> light(s.object.size(), 0.0);
  Image unused(s.object.size(), 0.0), object = s.object;
  for (int j = 0; j < 3; ++j) {
    waves.push_back(plain::probes_at(s.c, s.probe, j));
    add_below(s.c, waves.back(), waves.back(), j, unused, light);
    const auto pixel = plain::pixel_of(s.c, j);
    const Image o = plain::window(object, data.object_ny, 8, 8, pixel[0], pixel[1]);
    for (Image& wave : waves.back())
      for (std::size_t k = 0; k < 64; ++k) wave[k] *= o[k];
  }
  const double little = 1e-4 * *std::max_element(light.begin(), light.end());
  const auto find_object = [&] {
    Image sum(object.size(), 0.0);
    std::vector<double> again(object.size(), 0.0);
    for (int j = 0; j < 3; ++j)
      add_below(s.c, plain::probes_at(s.c, s.probe, j), waves[static_cast<std::size_t>(j)], j, sum, again);
    for (std::size_t k = 0; k < object.size(); ++k) object[k] = (sum[k] + little * object[k]) / (light[k] + little);
  };
  std::vector<double> far;
  for (int sweep = 0; sweep < 2; ++sweep) {
    find_object();
    for (int j = 0; j < 3; ++j) far.push_back(project(s, step, j, object, waves[static_cast<std::size_t>(j)]));
  }
  find_object();
  Reconstruction reconstruction(data, s.config);
  reconstruction.start_from({plain::narrow(s.object)});
  for (int sweep = 0; sweep < 3; ++sweep) reconstruction.advance();  // the third begins with the object of the second
  // Each wave's phase is rounded where its amplitude is small, and that is made large again: ten times float's.
  EXPECT_LT(largest_difference(object, reconstruction.object().value), 2e-4);
  return far;
}

Small projected(const std::string& engine, int modes) {
  Small s(modes, true);
  s.config.engine = engine;
  s.config.relaxation = 0.75;
  return s;
}

// Two modes, a mask and a background, so much of it that it counts in the bound.
Small crowded(const std::string& engine) {
  Small s = projected(engine, 2);
  s.c.data.mask.assign(64, 1.0f);
  for (std::size_t k = 0; k < 64; k += 7) s.c.data.mask[k] = 0.0f;
  s.c.data.background.assign(64, 2.0f);
  for (float& n : s.c.counts) n += 2.0f;
  s.c.data.frames = std::make_shared<FramesInMemory>(3, s.c.counts);
  return s;
}

double largest(const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }
double least(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }

}  // namespace

TEST(DifferenceMap, SweepsAreTheFormula) { expect_projections(projected("dm", 1), {-1.0, 1.0, 2.0, 0.0}); }
TEST(Raar, SweepsAreTheFormula) { expect_projections(projected("raar", 1), {-0.5, 0.75, 2.0, 0.0}); }

TEST(DifferenceMap, ProjectionsEndAtTheBoundOfCountingNoise) {
  for (const Small& s : {projected("dm", 1), crowded("dm")}) {
    const auto far = expect_projections(s, {-1.0, 1.0, 2.0, 0.65});
    EXPECT_LT(largest(far), 1.0);
    EXPECT_GT(least(far), 0.0);
  }
}

TEST(Raar, ProjectionsEndAtTheBoundOfCountingNoise) {
  const auto far = expect_projections(crowded("raar"), {-0.5, 0.75, 2.0, 0.65});
  EXPECT_LT(largest(far), 1.0);
  EXPECT_GT(least(far), 0.0);
}

TEST(DifferenceMap, FramesBelowTheirBoundAreLeftAsTheyAre) {
  Small s = projected("dm", 1);
  s.object = s.c.object;
  for (std::size_t m = 0; m < s.probe.size(); ++m) s.probe[m] = s.c.probe[m];
  const auto values = plain::narrow(s.probe[0]);
  s.c.data.probe.assign(values.begin(), values.end());
  EXPECT_EQ(largest(expect_projections(s, {-1.0, 1.0, 2.0, 0.65})), 0.0);
}

TEST(DifferenceMap, FractionsOfABeamAreNoCountsAndHaveNoBound) {
  Small s = projected("dm", 1);
  for (float& n : s.c.counts) n *= 1e-4f;
  s.c.data.frames = std::make_shared<FramesInMemory>(3, s.c.counts);
  for (auto& p : s.c.data.probe) p *= 1e-2f;
  for (Image& probe : s.probe)
    for (Complex& p : probe) p *= 1e-2;
  EXPECT_GT(least(expect_projections(s, {-1.0, 1.0, 2.0, 0.65})), 0.99);
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
