#include "apps/imaging/hrtem_file.hpp"

#include <fmt/format.h>

namespace locum::apps {
namespace {

constexpr int tiles_of_the_mean = 16;

}  // namespace

HrtemDatasets hrtem_datasets(const imaging::Grid& grid, const std::vector<double>& depths,
                             const HrtemOptions& options) {
  HrtemDatasets sets;
  io::ScanLayout& layout = sets.layout;
  layout.nx = grid.nx;
  layout.ny = grid.ny;
  layout.step_x = grid.dx();
  layout.step_y = grid.dy();
  for (std::size_t p = 0; p < depths.size(); ++p) {
    const auto add = [&](const std::string& name, const std::string& unit, io::Storage storage, bool wave = false) {
      io::ScanLayout::Channels channels;
      if (wave) channels = {"part", "", {}, {"real", "imaginary"}};
      layout.images.push_back({name, unit, storage, std::move(channels), {}, static_cast<int>(p), depths[p]});
      return layout.images.size() - 1;
    };
    HrtemDatasets::Plane plane;
    plane.result =
        options.counts ? add("hrtem", "electrons", io::Storage::uint32) : add("hrtem", "1", io::Storage::float32);
    if (options.counts) plane.expected = add("hrtem_expected", "1", io::Storage::float32);
    if (options.configurations > 1) plane.error = add("hrtem_error", "1", io::Storage::float32);
    for (int c = 0; c < options.configurations; ++c) {
      plane.configuration.push_back(add(fmt::format("configuration_{:04}", c), "1", io::Storage::float64));
      if (options.waves) plane.wave.push_back(add(fmt::format("exit_wave_{:04}", c), "1", io::Storage::float32, true));
    }
    sets.planes.push_back(std::move(plane));
  }
  sets.rows_a_tile = (grid.nx + tiles_of_the_mean - 1) / tiles_of_the_mean;
  sets.first_mean = options.configurations;
  layout.tiles = sets.first_mean + (grid.nx + sets.rows_a_tile - 1) / sets.rows_a_tile;
  return sets;
}

}  // namespace locum::apps
