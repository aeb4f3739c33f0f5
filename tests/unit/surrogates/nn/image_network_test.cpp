#include "surrogates/nn/image_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/ptychonn.hpp"
#include "surrogates/nn/reference.hpp"
#include "surrogates/nn/unet.hpp"

namespace locum::nn {
namespace {

using Plain = reference::Images;

std::vector<double> normal_numbers(std::size_t count, std::uint64_t item) {
  std::vector<double> numbers(count);
  for (std::size_t k = 0; k < count; ++k)
    numbers[k] = static_cast<float>(random::normal_pair(7, random::Stream::weights, item, k).first);
  return numbers;
}
Plain normal_images(const Extent& e, std::uint64_t item) {
  Plain images(e.batch, e.nx, e.ny, e.channels);
  images.values = normal_numbers(images.values.size(), item);
  return images;
}
Images<float> to_device(const Plain& from) {
  const Images<float> to("images", from.batch, from.nx, from.ny, from.channels);
  const auto host = Kokkos::create_mirror_view(to);
  for (std::size_t k = 0; k < from.values.size(); ++k) host.data()[k] = static_cast<float>(from.values[k]);
  Kokkos::deep_copy(to, host);
  return to;
}
template <class V>
std::vector<double> to_host(const V& from) {
  const auto host = host_copy(from);
  return std::vector<double>(host.data(), host.data() + host.size());
}
double size_of(const std::vector<double>& v) {
  return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
}
double distance(const std::vector<double>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size()) return 1e300;
  std::vector<double> difference(found.size());
  for (std::size_t k = 0; k < found.size(); ++k) difference[k] = found[k] - expected[k];
  return size_of(difference) / (size_of(expected) + 1e-30);
}

// A network, images for it, and a weight for every number that comes out: the loss is their scalar product.
struct Case {
  NetworkDescription net;
  Extent x{2, 8, 12, 1};
};

struct Answers {
  std::vector<double> y, gradient, dx;
};

struct Data {
  explicit Data(const Case& c) {
    ImageNetwork<float> engine(c.net);
    parameters = engine.initial_parameters(1, 0);
    const auto noise = normal_numbers(parameters.size(), 5);
    for (std::size_t k = 0; k < parameters.size(); ++k)  // biases that are not zero
      parameters[k] = static_cast<float>(parameters[k] + 0.1 * noise[k]);
    x = normal_images(c.x, 1);
    for (std::size_t k = 0; k < c.net.outputs.size(); ++k) dy.push_back(normal_images(engine.output(c.x, k), 10 + k));
  }
  double loss(const NetworkDescription& net, const std::vector<double>& p, const Plain& images) const {
    const auto y = reference::evaluate(net, p, images);
    double sum = 0.0;
    for (std::size_t k = 0; k < y.size(); ++k)
      sum = std::inner_product(y[k].values.begin(), y[k].values.end(), dy[k].values.begin(), sum);
    return sum;
  }
  std::vector<double> parameters;
  Plain x;
  std::vector<Plain> dy;
};

template <class T>
Answers engine_answers(const Case& c, const Data& d) {
  ImageNetwork<T> engine(c.net);
  engine.set_parameters(d.parameters);
  std::vector<Images<float>> y, dy;
  for (const Plain& slope : d.dy) {
    dy.push_back(to_device(slope));
    y.emplace_back("y", slope.batch, slope.nx, slope.ny, slope.channels);
  }
  const auto x = to_device(d.x);
  const Images<float> dx("dx", c.x.batch, c.x.nx, c.x.ny, c.x.channels);
  const View<float*> gradient("gradient", engine.parameters());
  const auto cache = engine.make_cache();
  engine.forward(x, y, *cache);
  engine.backward(*cache, dy, gradient, dx);
  Answers answers;
  for (const auto& out : y) {
    const auto values = to_host(out);
    answers.y.insert(answers.y.end(), values.begin(), values.end());
  }
  answers.gradient = to_host(gradient);
  answers.dx = to_host(dx);
  return answers;
}

LayerDescription layer(LayerKind kind, std::vector<int> inputs, int channels = 0) {
  LayerDescription l;
  l.kind = kind;
  l.inputs = std::move(inputs);
  l.channels = channels;
  return l;
}

// Every layer alone, then networks of all of them.
std::map<std::string, Case> cases() {
  std::map<std::string, Case> all;
  const auto alone = [&](const std::string& name, LayerDescription l, int channels, Extent x = {2, 8, 12, 0}) {
    Case c;
    c.x = x;
    c.x.channels = channels;
    c.net.input(channels);
    c.net.outputs = {c.net.add(std::move(l))};
    all.emplace(name, c);
  };
  for (const auto activation :
       {Pointwise::none, Pointwise::relu, Pointwise::gelu, Pointwise::sigmoid, Pointwise::tanh}) {
    const std::string with = " with " + pointwise_names()[static_cast<std::size_t>(activation)];
    auto l = layer(LayerKind::convolution, {0}, 7);
    l.activation = activation;
    alone("convolution" + with, l, 5, {2, 7, 9, 0});
    l = layer(LayerKind::pointwise, {0});
    l.activation = activation;
    alone("pointwise" + with, l, 3);
    l = layer(LayerKind::group_norm, {0});
    l.groups = 3;
    l.activation = activation;
    alone("group norm" + with, l, 6, {3, 5, 7, 0});
    l = layer(LayerKind::upsampled_convolution, {0}, 2);
    l.activation = activation;
    l.scale = 3.0;
    alone("upsampled convolution" + with, l, 5, {2, 4, 6, 0});
    l = layer(LayerKind::transposed_convolution, {0}, 4);
    l.activation = activation;
    alone("transposed convolution" + with, l, 3, {2, 4, 5, 0});
  }
  auto l = layer(LayerKind::convolution, {0}, 16);
  l.kernel = 5;
  l.stride = 2;
  alone("strided convolution", l, 3);
  l = layer(LayerKind::convolution, {0}, 3);
  l.kernel = 1;
  l.bias = false;
  alone("projection without bias", l, 33, {1, 3, 5, 0});
  for (const int factor : {2, 3}) {
    for (const auto kind : {Interpolation::nearest, Interpolation::bilinear}) {
      const std::string name = interpolation_names()[static_cast<std::size_t>(kind)] + " by " + std::to_string(factor);
      for (const auto of : {LayerKind::upsampling, LayerKind::upsampled_convolution}) {
        l = layer(of, {0}, 1);
        l.interpolation = kind;
        l.factor = factor;
        alone(layer_kind_names()[static_cast<std::size_t>(of)] + ", " + name, l, 19, {2, 5, 1, 0});
      }
    }
    for (const auto kind : {LayerKind::max_pooling, LayerKind::average_pooling}) {
      l = layer(kind, {0});
      l.factor = factor;
      alone(layer_kind_names()[static_cast<std::size_t>(kind)] + " by " + std::to_string(factor), l, 17, {2, 6, 12, 0});
    }
  }
  l = layer(LayerKind::addition, {0, 0});
  alone("addition", l, 3);
  l = layer(LayerKind::concatenation, {0, 0});
  alone("concatenation", l, 3);
  all.emplace("PtychoNN", Case{ptychonn(4), {2, 16, 8, 1}});
  UnetConfig u;
  u.in = 3;
  u.out = 2;
  u.width = 4;
  u.depth = 2;
  u.groups = 2;
  u.activation = "gelu";
  all.emplace("U-Net", Case{unet(u), {2, 8, 12, 3}});
  u.residual = true;
  u.groups = 0;
  u.upsampling = "transposed";
  all.emplace("residual U-Net", Case{unet(u), {1, 8, 4, 3}});
  return all;
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
