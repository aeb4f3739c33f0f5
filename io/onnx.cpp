#include "io/onnx.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "io/protobuf.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr int float_type = 1, int64_type = 7;  // TensorProto.DataType

template <class T>
std::string_view raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

ProtobufMessage tensor(const OnnxTensor& t) {  // TensorProto
  ProtobufMessage m;
  for (const std::int64_t n : t.shape) m.integer(1, n);
  const bool real = std::holds_alternative<std::vector<float>>(t.values);
  m.integer(2, real ? float_type : int64_type).bytes(8, t.name);
  return std::visit([&](const auto& values) { return m.bytes(9, raw(values)); }, t.values);
}

ProtobufMessage attribute(const std::string& name, const OnnxAttribute& value) {  // AttributeProto
  ProtobufMessage m;
  m.bytes(1, name);
  if (const auto* number = std::get_if<float>(&value)) return m.number(2, *number).integer(20, 1);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return m.integer(3, *whole).integer(20, 2);
  if (const auto* word = std::get_if<std::string>(&value)) return m.bytes(4, *word).integer(20, 3);
  for (const std::int64_t n : std::get<std::vector<std::int64_t>>(value)) m.integer(8, n);
  return m.integer(20, 7);
}

ProtobufMessage node(const OnnxNode& n) {  // NodeProto
  ProtobufMessage m;
  for (const auto& name : n.inputs) m.bytes(1, name);
  for (const auto& name : n.outputs) m.bytes(2, name);
  m.bytes(3, n.name).bytes(4, n.type);
  for (const auto& [name, value] : n.attributes) m.message(5, attribute(name, value));
  return m;
}

ProtobufMessage value_info(const OnnxValue& v) {  // ValueInfoProto
  ProtobufMessage shape;
  for (const auto& size : v.shape) {
    ProtobufMessage dimension;
    if (const auto* number = std::get_if<std::int64_t>(&size))
      dimension.integer(1, *number);
    else
      dimension.bytes(2, std::get<std::string>(size));
    shape.message(1, dimension);
  }
  ProtobufMessage type;
  type.message(1, ProtobufMessage().integer(1, float_type).message(2, shape));
  return ProtobufMessage().bytes(1, v.name).message(2, type).bytes(3, v.description);
}

ProtobufMessage graph_message(const OnnxGraph& g) {  // GraphProto
  ProtobufMessage m;
  for (const auto& n : g.nodes) m.message(1, node(n));
  m.bytes(2, g.name);
  for (const auto& t : g.constants) m.message(5, tensor(t));
  for (const auto& v : g.inputs) m.message(11, value_info(v));
  for (const auto& v : g.outputs) m.message(12, value_info(v));
  return m;
}

void check(const OnnxTensor& t) {
  std::size_t expected = 1;
  for (const std::int64_t n : t.shape) expected *= static_cast<std::size_t>(n);
  const std::size_t found = std::visit([](const auto& values) { return values.size(); }, t.values);
  const std::string where = "constant '" + t.name + "' of an ONNX graph";
  if (found != expected) throw ConfigError(fmt::format("its shape holds {} values, found {}", expected, found), where);
  if (const auto* values = std::get_if<std::vector<float>>(&t.values))
    for (std::size_t k = 0; k < values->size(); ++k)
      if (!std::isfinite((*values)[k]))
        throw ConfigError(fmt::format("value {} is {}, a number was expected", k, (*values)[k]), where,
                          "does it fit into a float?");
}

}  // namespace

void validate(const OnnxGraph& graph) {
  std::set<std::string> known, nodes;
  const auto give = [&](const std::string& name, const std::string& where) {
    if (name.empty() || !known.insert(name).second)
      throw ConfigError("the name '" + name + "' is given twice, or empty", where);
  };
  for (const auto& v : graph.inputs) give(v.name, "inputs of an ONNX graph");
  for (const auto& t : graph.constants) {
    give(t.name, "constants of an ONNX graph");
    check(t);
  }
  for (const auto& n : graph.nodes) {
    const std::string where = "node '" + n.name + "' (" + n.type + ") of an ONNX graph";
    if (!nodes.insert(n.name).second) throw ConfigError("there are two nodes of this name", where);
    for (const auto& name : n.inputs)
      if (!name.empty() && !known.contains(name)) throw ConfigError("it takes '" + name + "', not there yet", where);
    for (const auto& name : n.outputs) give(name, where);
  }
  if (graph.outputs.empty()) throw ConfigError("nothing goes out", "ONNX graph '" + graph.name + "'");
  for (const auto& v : graph.outputs)
    if (!known.contains(v.name)) throw ConfigError("nobody gives '" + v.name + "'", "outputs of an ONNX graph");
}

std::string onnx_bytes(const OnnxModel& model) {
  validate(model.graph);
  ProtobufMessage m;  // ModelProto
  m.integer(1, onnx_ir_version).bytes(2, model.producer).bytes(3, model.producer_version);
  m.integer(5, model.version).bytes(6, model.description).message(7, graph_message(model.graph));
  m.message(8, ProtobufMessage().bytes(1, "").integer(2, onnx_operator_set));  // "": ONNX's own operators
  for (const auto& [key, value] : model.metadata) m.message(14, ProtobufMessage().bytes(1, key).bytes(2, value));
  return m.bytes();
}

void write_onnx(const Communicator& comm, const std::string& path, const OnnxModel& model) {
  std::string bytes;
  on_root(comm, [&] {
    bytes = onnx_bytes(model);
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
      throw IoError(fmt::format("the model has {} bytes, an ONNX file holds 2147483647", bytes.size()), path,
                    "export members or stages one by one");
  });
  write_text(comm, path, bytes);
}

}  // namespace locum::io
