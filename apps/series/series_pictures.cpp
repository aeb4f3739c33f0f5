// Pictures of a compared set.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/ptychography/complex_pictures.hpp"
#include "apps/series/series_results.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"

namespace locum::apps {
namespace {

// Phase of the answer less that of the reference, after what frames cannot tell was removed; 0 where there is no light.
std::vector<double> phase_difference(const Ptychogram& in, const std::vector<float>& region,
                                     const ObjectFunction& reference, const ObjectFunction& answer) {
  const auto found = imaging::compare_images(reference.value, answer.value, region, in.object_nx, in.object_ny);
  const auto moved = imaging::aligned(answer.value, in.object_nx, in.object_ny, found.alignment);
  std::vector<double> difference(moved.size(), 0.0);
  for (std::size_t k = 0; k < moved.size(); ++k)
    if (region[k] > 0.0f) difference[k] = std::arg(moved[k] * std::conj(reference.value[k]));
  return difference;
}

}  // namespace

std::vector<ShownImage> draw_set(const RunDirectory& directory, const SeriesSet& set, const SetRecord& record,
                                 const ComparedObjects& objects, const SetComparison& comparison) {
  const Ptychogram& in = set.data;
  const std::vector<float> region = imaging::scanned_region(in);
  const PixelBox box = imaging::box_of(region, in.object_nx, in.object_ny);
  const std::string prefix = fmt::format("set_{:04}_", record.number),
                    about = fmt::format("set {}{}", record.number, record.other ? ", another kind" : "");
  std::vector<ShownImage> shown;
  const auto draw = [&](const std::string& name, const std::string& title, const ObjectFunction& object) {
    auto drawn = draw_complex(directory, prefix + name, about + ": " + title,
                              {in.object_nx, in.object_ny, in.dx, in.dy, object.value}, box, region);
    shown.insert(shown.end(), drawn.begin(), drawn.end());
  };
  const auto map = [&](const std::string& name, const std::string& title, const std::string& unit,
                       const std::string& caption, const std::vector<double>& values) {
    shown.push_back(draw_map(directory, prefix + name, about + ": " + title, unit, in, box, values));
    shown.back().caption = caption;
  };
  if (!set.truth.value.empty()) draw("truth", "truth", set.truth);
  draw("solver", "solver alone", comparison.solver);
  draw("network", "network alone", objects.network);
  draw("gated", "gated pair", objects.gated);
  map("difference", "gated pair less solver", "rad", "difference of the phases",
      phase_difference(in, region, comparison.solver, objects.gated));
  std::vector<double> players(in.object_size(), 0.0);
  for (const ObjectTile& tile : in.tiles)
    if (record.handed[static_cast<std::size_t>(tile.frames.front())] > 0.0)
      for (int x = tile.core.x0; x < tile.core.x1; ++x)
        for (int y = tile.core.y0; y < tile.core.y1; ++y)
          players[static_cast<std::size_t>(x) * static_cast<std::size_t>(in.object_ny) + static_cast<std::size_t>(y)] =
              1.0;
  map("computed_by", "who computed what", "1", "0: the network, 1: the solver", players);
  map("uncertainty", "uncertainty", "1", "bound on the network's relative error", frames_map(in, record.uncertainty));
  if (record.truth_known)
    map("error", "true error of the network", "1", "relative error of the object below the frames that reach a pixel",
        frames_map(in, record.error));
  return shown;
}

}  // namespace locum::apps
