#include "surrogates/imaging/object_unet.hpp"

#include <algorithm>
#include <string>

#include "surrogates/imaging/canvas.hpp"

namespace locum::imaging {
namespace {

constexpr char zero_at_start[] = "zero";  // in the names of layers that are

int convolution(nn::NetworkDescription& net, int from, int channels, int kernel, int stride, nn::Pointwise activation,
                const std::string& name = "") {
  return net.add({.kind = nn::LayerKind::convolution,
                  .inputs = {from},
                  .channels = channels,
                  .kernel = kernel,
                  .stride = stride,
                  .activation = activation,
                  .name = name});
}

// x + W₂ gelu(W₁ gelu(x))
int block(nn::NetworkDescription& net, int from, int channels, const std::string& name) {
  const int active = net.pointwise(from, nn::Pointwise::gelu);
  const int inner = convolution(net, active, channels, 3, 1, nn::Pointwise::gelu);
  return net.addition(from, convolution(net, inner, channels, 3, 1, nn::Pointwise::none, name + " " + zero_at_start));
}

}  // namespace

nn::NetworkDescription object_unet(const ObjectNetworkConfig& config) {
  nn::NetworkDescription net;
  const std::vector<int> channels(config.channels.begin(), config.channels.end());
  const int fold = config.fold * config.fold, levels = static_cast<int>(channels.size());
  const int window = net.input(fold * input_channels);
  int at = convolution(net, window, channels[0], 3, 1, nn::Pointwise::none);
  std::vector<int> kept;
  for (int level = 0; level < levels; ++level) {
    if (level > 0)
      at = convolution(net, net.pointwise(at, nn::Pointwise::gelu), channels[level], 3, 2, nn::Pointwise::none);
    at = block(net, at, channels[level], "down " + std::to_string(level));
    kept.push_back(at);
  }
  for (int level = levels - 2; level >= 0; --level) {
    at = net.upsampling(convolution(net, at, channels[level], 1, 1, nn::Pointwise::none), nn::Interpolation::bilinear);
    at = block(net, net.addition(kept[level], at), channels[level], "up " + std::to_string(level));
  }
  at = convolution(net, net.pointwise(at, nn::Pointwise::gelu), fold * answer_channels, 3, 1, nn::Pointwise::none,
                   std::string("answer ") + zero_at_start);
  // Two of the channels are estimates of the answer: their sum may be taken without a detour.
  const int direct = convolution(net, window, fold * answer_channels, 1, 1, nn::Pointwise::none,
                                 std::string("direct ") + zero_at_start);
  net.outputs = {net.addition(at, direct)};
  return net;
}

std::vector<double> initial_unet(const nn::ImageNetwork<float>& network, std::uint64_t seed, std::uint64_t member) {
  std::vector<double> parameters = network.initial_parameters(seed, member);
  for (const nn::ParameterBlock& b : network.layout())
    if (b.name.find(zero_at_start) != std::string::npos)
      std::fill_n(parameters.begin() + static_cast<std::ptrdiff_t>(b.offset), b.size(), 0.0);
  return parameters;
}

}  // namespace locum::imaging
