// What other libraries make of whole networks: tests/unit/apps/export.
#include "io/onnx.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <limits>

#include "io/atomic_file.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/temporary_folder.hpp"

namespace locum::io {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

OnnxModel small() {
  OnnxModel m;
  m.producer = "Locum";
  m.producer_version = "0.1";
  m.description = "about";
  m.version = 3;
  m.metadata = {{"units", "rad"}};
  m.graph.name = "g";
  m.graph.inputs = {{"x", {"batch", 1, 300, "ny"}, "in counts"}};
  m.graph.outputs = {{"y", {"batch", 1}, ""}};
  m.graph.constants = {{"s", {1}, Floats{1.5f}},
                       {"b", {1}, Floats{-2.0f}},
                       {"to", {4}, Ints{0, 1, -1, 0}},
                       {"f", {4}, Floats{1, 1, 2, 2}}};
  m.graph.nodes = {{"AveragePool", "p", {"x"}, {"p"}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}},
                   {"InstanceNormalization", "n", {"p", "s", "b"}, {"n"}, {{"epsilon", 0.5f}}},
                   {"Reshape", "r", {"n", "to"}, {"r"}, {}},
                   {"Resize", "y", {"r", "", "f"}, {"y"}, {{"mode", "linear"}}}};
  return m;
}

// The same model as ONNX's own library writes it (python3-onnx 1.12, helper.make_model, SerializeToString).
constexpr char as_onnx_writes_it[] =
    "080712054c6f63756d1a03302e312803320561626f75743af3020a3f0a01781201701a0170220b41766572616765506f"
    "6f6c2a150a0c6b65726e656c5f736861706540024002a001072a100a077374726964657340024002a001070a390a0170"
    "0a01730a016212016e1a016e2215496e7374616e63654e6f726d616c697a6174696f6e2a110a07657073696c6f6e1500"
    "00003fa001010a160a016e0a02746f1201721a01722207526573686170650a290a01720a000a01661201791a01792206"
    "526573697a652a110a046d6f646522066c696e656172a001031201672a0d080110014201734a040000c03f2a0d080110"
    "014201624a04000000c02a2a080410074202746f4a2000000000000000000100000000000000ffffffffffffffff0000"
    "0000000000002a19080410014201664a100000803f0000803f00000040000000405a2e0a0178121e0a1c080112180a07"
    "120562617463680a0208010a0308ac020a0412026e791a09696e20636f756e7473621a0a017912130a110801120d0a07"
    "120562617463680a0208011a0042040a00100d720c0a05756e6974731203726164";

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t k = 0; k + 1 < hex.size(); k += 2)
    bytes += static_cast<char>(std::strtol(hex.substr(k, 2).c_str(), nullptr, 16));
  return bytes;
}

std::string complaint(const std::function<void(OnnxGraph&)>& change) {
  OnnxModel model = small();
  change(model.graph);
  try {
    onnx_bytes(model);
  } catch (const ConfigError& error) {
    return std::string(error.what()) + " " + error.where();
  }
  return "";
}

TEST(Onnx, BytesAreThoseOfOnnxsOwnLibrary) { EXPECT_EQ(onnx_bytes(small()), bytes_of(as_onnx_writes_it)); }

TEST(Onnx, AGraphThatDoesNotFitIsNamed) {
  EXPECT_EQ(complaint([](OnnxGraph&) {}), "");
  const auto says = [](const std::string& text, const std::string& what) {
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  says(complaint([](OnnxGraph& g) { g.nodes[2].inputs[0] = "later"; }), "it takes 'later'");
  says(complaint([](OnnxGraph& g) { std::swap(g.nodes[0], g.nodes[1]); }), "node 'n' (InstanceNormalization)");
  says(complaint([](OnnxGraph& g) { g.nodes[2].outputs = g.nodes[0].outputs; }), "'p' is given twice");
  says(complaint([](OnnxGraph& g) { g.nodes[1].name = g.nodes[0].name; }), "two nodes of this name");
  says(complaint([](OnnxGraph& g) { g.constants[3].shape = {2, 3}; }), "its shape holds 6 values, found 4");
  says(complaint([](OnnxGraph& g) { g.outputs[0].name = "nothing"; }), "nobody gives 'nothing'");
  says(complaint([](OnnxGraph& g) { g.outputs.clear(); }), "nothing goes out");
  says(complaint([](OnnxGraph& g) { g.constants[0].values = Floats{std::numeric_limits<float>::infinity()}; }),
       "constant 's'");
}

TEST(Onnx, RanksWriteOneFileOrThrowTogether) {
  const Communicator world = Communicator::world();
  const TemporaryFolder folder(world);
  const OnnxModel model = world.is_root() ? small() : OnnxModel{};  // others may pass anything
  write_onnx(world, folder.file("small.onnx"), model);
  EXPECT_EQ(read_text(world, folder.file("small.onnx")), bytes_of(as_onnx_writes_it));
  OnnxModel wrong = small();
  wrong.graph.outputs.clear();
  EXPECT_THROW(write_onnx(world, folder.file("small.onnx"), wrong), ConfigError);
  EXPECT_EQ(read_text(world, folder.file("small.onnx")), bytes_of(as_onnx_writes_it));  // the old file is still there
  EXPECT_THROW(write_onnx(world, folder.file("none/small.onnx"), small()), IoError);
}

}  // namespace
}  // namespace locum::io
