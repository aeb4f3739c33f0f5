#include "apps/export/onnx_model.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "apps/export/onnx_network.hpp"
#include "apps/version.hpp"

namespace locum::apps {
namespace {

constexpr char canvas_meaning[] =
    "O: the object before the network, z: a step down the gradient of the frames' likelihood. 0: log|O|; 1, 2: z/O, "
    "real and imaginary part; 3: illumination over its median; 4, 5: "
    "gradient of O's phase along x and y, rad/pixel; 6: phase that the frames' centres of mass say is missing, rad; 7: "
    "inverse Laplacian of illumination times Im(conj(O) z)";
constexpr char answer_meaning[] =
    "0: a, 1: phi in rad; the object after the network is O exp(a + i phi), up to a constant phase of each window";

// "1" or "24 32 48 64".
std::string text_of(const Field& field) {
  std::string text;
  std::visit(
      [&](const auto& values) {
        for (const auto v : values) text += fmt::format("{}{}", text.empty() ? "" : " ", v);
      },
      field.values);
  return text;
}

std::map<std::string, std::string> metadata_of(const FieldTree& record, int stage,
                                               const imaging::ObjectNetworkConfig& config) {
  std::map<std::string, std::string> words;
  for (const auto& [name, value] : record.attributes) words["model." + name] = value;
  for (const auto& [group, fields] : record.groups)
    for (const auto& [name, field] : fields.fields())
      if (field.size() <= 16) words[group + "." + name] = text_of(field);  // what is small: no parameters
  words["layout"] = "NCHW: batch, channels, nx (along x), ny (along y)";
  words["canvas.channels"] = canvas_meaning;
  words["canvas.stage_factor"] =
      fmt::format("channels 1, 2, 6, 7 times {}", std::pow(static_cast<double>(imaging::stage_factor), stage));
  words["canvas.divisor"] = fmt::format("{}", config.divisor());
  words["answer.channels"] = answer_meaning;
  words["stage"] = fmt::format("{} of {}, counted from 0", stage, config.stages);
  return words;
}

io::OnnxGraph stage_graph(const imaging::ObjectNetwork& network, int stage) {
  const imaging::ObjectNetworkConfig& config = network.config();
  io::OnnxGraph graph;
  graph.name = fmt::format("object_network_stage{}", stage);
  graph.inputs.push_back({"canvas", {"batch", imaging::input_channels, "nx", "ny"}, canvas_meaning});
  const std::map<std::string, io::OnnxAttribute> fold{{"blocksize", std::int64_t{config.fold}}};
  OnnxBuilder shared(graph);
  const std::string folded =
      config.fold == 1 ? "canvas" : shared.node("SpaceToDepth", "canvas_folded", {"canvas"}, fold);
  const std::string unit = shared.constant("answer_unit", {}, std::vector<float>{imaging::answer_unit});
  const std::size_t size = network.member_parameters();
  for (int m = 0; m < config.members; ++m) {
    OnnxBuilder builder(graph, config.members == 1 ? "" : fmt::format("member{}_", m));
    const std::span<const double> all(network.parameters());
    std::string y =
        add_network(builder, network.member(m), all.subspan(size * static_cast<std::size_t>(m), size), folded)[0];
    if (config.fold > 1) y = builder.node("DepthToSpace", "answer_unfolded", {y}, fold);
    const std::string name = config.members == 1 ? "answer" : fmt::format("answer_member{}", m);
    shared.node("Mul", name, {y, unit});
    graph.outputs.push_back({name, {"batch", imaging::answer_channels, "nx", "ny"}, answer_meaning});
  }
  return graph;
}

}  // namespace

std::vector<io::OnnxModel> onnx_models(const FieldTree& record) {
  const auto cascade = imaging::cascade_from_record({}, record);
  std::vector<io::OnnxModel> models;
  for (int s = 0; s < cascade->config().stages; ++s) {
    io::OnnxModel model;
    model.graph = stage_graph(cascade->stage(s), s);
    model.producer = "Locum";
    model.producer_version = version();
    model.description = fmt::format(
        "Ptychography: what an object misses, stage {} of {}. Inputs and outputs are explained in the metadata.", s,
        cascade->config().stages);
    model.metadata = metadata_of(record, s, cascade->config());
    models.push_back(std::move(model));
  }
  return models;
}

}  // namespace locum::apps
