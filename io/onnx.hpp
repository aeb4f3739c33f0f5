// Networks as ONNX (Open Neural Network Exchange, onnx.ai) models, for other runtimes: a graph as plain data, and the
// file. Fields and their numbers are those of onnx/onnx.proto of version 1.8; nothing of ONNX's own library is needed.
//
// IR version 7, operator set 13: what runtimes since the end of 2020 read, and all that our operators need.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

inline constexpr std::int64_t onnx_ir_version = 7, onnx_operator_set = 13;

// A constant: parameters, shapes, factors.
struct OnnxTensor {
  std::string name;
  std::vector<std::int64_t> shape;  // row-major; empty for a scalar
  std::variant<std::vector<float>, std::vector<std::int64_t>> values;
};

using OnnxAttribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>>;

struct OnnxNode {
  std::string type;                 // "Conv"
  std::string name;                 // for people; unique
  std::vector<std::string> inputs;  // "" for an optional one that is left out
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute> attributes;
};

// What goes in or out, in float.
struct OnnxValue {
  std::string name;
  std::vector<std::variant<std::int64_t, std::string>> shape;  // a name where the size is free
  std::string description;
};

struct OnnxGraph {
  std::string name;
  std::vector<OnnxNode> nodes;  // each after those whose answers it takes
  std::vector<OnnxTensor> constants;
  std::vector<OnnxValue> inputs, outputs;
};

struct OnnxModel {
  OnnxGraph graph;
  std::string producer, producer_version, description;
  std::int64_t version = 1;                     // of the model
  std::map<std::string, std::string> metadata;  // free words; metadata_props of the file
};

// Throws ConfigError, naming the node or the constant, when a name is used before it is given or given twice, a
// constant has not as many values as its shape says, or an output is nobody's; for a number that is not finite, too.
void validate(const OnnxGraph& graph);

// The file's bytes. Throws as validate does.
std::string onnx_bytes(const OnnxModel& model);

// Writes the model of rank 0, atomically. Collective. Besides the above, throws IoError when it cannot be written, or
// has more than the 2³¹ − 1 bytes that readers of the format take.
void write_onnx(const Communicator& comm, const std::string& path, const OnnxModel& model);

}  // namespace locum::io
