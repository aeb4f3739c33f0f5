// Pictures of a scan's images and patterns, from its file.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "apps/imaging/imaging_results.hpp"
#include "io/picture/picture.hpp"
#include "io/scan/scan_reader.hpp"

namespace locum::apps {
namespace {

constexpr int most_numbers = 12;             // of a detector that is drawn
constexpr std::int64_t most_patterns = 512;  // that the mean pattern is made from, evenly chosen
constexpr std::int64_t most_shown = 16;      // single patterns
constexpr double decades = 5.0;              // of a pattern's logarithmic grey

std::string file_name(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
  return name;
}

std::string label_of(const io::ScanLayout::Channels& channels, std::size_t k) {
  if (channels.named()) return channels.labels[k];
  return channels.places.empty() ? "" : fmt::format("{:g} {}", channels.places[k], channels.unit);
}

void draw(const RunDirectory& directory, const std::string& name, const io::Picture& picture,
          const io::PictureConfig& config) {
  io::write_png(directory.file(name + ".png"), picture, config);
  io::write_tiff(directory.file(name + ".tif"), picture);
}

std::vector<double> every(const std::vector<double>& values, std::size_t stride, std::size_t from) {
  std::vector<double> part;
  for (std::size_t k = from; k < values.size(); k += stride) part.push_back(values[k]);
  return part;
}

void draw_detector(const RunDirectory& directory, const ImagingResults& r, const io::ScanReader& reader,
                   const ScanDatasets::Image& image, std::vector<ShownImage>& shown) {
  const ScanDatasets& sets = r.job.datasets();
  const auto& layout = sets.layout.images[image.result];
  const imaging::Detector& detector = r.detectors.detectors()[static_cast<std::size_t>(image.detector)];
  if (detector.numbers > most_numbers) return;
  const auto stride = static_cast<std::size_t>(detector.numbers);
  const std::vector<double> values = reader.image(layout.name);
  const std::vector<double> errors =
      image.error == ScanDatasets::none ? std::vector<double>() : reader.image(sets.layout.images[image.error].name);
  for (std::size_t k = 0; k < stride; ++k) {
    const std::string label = label_of(layout.channels, k);
    ShownImage one;
    one.title = label.empty() ? layout.name : fmt::format("{}, {}", layout.name, label);
    one.unit = layout.unit;
    one.caption = detector.config.kind == "com"
                      ? "centre of mass of the pattern"
                      : fmt::format("{:.4g}–{:.4g} mrad", detector.config.inner, detector.config.outer);
    io::Picture picture{sets.layout.nx,
                        sets.layout.ny,
                        sets.layout.step_x,
                        sets.layout.step_y,
                        every(values, stride, k),
                        layout.unit,
                        {}};
    take_range(one, picture.values);
    if (!errors.empty()) {
      const auto own = every(errors, stride, k);
      one.error = std::accumulate(own.begin(), own.end(), 0.0) / static_cast<double>(own.size()) *
                  (image.counts ? r.run.electrons : 1.0);  // the file has it as a fraction
    }
    if (r.run.scan.kind == "raster" && r.config.output.pictures) {
      const std::string name = file_name(label.empty() ? layout.name : fmt::format("{}_{}", layout.name, label));
      draw(directory, name, picture, {});
      one.file = name + ".png";
    }
    shown.push_back(std::move(one));
  }
}

// Logarithmic, `decades` below the brightest pixel: the central disc is a thousand times as bright as what matters.
void draw_pattern(const RunDirectory& directory, const io::ScanLayout::Cube& cube, const std::vector<double>& pattern,
                  const std::string& name, const std::string& title, const std::string& caption,
                  std::vector<ShownImage>& shown) {
  const int nx = static_cast<int>(cube.qx.size()), ny = static_cast<int>(cube.qy.size());
  const double dx = nx > 1 ? cube.qx[1] - cube.qx[0] : 1.0, dy = ny > 1 ? cube.qy[1] - cube.qy[0] : 1.0;
  ShownImage one;
  one.title = title;
  one.caption = caption;
  one.unit = cube.unit;
  take_range(one, pattern);
  io::Picture picture{nx, ny, dx, dy, pattern, cube.unit, {}};
  io::write_tiff(directory.file(name + ".tif"), picture);
  const double floor = std::max(one.high, 1e-300) * std::pow(10.0, -decades);
  for (double& value : picture.values) value = std::log10(std::max(value, floor));
  picture.unit.clear();
  io::PictureConfig config;
  config.colors = "inferno";
  config.scale_bar = false;  // lengths are 1/Å here
  io::write_png(directory.file(name + ".png"), picture, config);
  one.file = name + ".png";
  shown.push_back(std::move(one));
}

std::vector<double> pattern_of(const io::ScanReader& reader, const io::ScanLayout& layout,
                               const io::ScanLayout::Cube& cube, std::int64_t probe) {
  const auto qx = static_cast<std::int64_t>(cube.qx.size()), qy = static_cast<std::int64_t>(cube.qy.size());
  const io::Values values =
      reader.cube_region(cube.name, {{probe / layout.ny, probe % layout.ny, 0, 0}, {1, 1, qx, qy}});
  return std::visit([](const auto& v) { return std::vector<double>(v.begin(), v.end()); }, values);
}

void draw_patterns(const RunDirectory& directory, const ImagingResults& r, const io::ScanReader& reader,
                   std::vector<ShownImage>& shown) {
  const io::ScanLayout& layout = r.job.datasets().layout;
  const auto& cube = layout.cubes[r.job.datasets().pattern];
  const std::int64_t probes = layout.probes(), stride = std::max<std::int64_t>(1, probes / most_patterns);
  std::vector<double> sum(cube.qx.size() * cube.qy.size(), 0.0);
  std::int64_t count = 0;
  for (std::int64_t p = 0; p < probes; p += stride, ++count) {
    const auto one = pattern_of(reader, layout, cube, p);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += one[k];
  }
  for (double& value : sum) value /= static_cast<double>(count);
  draw_pattern(directory, cube, sum, file_name(cube.name + "_mean"), cube.name + ", mean",
               fmt::format("mean over {} probe positions, logarithmic over {:g} decades", count, decades), shown);
  if (r.run.scan.kind != "points") return;
  for (std::int64_t p = 0; p < std::min(probes, most_shown); ++p) {
    const imaging::Position at = r.run.scan.position[static_cast<std::size_t>(p)];
    draw_pattern(directory, cube, pattern_of(reader, layout, cube, p), file_name(fmt::format("{}_{:04}", cube.name, p)),
                 fmt::format("{}, position {}", cube.name, p), fmt::format("probe at ({:.3f}, {:.3f}) Å", at.x, at.y),
                 shown);
  }
}

}  // namespace

std::vector<ShownImage> write_pictures(const RunDirectory& directory, const ImagingResults& results) {
  const io::ScanReader reader(directory.file(ScanJob::file_name));
  std::vector<ShownImage> shown;
  for (const auto& image : results.job.datasets().images) draw_detector(directory, results, reader, image, shown);
  if (results.job.datasets().pattern != ScanDatasets::none && results.config.output.pictures)
    draw_patterns(directory, results, reader, shown);
  return shown;
}

}  // namespace locum::apps
