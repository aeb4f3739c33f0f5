#include "apps/imaging/scan_datasets.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {
namespace {

using Channels = io::ScanLayout::Channels;

// One axis of the file for however many the detector has.
Channels channels_of(const imaging::Detector& detector) {
  const auto& axes = detector.axes;
  if (axes.empty()) return {};
  if (detector.config.kind == "com") return {"component", "", {}, {"x", "y"}};
  if (axes.size() == 1) return {axes[0].name, axes[0].unit, axes[0].values, {}};
  Channels all{"segment", "", {}, {}};
  for (const double ring : axes[0].values)
    for (const double segment : axes[1].values)
      all.labels.push_back(fmt::format("{:g} mrad, {:g} degree", ring, segment));
  return all;
}

Channels each_of(const imaging::Detector& detector, int configurations) {
  Channels all{"configuration", "", {}, {}};
  const Channels one = channels_of(detector);
  for (int c = 0; c < configurations; ++c)
    for (int k = 0; k < detector.numbers; ++k) {
      if (detector.numbers == 1)
        all.places.push_back(c);
      else
        all.labels.push_back(
            fmt::format("{}: {}", c, one.named() ? one.labels[k] : fmt::format("{:g} {}", one.places[k], one.unit)));
    }
  return all;
}

std::vector<io::Quantity> angles_of(const imaging::Detector& detector) {
  return {{"inner_angle", "mrad", detector.config.inner}, {"outer_angle", "mrad", detector.config.outer}};
}

std::size_t add(io::ScanLayout& layout, io::ScanLayout::Image image) {
  layout.images.push_back(std::move(image));
  return layout.images.size() - 1;
}

void add_detector(ScanDatasets& sets, const imaging::DetectorSet& detectors, int k, const RecordOptions& options) {
  const imaging::Detector& detector = detectors.detectors()[k];
  const std::string& name = detector.config.name;
  const auto image = [&](const std::string& suffix, const std::string& unit, io::Storage storage, Channels channels) {
    return add(sets.layout, {name + suffix, unit, storage, std::move(channels), angles_of(detector), 0, options.depth});
  };
  ScanDatasets::Image out;
  out.detector = k;
  out.counts = options.counts && detector.config.kind != "com";  // a quotient of sums is no number of electrons
  out.result = out.counts ? image("", "electrons", io::Storage::uint32, channels_of(detector))
                          : image("", detector.unit, io::Storage::float32, channels_of(detector));
  if (out.counts) out.expected = image("_expected", detector.unit, io::Storage::float32, channels_of(detector));
  if (options.configurations > 1)
    out.error = image("_error", detector.unit, io::Storage::float32, channels_of(detector));
  if (options.each_configuration)
    out.each = image("_each", detector.unit, io::Storage::float32, each_of(detector, options.configurations));
  sets.images.push_back(out);
}

void add_pattern(ScanDatasets& sets, const imaging::PatternDetector& detector, const RecordOptions& options) {
  const auto cube = [&](const std::string& suffix, bool counts) {
    const io::Storage storage = !counts               ? io::Storage::float32
                                : options.sixteen_bit ? io::Storage::uint16
                                                      : io::Storage::uint32;
    sets.layout.cubes.push_back({detector.config.name + suffix, counts ? "electrons" : "fraction", detector.qx.values,
                                 detector.qy.values, storage, 0, options.depth});
    return sets.layout.cubes.size() - 1;
  };
  sets.pattern = cube("", options.counts);
  if (options.source_size) sets.sharp_pattern = cube("_point_source", false);
}

void add_sharp(ScanDatasets& sets, const imaging::DetectorSet& detectors, double depth) {
  Channels channels{"channel", "", {}, {}};
  for (const auto& detector : detectors.detectors())
    for (int k = 0; k < detector.channels; ++k)
      channels.labels.push_back(fmt::format("{} {}", detector.config.name, k));
  sets.sharp = add(sets.layout, {"point_source", "fraction", io::Storage::float64, std::move(channels), {}, 0, depth});
}

// A raster has its rows and columns, a line the distance from its start, single points their numbers.
void place(io::ScanLayout& layout, const imaging::Scan& scan) {
  layout.nx = scan.shape.nx;
  layout.ny = scan.shape.ny;
  layout.origin_x = scan.axis_x.empty() ? 0.0 : scan.axis_x.front();
  layout.origin_y = scan.axis_y.empty() ? 0.0 : scan.axis_y.front();
  layout.step_x = scan.shape.step_x > 0.0 ? scan.shape.step_x : 1.0;
  layout.step_y = scan.shape.step_y > 0.0 ? scan.shape.step_y : 1.0;
  if (scan.kind == "line") layout.axis_x = {"distance", "Angstrom"};
  if (scan.kind == "points") layout.axis_x = {"position", "1"};
  if (scan.kind != "raster") layout.axis_y = {"across", "1"};
  for (const imaging::Position& at : scan.position) layout.positions.insert(layout.positions.end(), {at.x, at.y});
}

}  // namespace

ScanDatasets scan_datasets(const imaging::DetectorSet& detectors, const imaging::Scan& scan,
                           const RecordOptions& options) {
  if (detectors.patterns().size() > 1)
    throw ConfigError(
        fmt::format("there are {} pixelated detectors, one at most was expected", detectors.patterns().size()),
        "detectors", "keep the one with the finest bins: the others are sums of its pixels");
  ScanDatasets sets;
  place(sets.layout, scan);
  for (int k = 0; k < static_cast<int>(detectors.detectors().size()); ++k) add_detector(sets, detectors, k, options);
  if (options.source_size && detectors.channels() > 0) add_sharp(sets, detectors, options.depth);
  if (!detectors.patterns().empty()) add_pattern(sets, detectors.patterns().front(), options);
  return sets;
}

}  // namespace locum::apps
