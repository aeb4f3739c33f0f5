// Priors, likelihoods, whole and fractional pixels, and what is said of wrong settings.
#include <gtest/gtest.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/engines/regularisation.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

using namespace locum;
using namespace locum::imaging;

namespace {

plain::Case some_case(double counts = 1e4, double background = 0.0) {
  plain::Setting setting;
  setting.nx = setting.ny = 16;
  setting.counts = counts;
  setting.background = background;
  return plain::make(setting, plain::grid(setting, 3, 3, 4.0, 0.4, true));
}

double roughness(const plain::Case& c, const std::vector<Ptychogram::Value>& o) {
  double sum = 0.0;
  const auto ny = static_cast<std::size_t>(c.data.object_ny);
  for (std::size_t k = 0; k + ny < o.size(); ++k) sum += std::norm(o[k + ny] - o[k]);
  return sum;
}

std::vector<Ptychogram::Value> after_prior(const plain::Case& c, const PtychographyConfig& config) {
  std::vector<int> all;
  for (int j = 0; j < c.data.size(); ++j) all.push_back(j);
  PtychographyFields fields(c.data, all, config, 9, 9, 0.0);
  fields.set_object(plain::narrow(c.object));
  regularise(fields);
  return fields.whole_object();
}

}  // namespace

TEST(MovedProbes, AreNoMoreThanThereAreFractionsOfAPixel) {
  const auto kept = [](bool fractional, bool correct, int raster) {
    plain::Setting setting;
    setting.nx = setting.ny = 16;
    const plain::Case c = plain::make(setting, plain::grid(setting, 3, 3, 4.0, 0.4, fractional));
    PtychographyConfig config;
    config.engine = "rpie";
    config.batch = 1;
    config.positions.correct = correct;
    config.shift_raster = raster;
    return Reconstruction(c.data, config).fields().probe.moved().count;
  };
  EXPECT_EQ(kept(false, false, 0), 1);
  EXPECT_EQ(kept(true, false, 1), 1);
  EXPECT_EQ(kept(true, false, 0), 9);
  EXPECT_EQ(kept(false, true, 0), 9);  // they may come to lie anywhere
}

TEST(MemoryBudget, IsWhatIsGivenOrFourGibibytesOnAProcessor) {
  constexpr double gib = 1024.0 * 1024.0 * 1024.0;
  PtychographyConfig config;
  const double usual = memory_budget(Communicator::self(), config);
  if (device_is_host) {
    EXPECT_EQ(usual, 4.0 * gib);
  }
  EXPECT_GT(usual, 0.0);
  config.memory = 0.25;
  EXPECT_EQ(memory_budget(Communicator::self(), config), 0.25 * gib);
}

TEST(Regularisation, CutsAmplitudesAndKeepsPhases) {
  const plain::Case c = some_case();
  PtychographyConfig config;
  config.regularisation.largest_amplitude = 0.85;
  const auto after = after_prior(c, config);
  for (std::size_t k = 0; k < after.size(); ++k) {
    EXPECT_NEAR(std::abs(after[k]), std::min(0.85, std::abs(c.object[k])), 1e-6);
    EXPECT_NEAR(std::arg(plain::Complex(after[k]) * std::conj(c.object[k])), 0.0, 1e-6);
  }
}

TEST(Regularisation, SmoothsAndKeepsTheMean) {
  const plain::Case c = some_case();
  const auto before = plain::narrow(c.object);
  for (const bool smooth : {true, false}) {
    PtychographyConfig config;
    (smooth ? config.regularisation.smoothness : config.regularisation.total_variation) = 0.1;
    const auto after = after_prior(c, config);
    EXPECT_LT(roughness(c, after), roughness(c, before));
    plain::Complex change = 0.0;
    for (std::size_t k = 0; k < after.size(); ++k) change += plain::Complex(after[k]) - plain::Complex(before[k]);
    EXPECT_LT(std::abs(change) / static_cast<double>(after.size()), 1e-6);  // what leaves a pixel enters its neighbour
  }
}

TEST(Likelihood, PoissonStepsTendToAHalfAndAgreeWithAmplitudesToFirstOrder) {
  // I = M (1 + small): ξ ≈ 2 (1 − √(I / M)), so that half of Poisson's step is the amplitudes' one.
  const plain::Case c = some_case(1e6, 1e3);  // so that changes are small in dark pixels too
  std::vector<int> all = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  plain::Field near = c.object;
  for (std::size_t k = 0; k < near.size(); ++k) near[k] *= 1.0 + 1e-4 * std::sin(static_cast<double>(k));
  PtychographyConfig amplitude, poisson;
  poisson.likelihood = "poisson";
  PtychographyFields a(c.data, all, amplitude, 9, 9, 0.0), p(c.data, all, poisson, 9, 9, 0.0);
  a.set_object(plain::narrow(near));
  p.set_object(plain::narrow(near));
  double ignored = 0.0;
  const auto held = a.hold(all);
  a.change_of(held, ignored, ignored);
  for (int turn = 0; turn < 3; ++turn) p.change_of(p.hold(all), ignored, ignored);
  const auto first = host_copy(a.change().values), second = host_copy(p.change().values);
  double off = 0.0, size = 0.0;
  for (std::size_t k = 0; k < first.size(); ++k) {
    off += std::pow(first(k) - second(k), 2);
    size += std::pow(first(k), 2);
  }
  for (const float step : p.poisson_step) EXPECT_NEAR(step, 0.5f, 0.05f);
  EXPECT_LT(std::sqrt(off / size), 0.1);  // α is within a tenth of ½ after three visits
}

TEST(PixelPosition, IsTheNearestPixelAndTheRest) {
  const auto p = pixel_position({3.75, 8.25}, 0);
  EXPECT_EQ(p.x, 4);
  EXPECT_EQ(p.y, 8);
  EXPECT_FLOAT_EQ(p.fraction[0], -0.25f);
  EXPECT_FLOAT_EQ(p.fraction[1], 0.25f);
  const auto whole = pixel_position({3.7, 8.2}, 1);
  EXPECT_EQ(whole.x, 4);
  EXPECT_EQ(whole.fraction[0], 0.0f);
  const auto eighth = pixel_position({3.19, 8.99}, 8);
  EXPECT_FLOAT_EQ(eighth.fraction[0], 0.25f);
  EXPECT_EQ(eighth.y, 9);
  EXPECT_FLOAT_EQ(eighth.fraction[1], 0.0f);
}

TEST(PtychographyConfig, SaysWhatIsWrong) {
  const auto message = [](const PtychographyConfig& config) {
    try {
      config.validate();
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  PtychographyConfig config;
  EXPECT_EQ(message(config), "");
  config.engine = "lsqlm";
  EXPECT_NE(message(config).find("did you mean 'lsqml'"), std::string::npos) << message(config);
  config = {};
  config.alpha = 2.0;
  EXPECT_NE(message(config).find("ptychography.alpha"), std::string::npos);
  config = {};
  config.engine = "raar";
  config.likelihood = "poisson";
  EXPECT_NE(message(config).find("raar"), std::string::npos);
}

TEST(Ptychogram, MisfitsAreRefusedBeforeAnythingIsRead) {
  plain::Case c = some_case();
  c.data.position.pop_back();
  EXPECT_THROW(Reconstruction(c.data, {}), ConfigError);
  c = some_case();
  c.data.mask.assign(c.data.window(), 0.0f);
  EXPECT_THROW(Reconstruction(c.data, {}), ConfigError);
  c = some_case();
  EXPECT_THROW(Reconstruction(c.data, {}, {0, 99}), ConfigError);
}
