#include "surrogates/nn/image_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/nn/ptychonn.hpp"
#include "tests/unit/surrogates/nn/network_cases.hpp"

namespace locum::nn {
namespace {

template <class Index>
std::vector<int> visits(int pixels, int channels, int width) {
  const View<int*> seen("seen", static_cast<std::size_t>(pixels) * channels);
  over_pixels<Index>(
      "visits", {}, pixels, channels, width, KOKKOS_LAMBDA(int pixel, int from, int to) {
        for (int c = from; c < to; ++c) seen(pixel * channels + c) += 1 + pixel;
      });
  const auto host = host_copy(seen);
  return std::vector<int>(host.data(), host.data() + host.size());
}

// Layers of more numbers than int counts are too large to be tested.
TEST(Images, EveryPixelsChannelsAreVisitedOnceWhateverCountsThem) {
  std::vector<int> once;
  for (int k = 0; k < 35; ++k) once.push_back(1 + k / 5);
  for (int width : {1, 5}) {
    EXPECT_EQ(visits<int>(7, 5, width), once);
    EXPECT_EQ(visits<std::int64_t>(7, 5, width), once);
  }
}

TEST(ImageNetwork, AnswersOfEveryLayerAreTheDefinitions) {
  for (const auto& [name, c] : cases()) {
    const Data d(c);
    std::vector<double> expected;
    for (const Plain& y : reference::evaluate(c.net, d.parameters, d.x))
      expected.insert(expected.end(), y.values.begin(), y.values.end());
    EXPECT_LT(distance(engine_answers<float>(c, d).y, expected), 2e-6) << name;  // some thirty roundings of 6e-8
    // 2⁻⁹ and 2⁻¹² for each of some ten roundings in a row, at most.
    EXPECT_LT(distance(engine_answers<conv::Bf16>(c, d).y, expected), 2e-2) << name;
    EXPECT_LT(distance(engine_answers<conv::Fp16>(c, d).y, expected), 2.5e-3) << name;
  }
}

// The scalar product of a gradient with a direction, against differences of the definitions in double precision.
TEST(ImageNetwork, GradientsOfEveryLayerAgreeWithDifferences) {
  for (const auto& [name, c] : cases()) {
    const Data d(c);
    const Answers found = engine_answers<float>(c, d);
    const double h = 1e-7;  // values ~100 in double: 1e-14 / h is 1e-7
    for (std::uint64_t direction = 0; direction < 3; ++direction) {
      const auto along_p = normal_numbers(d.parameters.size(), 30 + direction);
      const auto along_x = normal_numbers(d.x.values.size(), 40 + direction);
      for (const bool of_x : {false, true}) {
        if (!of_x && d.parameters.empty()) continue;
        double side[2];
        for (const int s : {0, 1}) {
          auto p = d.parameters;
          Plain x = d.x;
          for (std::size_t k = 0; k < p.size() && !of_x; ++k) p[k] += (s ? h : -h) * along_p[k];
          for (std::size_t k = 0; k < x.values.size() && of_x; ++k) x.values[k] += (s ? h : -h) * along_x[k];
          side[s] = d.loss(c.net, p, x);
        }
        const auto& gradient = of_x ? found.dx : found.gradient;
        const auto& along = of_x ? along_x : along_p;
        const double product = std::inner_product(gradient.begin(), gradient.end(), along.begin(), 0.0);
        // Float's roundings of the gradient; differences are exact but for kinks within h.
        EXPECT_NEAR(product, (side[1] - side[0]) / (2 * h), 2e-4 * size_of(gradient) + 1e-6)
            << name << (of_x ? ", by the images" : ", by the parameters");
      }
    }
  }
}

TEST(ImageNetwork, RepeatsBitForBit) {
  for (const auto& [name, c] : cases()) {
    const Data d(c);
    const Answers first = engine_answers<float>(c, d), second = engine_answers<float>(c, d);
    EXPECT_EQ(first.y, second.y) << name;
    EXPECT_EQ(first.gradient, second.gradient) << name;
    EXPECT_EQ(first.dx, second.dx) << name;
  }
}

TEST(ImageNetwork, GradientsInFewBitsPointTheSameWay) {
  const auto all = cases();
  for (const char* name : {"PtychoNN", "U-Net", "residual U-Net"}) {
    const Case& c = all.at(name);
    const Data d(c);
    const Answers exact = engine_answers<float>(c, d);
    // ReLUs and maxima near a tie go the other way: a few per cent of the gradient.
    EXPECT_LT(distance(engine_answers<conv::Bf16>(c, d).gradient, exact.gradient), 0.2) << name;
    EXPECT_LT(distance(engine_answers<conv::Fp16>(c, d).gradient, exact.gradient), 0.05) << name;
  }
}

// Inference shares storage between layers and takes a few images at a time: none of that may be seen.
TEST(ImageNetwork, InferenceIsTrainingsForwardInAnyPortions) {
  for (const auto& [name, c] : cases()) {
    Case more = c;
    more.x.batch = 5;
    const Data d(more);
    ImageNetwork<float> engine(c.net);
    engine.set_parameters(d.parameters);
    std::vector<Images<float>> trained, inferred;
    for (const Plain& slope : d.dy) {
      trained.emplace_back("trained", slope.batch, slope.nx, slope.ny, slope.channels);
      inferred.emplace_back("inferred", slope.batch, slope.nx, slope.ny, slope.channels);
    }
    const auto x = to_device(d.x);
    const auto cache = engine.make_cache();
    engine.forward(x, trained, *cache);
    for (const int chunk : {0, 1, 2, 5}) {
      engine.set_chunk(chunk);
      engine.forward(x, inferred);
      for (std::size_t k = 0; k < inferred.size(); ++k)
        EXPECT_LT(distance(to_host(inferred[k]), to_host(trained[k])), 1e-6) << name << ", portions of " << chunk;
    }
  }
}

TEST(ImageNetwork, GradientsAccumulateAndPartsOfABatchAddUp) {
  const auto all = cases();
  const Case whole = all.at("PtychoNN");
  const Data d(whole);
  const Answers together = engine_answers<float>(whole, d);
  ImageNetwork<float> engine(whole.net);
  engine.set_parameters(d.parameters);
  const View<float*> gradient("gradient", engine.parameters());
  const auto cache = engine.make_cache();
  for (int b = 0; b < 2; ++b) {
    const auto one = [&](const Plain& of) {
      Plain image(1, of.nx, of.ny, of.channels);
      std::copy_n(of.values.begin() + static_cast<std::ptrdiff_t>(b * image.values.size()), image.values.size(),
                  image.values.begin());
      return to_device(image);
    };
    std::vector<Images<float>> y, dy;
    for (const Plain& slope : d.dy) {
      dy.push_back(one(slope));
      y.push_back(one(slope));
    }
    engine.forward(one(d.x), y, *cache);
    engine.backward(*cache, dy, gradient);
  }
  EXPECT_LT(distance(to_host(gradient), together.gradient), 2e-6);
}

TEST(ImageNetwork, ParametersAreSavedAndLoadedBlockByBlock) {
  const Case c = cases().at("U-Net");
  const ImageNetwork<float> engine(c.net);
  std::size_t next = 0;
  std::set<std::string> names;
  for (const auto& block : engine.layout()) {
    EXPECT_EQ(block.offset, next) << block.name;
    next += block.size();
    EXPECT_TRUE(names.insert(block.name).second) << block.name;
  }
  EXPECT_EQ(next, engine.parameters());
  EXPECT_EQ(engine.initial_parameters(4, 2), ImageNetwork<conv::Fp16>(c.net).initial_parameters(4, 2));
  EXPECT_NE(engine.initial_parameters(4, 2), engine.initial_parameters(4, 3));
  c.net.validate();
}

TEST(ImageNetwork, PtychoNnHasThePublishedNumberOfParameters) {
  const ImageNetwork<float> engine(ptychonn());
  EXPECT_EQ(engine.parameters(), ptychonn_parameters);
  EXPECT_EQ(engine.output({3, 64, 64, 1}, 1), (Extent{3, 64, 64, 1}));
  EXPECT_EQ(engine.description().divisor(), 8);
  // 402,259,968 products and sums for a frame of 64²
  EXPECT_EQ(engine.operations({1, 64, 64, 1}), 2.0 * 402259968.0);
}

TEST(ImageNetwork, AnEmptyBatchGivesNothing) {
  ImageNetwork<float> engine(ptychonn(2));
  engine.set_parameters(engine.initial_parameters(1, 0));
  const std::vector<Images<float>> y{Images<float>("a", 0, 8, 8, 1), Images<float>("p", 0, 8, 8, 1)};
  const Images<float> x("x", 0, 8, 8, 1);
  const View<float*> gradient("gradient", engine.parameters());
  const auto cache = engine.make_cache();
  engine.forward(x, y);
  engine.forward(x, y, *cache);
  engine.backward(*cache, y, gradient);
  EXPECT_EQ(size_of(to_host(gradient)), 0.0);
}

TEST(ImageNetwork, WhatDoesNotFitIsRefused) {
  ImageNetwork<float> engine(ptychonn(2));
  const std::vector<Images<float>> y{Images<float>("a", 1, 8, 8, 1), Images<float>("p", 1, 8, 8, 1)};
  EXPECT_THROW(engine.forward(Images<float>("x", 1, 8, 8, 1), y), ConfigError);  // no parameters yet
  engine.set_parameters(engine.initial_parameters(1, 0));
  EXPECT_THROW(engine.forward(Images<float>("x", 1, 8, 8, 2), y), ConfigError);
  EXPECT_THROW(engine.forward(Images<float>("x", 1, 16, 8, 1), y), ConfigError);
  EXPECT_THROW(engine.output({1, 12, 8, 1}), ConfigError);  // 8 does not divide 12
  EXPECT_THROW(engine.set_parameters(std::vector<double>(3)), ConfigError);
  EXPECT_THROW(engine.backward(*engine.make_cache(), y, View<float*>("g", engine.parameters())), ConfigError);
  NetworkDescription net;
  net.input(3);
  EXPECT_THROW(net.convolution(1, 2, Pointwise::relu), ConfigError);
  EXPECT_THROW(net.group_norm(0, 2, Pointwise::relu), ConfigError);
  EXPECT_THROW(net.validate(), ConfigError);  // no output
}

}  // namespace
}  // namespace locum::nn
