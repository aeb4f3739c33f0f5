#include "surrogates/imaging/labelled_object.hpp"

#include <utility>

namespace locum::imaging {
namespace {

std::vector<Ptychogram::Value> complex_values(const std::vector<double>& pairs) {
  std::vector<Ptychogram::Value> values;
  for (std::size_t k = 0; k + 1 < pairs.size(); k += 2)
    values.emplace_back(static_cast<float>(pairs[k]), static_cast<float>(pairs[k + 1]));
  return values;
}

std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

// The box with the frames that are centred in it.
ObjectTile tile_of(const Ptychogram& data, const PixelBox& core) {
  ObjectTile tile{core, {}};
  for (int j = 0; j < data.size(); ++j) {
    const auto& p = data.position[static_cast<std::size_t>(j)];
    const double x = p[0] + 0.5 * data.nx, y = p[1] + 0.5 * data.ny;
    if (x >= core.x0 && x < core.x1 && y >= core.y0 && y < core.y1) tile.frames.push_back(j);
  }
  return tile;
}

}  // namespace

LabelledObject labelled_object(const FieldSet& label, int tile_side) {
  LabelledObject labelled;
  Ptychogram& data = labelled.data;
  const auto& shape = label.at("counts").shape;
  data.nx = static_cast<int>(shape.at(1));
  data.ny = static_cast<int>(shape.at(2));
  data.dx = label.real("pixel").at(0);
  data.dy = label.real("pixel").at(1);
  data.object_nx = static_cast<int>(label.integer("object_shape").at(0));
  data.object_ny = static_cast<int>(label.integer("object_shape").at(1));
  data.frames = std::make_shared<FramesInMemory>(static_cast<int>(shape.at(0)), floats(label.real("counts")));
  const std::vector<double>& position = label.real("position");
  for (std::size_t k = 0; k + 1 < position.size(); k += 2) data.position.push_back({position[k], position[k + 1]});
  data.probe = complex_values(label.real("probe"));
  data.modes = static_cast<int>(data.probe.size() / data.window());
  data.mask = floats(label.real("mask"));
  data.background = floats(label.real("background"));
  data.validate();
  labelled.truth.value = complex_values(label.real("object"));
  const auto& core = label.integer("core");
  labelled.core = {static_cast<int>(core.at(0)), static_cast<int>(core.at(1)), static_cast<int>(core.at(2)),
                   static_cast<int>(core.at(3))};
  data.tiles = labelled.core == data.whole() ? make_tiles(data, tile_side) : std::vector{tile_of(data, labelled.core)};
  return labelled;
}

FieldSet label_of(const LabelledObject& labelled) {
  Ptychogram whole = labelled.data;
  whole.tiles = {ObjectTile{labelled.core, {}}};
  return Ptychography::label(whole, labelled.truth, 0);
}

}  // namespace locum::imaging
