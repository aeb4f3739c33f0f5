#include "surrogates/nn/ptychonn.hpp"

#include <array>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

int pair(NetworkDescription& net, int at, int channels) {
  return net.convolution(net.convolution(at, channels, Pointwise::relu), channels, Pointwise::relu);
}

int decoder(NetworkDescription& net, int at, int width, Pointwise activation, double scale) {
  at = net.upsampling(pair(net, at, 4 * width), Interpolation::bilinear);
  at = net.upsampling(pair(net, at, 2 * width), Interpolation::bilinear);
  return net.add({.kind = LayerKind::upsampled_convolution,
                  .inputs = {pair(net, at, 2 * width)},
                  .channels = 1,
                  .activation = activation,
                  .scale = scale});
}

}  // namespace

NetworkDescription ptychonn(int width) {
  if (width < 1) throw ConfigError("PtychoNN has a width of " + std::to_string(width) + ", expected 1 or more");
  NetworkDescription net;
  int at = net.input(1);
  for (const int channels : std::array{width, 2 * width, 4 * width}) at = net.max_pooling(pair(net, at, channels));
  const int amplitude = decoder(net, at, width, Pointwise::sigmoid, 1.0);
  const int phase = decoder(net, at, width, Pointwise::tanh, 3.14159265358979323846);
  net.outputs = {amplitude, phase};
  return net;
}

}  // namespace locum::nn
