#include "tests/unit/surrogates/nn/network_cases.hpp"

#include <cmath>
#include <numeric>

#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/ptychonn.hpp"
#include "surrogates/nn/unet.hpp"

namespace locum::nn {
namespace {

LayerDescription layer(LayerKind kind, std::vector<int> inputs, int channels = 0) {
  LayerDescription l;
  l.kind = kind;
  l.inputs = std::move(inputs);
  l.channels = channels;
  return l;
}

}  // namespace

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
double size_of(const std::vector<double>& v) {
  return std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
}
double distance(const std::vector<double>& found, const std::vector<double>& expected) {
  if (found.size() != expected.size()) return 1e300;
  std::vector<double> difference(found.size());
  for (std::size_t k = 0; k < found.size(); ++k) difference[k] = found[k] - expected[k];
  return size_of(difference) / (size_of(expected) + 1e-30);
}

Data::Data(const Case& c) {
  ImageNetwork<float> engine(c.net);
  parameters = engine.initial_parameters(1, 0);
  const auto noise = normal_numbers(parameters.size(), 5);
  for (std::size_t k = 0; k < parameters.size(); ++k)  // biases that are not zero
    parameters[k] = static_cast<float>(parameters[k] + 0.1 * noise[k]);
  x = normal_images(c.x, 1);
  for (std::size_t k = 0; k < c.net.outputs.size(); ++k) dy.push_back(normal_images(engine.output(c.x, k), 10 + k));
}

double Data::loss(const NetworkDescription& net, const std::vector<double>& p, const Plain& images) const {
  const auto y = reference::evaluate(net, p, images);
  double sum = 0.0;
  for (std::size_t k = 0; k < y.size(); ++k)
    sum = std::inner_product(y[k].values.begin(), y[k].values.end(), dy[k].values.begin(), sum);
  return sum;
}

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

}  // namespace locum::nn
