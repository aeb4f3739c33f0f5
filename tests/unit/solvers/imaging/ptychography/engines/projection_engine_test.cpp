// Difference map and RAAR against their formulas by plain loops, as published and with the bound of counting noise.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "solvers/imaging/ptychography/frames/poisson_amplitude.hpp"
#include "tests/unit/solvers/imaging/ptychography/small_reconstruction.hpp"

using namespace locum;
using namespace locum::imaging;

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
