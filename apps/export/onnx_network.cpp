#include "apps/export/onnx_network.hpp"

#include <fmt/format.h>

#include <cctype>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

using Ints = std::vector<std::int64_t>;
using nn::LayerKind;

constexpr float group_norm_epsilon = 1e-5f;  // of nn/group_norm.cpp

std::string plain(std::string name) {
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

// One layer at a time; each function returns the name of the layer's answer.
class Translation {
 public:
  Translation(OnnxBuilder& builder, const nn::ImageNetwork<float>& network, std::span<const double> parameters)
      : builder_(builder), network_(network), parameters_(parameters) {}

  std::string layer(const nn::LayerDescription& l, std::size_t at, const std::vector<std::string>& inputs) {
    name_ = fmt::format("{}_{}", plain(l.name), at);
    const std::string z = linear(l, inputs);
    const bool acts = l.kind == LayerKind::convolution || l.kind == LayerKind::transposed_convolution ||
                      l.kind == LayerKind::upsampled_convolution || l.kind == LayerKind::group_norm ||
                      l.kind == LayerKind::pointwise;
    const std::string y = acts ? activated(l.activation, z) : z;
    if (l.kind != LayerKind::upsampled_convolution || l.scale == 1.0) return y;
    return times(y, static_cast<float>(l.scale), "scale");
  }

 private:
  std::string node(const char* type, const char* what, std::vector<std::string> inputs,
                   std::map<std::string, io::OnnxAttribute> attributes = {}) {
    return builder_.node(type, name_ + "_" + what, std::move(inputs), std::move(attributes));
  }
  std::string scalar(float value, const char* what) { return builder_.constant(name_ + "_" + what, {}, {value}); }
  std::string times(const std::string& x, float factor, const char* what) {
    return node("Mul", what, {x, scalar(factor, (std::string(what) + "_factor").c_str())});
  }

  std::string linear(const nn::LayerDescription& l, const std::vector<std::string>& inputs) {
    const Ints factors{l.factor, l.factor};
    switch (l.kind) {
      case LayerKind::convolution:
        return convolved(l, inputs[0], l.stride);
      case LayerKind::transposed_convolution:
        return node("ConvTranspose", "convolution", with_parameters(l, inputs[0]),
                    {{"kernel_shape", factors}, {"strides", factors}});
      case LayerKind::upsampled_convolution:
        return convolved(l, enlarged(l, inputs[0]), 1);
      case LayerKind::upsampling:
        return enlarged(l, inputs[0]);
      case LayerKind::max_pooling:
      case LayerKind::average_pooling:
        return node(l.kind == LayerKind::max_pooling ? "MaxPool" : "AveragePool", "pooled", inputs,
                    {{"kernel_shape", factors}, {"strides", factors}});
      case LayerKind::group_norm:
        return normalised(l, inputs[0]);
      case LayerKind::addition:
        return node("Add", "sum", inputs);
      case LayerKind::concatenation:
        return node("Concat", "channels", inputs, {{"axis", std::int64_t{1}}});
      case LayerKind::pointwise:
        return inputs[0];
      case LayerKind::input:
        break;
    }
    throw ConfigError("there is no such layer in ONNX", "layer '" + l.name + "'");
  }

  // Numbers of a block, (a, k, k, b) turned to (a, b, k, k), or as they are; "" where the layer has none.
  std::string block(const nn::LayerDescription& l, const char* what, bool as_column = false) {
    for (const nn::ParameterBlock& b : network_.layout()) {
      if (b.name != l.name + "/" + what) continue;
      const std::span<const double> from = parameters_.subspan(b.offset, b.size());
      std::vector<float> values(from.begin(), from.end());
      Ints shape(b.shape.begin(), b.shape.end());
      if (shape.size() == 4) {
        const std::size_t rows = static_cast<std::size_t>(b.shape[0]), columns = static_cast<std::size_t>(b.shape[3]),
                          points = b.size() / (rows * columns);
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t p = 0; p < points; ++p)
            for (std::size_t c = 0; c < columns; ++c)
              values[(r * columns + c) * points + p] = static_cast<float>(from[(r * points + p) * columns + c]);
        shape = {shape[0], shape[3], shape[1], shape[2]};
      }
      if (as_column) shape = {shape[0], 1, 1};  // of channels, before the pixels
      return builder_.constant(name_ + "_" + what, std::move(shape), std::move(values));
    }
    return "";
  }

  std::vector<std::string> with_parameters(const nn::LayerDescription& l, const std::string& x) {
    std::vector<std::string> inputs{x, block(l, "weights")};
    if (const std::string biases = block(l, "biases"); !biases.empty()) inputs.push_back(biases);
    return inputs;
  }

  std::string convolved(const nn::LayerDescription& l, const std::string& x, int stride) {
    const std::int64_t pad = (l.kernel - 1) / 2;
    return node(
        "Conv", "convolution", with_parameters(l, x),
        {{"kernel_shape", Ints{l.kernel, l.kernel}}, {"pads", Ints(4, pad)}, {"strides", Ints{stride, stride}}});
  }

  // Pixels are squares: half_pixel for bilinear (nn/resampling.hpp); X / factor, rounded down, for the nearest.
  std::string enlarged(const nn::LayerDescription& l, const std::string& x) {
    const auto f = static_cast<float>(l.factor);
    const std::string scales = builder_.constant(name_ + "_scales", {4}, {1.0f, 1.0f, f, f});
    if (l.interpolation == nn::Interpolation::bilinear)
      return node("Resize", "enlarged", {x, "", scales},
                  {{"mode", "linear"}, {"coordinate_transformation_mode", "half_pixel"}});
    return node("Resize", "enlarged", {x, "", scales},
                {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  }

  // Groups take the channels' place and the channels of a group lie below each other along x, so that normalising each
  // "channel" normalises a group; the columns (0: as they are) carry the shape back without asking for it.
  std::string normalised(const nn::LayerDescription& l, const std::string& x) {
    const auto groups = static_cast<std::size_t>(l.groups);
    const std::string to_groups = builder_.constant(name_ + "_to_groups", Ints{0, l.groups, -1, 0});
    const std::string to_channels = builder_.constant(name_ + "_to_channels", Ints{0, l.channels, -1, 0});
    const std::string ones = builder_.constant(name_ + "_ones", {l.groups}, std::vector<float>(groups, 1.0f));
    const std::string zeros = builder_.constant(name_ + "_zeros", {l.groups}, std::vector<float>(groups, 0.0f));
    const std::string folded = node("Reshape", "grouped", {x, to_groups});
    const std::string normal =
        node("InstanceNormalization", "normal_groups", {folded, ones, zeros}, {{"epsilon", group_norm_epsilon}});
    const std::string normal_channels = node("Reshape", "normal", {normal, to_channels});
    const std::string scaled = node("Mul", "scaled", {normal_channels, block(l, "scales", true)});
    return node("Add", "shifted", {scaled, block(l, "shifts", true)});
  }

  std::string activated(nn::Pointwise kind, const std::string& z) {
    switch (kind) {
      case nn::Pointwise::none:
        return z;
      case nn::Pointwise::relu:
        return node("Relu", "relu", {z});
      case nn::Pointwise::sigmoid:
        return node("Sigmoid", "sigmoid", {z});
      case nn::Pointwise::tanh:
        return node("Tanh", "tanh", {z});
      case nn::Pointwise::gelu:
        break;
    }
    // z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2: the format has no Gelu before operator set 20.
    const std::string square = node("Mul", "gelu_square", {z, z});
    const std::string cubic = node("Mul", "gelu_cube", {times(square, 0.044715f, "gelu_scaled"), z});
    const std::string inner = times(node("Add", "gelu_inner", {z, cubic}), 0.7978845608f, "gelu_argument");
    const std::string raised = node("Add", "gelu_raised", {node("Tanh", "gelu_tanh", {inner}), scalar(1.0f, "one")});
    return node("Mul", "gelu", {times(z, 0.5f, "gelu_half"), raised});
  }

  OnnxBuilder& builder_;
  const nn::ImageNetwork<float>& network_;
  std::span<const double> parameters_;
  std::string name_;  // of the layer in hand
};

}  // namespace

std::string OnnxBuilder::node(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                              std::map<std::string, io::OnnxAttribute> attributes) {
  const std::string full = prefix_ + plain(name);
  graph_.nodes.push_back({type, full, std::move(inputs), {full}, std::move(attributes)});
  return full;
}

std::string OnnxBuilder::constant(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
  graph_.constants.push_back({prefix_ + plain(name), std::move(shape), std::move(values)});
  return graph_.constants.back().name;
}

std::string OnnxBuilder::constant(const std::string& name, std::vector<std::int64_t> values) {
  graph_.constants.push_back({prefix_ + plain(name), {static_cast<std::int64_t>(values.size())}, std::move(values)});
  return graph_.constants.back().name;
}

std::vector<std::string> add_network(OnnxBuilder& builder, const nn::ImageNetwork<float>& network,
                                     std::span<const double> parameters, const std::string& images) {
  if (parameters.size() != network.parameters())
    throw ConfigError(
        fmt::format("{} parameters were given, the network has {}", parameters.size(), network.parameters()),
        "export to ONNX");
  Translation translation(builder, network, parameters);
  std::vector<std::string> answers{images};
  const nn::NetworkDescription& description = network.description();
  for (std::size_t k = 1; k < description.layers.size(); ++k) {
    std::vector<std::string> inputs;
    for (const int from : description.layers[k].inputs) inputs.push_back(answers[static_cast<std::size_t>(from)]);
    answers.push_back(translation.layer(description.layers[k], k, inputs));
  }
  std::vector<std::string> outputs;
  for (const int out : description.outputs) outputs.push_back(answers[static_cast<std::size_t>(out)]);
  return outputs;
}

io::OnnxGraph onnx_graph(const nn::ImageNetwork<float>& network, std::span<const double> parameters,
                         const std::string& input, const std::vector<std::string>& outputs) {
  const nn::NetworkDescription& d = network.description();
  if (outputs.size() != d.outputs.size())
    throw ConfigError(fmt::format("{} names for {} outputs of a network", outputs.size(), d.outputs.size()),
                      "export to ONNX");
  io::OnnxGraph graph;
  graph.name = "network";
  graph.inputs.push_back({input, {"batch", d.input_channels(), "nx", "ny"}, ""});
  OnnxBuilder builder(graph);
  const std::vector<std::string> answers = add_network(builder, network, parameters, input);
  const int side = 4 * d.divisor();  // of an example
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    builder.node("Identity", outputs[k], {answers[k]});
    const nn::Extent y = network.output({1, side, side, d.input_channels()}, k);
    const std::string of = y.nx == side ? "" : outputs[k] + "_";  // sizes of its own
    graph.outputs.push_back({outputs[k], {"batch", y.channels, of + "nx", of + "ny"}, ""});
  }
  return graph;
}

}  // namespace locum::apps
