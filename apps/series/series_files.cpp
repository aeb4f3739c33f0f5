// The CXI file of a set.
#include <fmt/format.h>

#include "apps/ptychography/complex_pictures.hpp"
#include "apps/ptychography/data_layout.hpp"
#include "apps/series/series_results.hpp"
#include "apps/version.hpp"
#include "io/toml/toml.hpp"

namespace locum::apps {
namespace {

std::vector<float> floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

// 1 where the solver's tiles lie.
std::vector<float> players_map(const Ptychogram& input, const SetRecord& record) {
  std::vector<float> map(input.object_size(), 0.0f);
  for (const ObjectTile& tile : input.tiles) {
    if (!(record.handed[static_cast<std::size_t>(tile.frames.front())] > 0.0)) continue;
    for (int x = tile.core.x0; x < tile.core.x1; ++x)
      for (int y = tile.core.y0; y < tile.core.y1; ++y)
        map[static_cast<std::size_t>(x) * static_cast<std::size_t>(input.object_ny) + static_cast<std::size_t>(y)] =
            1.0f;
  }
  return map;
}

}  // namespace

io::Reconstruction set_file(const SeriesRunConfig& config, const SeriesSet& set, const ObjectFunction& object,
                            const SetRecord& record, const std::vector<FourierError>& errors) {
  const Ptychogram& in = set.data;
  io::Reconstruction file;
  file.object = {1, in.object_nx, in.object_ny, object.value};
  file.pixel = {in.dx, in.dy};
  file.origin = set.origin;
  file.probe = {in.modes, in.nx, in.ny, in.probe};
  file.positions = in_angstrom(in.position, in.dx, in.dy);
  for (std::size_t k = 0; k < file.positions.size(); ++k) file.positions[k] += set.origin[k % 2];
  if (!in.background.empty()) file.background = centred(std::span<const float>(in.background), in.nx, in.ny);
  std::vector<double> r;
  for (const FourierError& e : errors) r.push_back(e.r());
  file.frames = {{"fourier_error", "1", floats(r)},
                 {"uncertainty", "1", floats(record.uncertainty)},
                 {"handed_back", "1", floats(record.handed)}};
  file.maps = {{"computed_by", "1", "0: the network, 1: the solver", players_map(in, record)},
               {"uncertainty_map", "1", "bound on the network's relative error, of the frames that reach a pixel",
                floats(frames_map(in, record.uncertainty))},
               {"fourier_error_map", "1", "R of the frames that reach a pixel, weighed by their illumination",
                floats(frames_map(in, r))}};
  file.wavelength = set.wavelength;
  file.electrons = set.electrons;
  file.title = config.title + ": " + set.name;
  file.program_version = version();
  SeriesRunConfig copy = config;
  file.input = io::to_toml(copy);
  file.provenance = {{"surrogate", "object network"},
                     {"solver", config.ptychography.engine},
                     {"tiles", fmt::format("{}", record.tiles)},
                     {"handed_back", fmt::format("{}", record.handed_back)},
                     {"r_factor", fmt::format("{:.6g}", record.gated.r)}};
  return file;
}

}  // namespace locum::apps
