#include "surrogates/nn/unet.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

// Convolution, normalisation, activation; one layer where there is no normalisation.
int step(NetworkDescription& net, int from, int channels, const UnetConfig& c, Pointwise activation) {
  if (c.groups == 0) return net.convolution(from, channels, activation);
  return net.group_norm(net.convolution(from, channels, Pointwise::none, 3, false), c.groups, activation);
}

// `blocks` steps; a residual block adds what came in, through a 1 × 1 convolution where channels differ, before the
// last activation (He et al. 2016, arXiv 1512.03385, figure 2).
int level(NetworkDescription& net, int from, int channels, const UnetConfig& c) {
  const Pointwise activation = pointwise_of(c.activation);
  int at = from;
  for (int k = 0; k < c.blocks; ++k)
    at = step(net, at, channels, c, c.residual && k + 1 == c.blocks ? Pointwise::none : activation);
  if (!c.residual) return at;
  if (net.layers[static_cast<std::size_t>(from)].channels != channels)
    from = net.convolution(from, channels, Pointwise::none, 1, false);
  return net.pointwise(net.addition(at, from), activation);
}

int enlarged(NetworkDescription& net, int from, int channels, const UnetConfig& c) {
  if (c.upsampling != "transposed")  // halve the channels while the image is small
    return net.upsampling(net.convolution(from, channels, Pointwise::none, 1, false), interpolation_of(c.upsampling));
  return net.add({.kind = LayerKind::transposed_convolution, .inputs = {from}, .channels = channels});
}

}  // namespace

void UnetConfig::visit(ConfigVisitor& v) {
  v.value({"width", "", "channels of the first level, twice as many at each one below", {1, 1024}}, width);
  v.value({"depth", "", "levels below the first; 2^depth divides the sides of images", {0, 8}}, depth);
  v.value({"blocks", "", "convolutions at each level, on the way down and up", {1, 8}}, blocks);
  v.value({"groups", "", "of the group normalisation; 0: none", {0, 1024}}, groups);
  v.value({"residual", "", "add what comes into a level to what it gives"}, residual);
  v.value({"activation", "", "after every convolution but the last", {}, {"relu", "gelu", "tanh"}}, activation);
  v.value({"upsampling", "", "on the way up", {}, {"nearest", "bilinear", "transposed"}}, upsampling);
}

void UnetConfig::validate() const {
  if (in < 1 || out < 1 || width < 1 || depth < 0 || blocks < 1)
    throw ConfigError("a U-Net of " + std::to_string(in) + " → " + std::to_string(out) + " channels, width " +
                      std::to_string(width) + ", depth " + std::to_string(depth) + ", " + std::to_string(blocks) +
                      " blocks");
  if (groups > 0 && width % groups != 0)
    throw ConfigError("groups is " + std::to_string(groups) + ", it does not divide width, " + std::to_string(width),
                      "U-Net: groups");
  pointwise_of(activation);
  if (upsampling != "transposed") interpolation_of(upsampling);
}

NetworkDescription unet(const UnetConfig& config) {
  config.validate();
  NetworkDescription net;
  std::vector<int> skips;
  int at = level(net, net.input(config.in), config.width, config), channels = config.width;
  for (int k = 0; k < config.depth; ++k) {
    skips.push_back(at);
    channels *= 2;
    at = level(net, net.max_pooling(at), channels, config);
  }
  for (int k = config.depth - 1; k >= 0; --k) {
    channels /= 2;
    const int both = net.add({.kind = LayerKind::concatenation,
                              .inputs = {skips[static_cast<std::size_t>(k)], enlarged(net, at, channels, config)}});
    at = level(net, both, channels, config);
  }
  net.outputs = {net.convolution(at, config.out, Pointwise::none, 1)};
  return net;
}

}  // namespace locum::nn
