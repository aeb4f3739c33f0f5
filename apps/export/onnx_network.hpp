// An image network as an ONNX graph: every layer of nn::NetworkDescription in ONNX's own operators, so that any runtime
// of the format computes what the engine does, to float's rounding.
//
// Images are (batch, channels, nx, ny) there, as ONNX's operators want them; the engine keeps (batch, nx, ny,
// channels).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/onnx.hpp"
#include "surrogates/nn/image_network.hpp"

namespace locum::apps {

// Adds nodes to a graph. The name of a node is that of its answer.
class OnnxBuilder {
 public:
  // prefix: of every name, so that several networks live in one graph.
  explicit OnnxBuilder(io::OnnxGraph& graph, std::string prefix = "") : graph_(graph), prefix_(std::move(prefix)) {}
  // Letters, digits and '_' stay of a name. All return the name of the answer.
  std::string node(const std::string& type, const std::string& name, std::vector<std::string> inputs,
                   std::map<std::string, io::OnnxAttribute> attributes = {});
  std::string constant(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values);
  std::string constant(const std::string& name, std::vector<std::int64_t> values);

 private:
  io::OnnxGraph& graph_;
  std::string prefix_;
};

// The layers of the network, taking `images`; returns the names of what it puts out, in the description's order.
// parameters: as network.layout() has them. Throws ConfigError unless there are as many as the network has.
std::vector<std::string> add_network(OnnxBuilder& builder, const nn::ImageNetwork<float>& network,
                                     std::span<const double> parameters, const std::string& images);

// A graph of the network alone: `input` (batch, channels, nx, ny), sizes free; outputs by these names.
io::OnnxGraph onnx_graph(const nn::ImageNetwork<float>& network, std::span<const double> parameters,
                         const std::string& input, const std::vector<std::string>& outputs);

}  // namespace locum::apps
