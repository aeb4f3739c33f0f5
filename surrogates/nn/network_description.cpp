#include "surrogates/nn/network_description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

bool gives_channels(LayerKind kind) {  // its own number of them, not its input's
  return kind == LayerKind::input || kind == LayerKind::convolution || kind == LayerKind::transposed_convolution ||
         kind == LayerKind::upsampled_convolution;
}

std::size_t expected_inputs(const LayerDescription& l) {
  if (l.kind == LayerKind::input) return 0;
  if (l.kind == LayerKind::addition) return 2;
  return l.kind == LayerKind::concatenation ? std::max<std::size_t>(2, l.inputs.size()) : 1;
}

std::string place(std::size_t at, const LayerDescription& l) {
  return fmt::format("layer {} ({}) of an image network", at, layer_kind_names()[static_cast<std::size_t>(l.kind)]);
}

void check(const std::vector<LayerDescription>& before, const LayerDescription& l) {
  const std::string where = place(before.size(), l);
  if (l.inputs.size() != expected_inputs(l))
    throw ConfigError(fmt::format("it takes {} inputs, found {}", expected_inputs(l), l.inputs.size()), where);
  for (const int from : l.inputs)
    if (from < 0 || static_cast<std::size_t>(from) >= before.size())
      throw ConfigError(fmt::format("it takes the answer of layer {}, which is not before it", from), where);
  if ((l.kind == LayerKind::input) != before.empty())
    throw ConfigError("the first layer, and no other, is the input", where);
  if (l.channels < 1 || l.kernel < 1 || l.stride < 1 || l.factor < 1 || l.groups < 1)
    throw ConfigError(fmt::format("channels {}, kernel {}, stride {}, factor {}, groups {}: all are 1 or more",
                                  l.channels, l.kernel, l.stride, l.factor, l.groups),
                      where);
  if (l.kind == LayerKind::group_norm && l.channels % l.groups != 0)
    throw ConfigError(fmt::format("{} groups do not divide {} channels", l.groups, l.channels), where);
  if (l.kind == LayerKind::addition &&
      before[static_cast<std::size_t>(l.inputs[0])].channels != before[static_cast<std::size_t>(l.inputs[1])].channels)
    throw ConfigError("it adds images of different numbers of channels", where);
}

int channels_of(const std::vector<LayerDescription>& before, const LayerDescription& l) {
  if (gives_channels(l.kind)) return l.channels;
  int sum = 0;
  for (const int from : l.inputs)
    if (from >= 0 && static_cast<std::size_t>(from) < before.size())
      sum += before[static_cast<std::size_t>(from)].channels;
  return l.kind == LayerKind::addition ? sum / 2 : sum;
}

}  // namespace

const std::vector<std::string>& layer_kind_names() {
  static const std::vector<std::string> names{
      "input",      "convolution", "transposed_convolution", "upsampled_convolution",
      "upsampling", "max_pooling", "average_pooling",        "group_norm",
      "pointwise",  "addition",    "concatenation"};
  return names;
}

int NetworkDescription::add(LayerDescription layer) {
  layer.channels = channels_of(layers, layer);
  if (layer.name.empty())
    layer.name = fmt::format("{}_{}", layer_kind_names()[static_cast<std::size_t>(layer.kind)], layers.size());
  check(layers, layer);
  layers.push_back(std::move(layer));
  return static_cast<int>(layers.size()) - 1;
}

int NetworkDescription::input(int channels) { return add({.kind = LayerKind::input, .channels = channels}); }

int NetworkDescription::convolution(int from, int channels, Pointwise activation, int kernel, bool bias) {
  return add({.kind = LayerKind::convolution,
              .inputs = {from},
              .channels = channels,
              .kernel = kernel,
              .bias = bias,
              .activation = activation});
}

int NetworkDescription::max_pooling(int from, int factor) {
  return add({.kind = LayerKind::max_pooling, .inputs = {from}, .factor = factor});
}

int NetworkDescription::upsampling(int from, Interpolation interpolation, int factor) {
  return add({.kind = LayerKind::upsampling, .inputs = {from}, .factor = factor, .interpolation = interpolation});
}

int NetworkDescription::group_norm(int from, int groups, Pointwise activation) {
  return add({.kind = LayerKind::group_norm, .inputs = {from}, .groups = groups, .activation = activation});
}

int NetworkDescription::pointwise(int from, Pointwise activation) {
  return add({.kind = LayerKind::pointwise, .inputs = {from}, .activation = activation});
}

int NetworkDescription::addition(int a, int b) { return add({.kind = LayerKind::addition, .inputs = {a, b}}); }

int NetworkDescription::divisor() const {
  std::vector<int> shrunk;  // by how much each layer's images are smaller than the input; upsampling makes it less
  int largest = 1;
  for (const auto& l : layers) {
    int by = l.inputs.empty() ? 1 : shrunk[static_cast<std::size_t>(l.inputs[0])];
    if (l.kind == LayerKind::max_pooling || l.kind == LayerKind::average_pooling) by *= l.factor;
    if (l.kind == LayerKind::convolution) by *= l.stride;
    if (l.kind == LayerKind::upsampling || l.kind == LayerKind::upsampled_convolution ||
        l.kind == LayerKind::transposed_convolution)
      by = std::max(1, by / l.factor);
    shrunk.push_back(by);
    largest = std::lcm(largest, by);
  }
  return largest;
}

void NetworkDescription::validate() const {
  std::vector<LayerDescription> before;
  for (const auto& l : layers) {
    check(before, l);
    if (l.channels != channels_of(before, l))
      throw ConfigError(
          fmt::format("it says {} channels, {} follow from its inputs", l.channels, channels_of(before, l)),
          place(before.size(), l));
    before.push_back(l);
  }
  if (layers.empty() || outputs.empty()) throw ConfigError("an image network needs a layer and an output");
  for (const int out : outputs)
    if (out < 0 || static_cast<std::size_t>(out) >= layers.size())
      throw ConfigError(fmt::format("layer {} is named as an output, there are {}", out, layers.size()));
}

}  // namespace locum::nn
