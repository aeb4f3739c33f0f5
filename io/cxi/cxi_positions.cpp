// Positions of the probe on the specimen.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/cxi/cxi_geometry.hpp"
#include "io/cxi/cxi_numbers.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::io {
namespace {

using Points = std::vector<std::array<double, 2>>;

const std::vector<std::string> translation_places{
    "{entry}/data_1/translation", "{entry}/instrument_1/detector_1/translation",
    "{entry}/sample_1/geometry_1/translation", "{entry}/sample_1/geometry/translation"};
const std::vector<std::string> x_places{"{entry}/data_1/y", "/probe_position_y_m"},  // our x is the vertical one
    y_places{"{entry}/data_1/x", "/probe_position_x_m"};
const std::vector<std::string> own_places{"{entry}/instrument/probe/positions"};

struct Search {  // what the functions below share
  DiffractionPlaces& places;
  const DiffractionKeys& keys;
  std::int64_t frames;
  const Shape& scan;
  std::string& unit;  // that was taken
  std::vector<std::string>& notes;
};

double unit_factor(Search& search, const Place& place, const std::string& otherwise) {
  const std::string given = unit_of(*place.file, place.dataset);
  const auto& keys = search.keys;
  auto& unit = search.unit;
  unit = !keys.positions_unit.empty() ? keys.positions_unit : !given.empty() ? given : otherwise;
  const double factor = in_angstrom(unit);
  if (factor == 0.0)
    throw IoError(fmt::format("{} is in the unit '{}', which is not known here", place.dataset, unit),
                  place.file->path(), "give one of m, mm, um, nm, Angstrom, pm with positions_unit");
  search.notes.push_back(fmt::format("positions: {} ({})", place.dataset, unit));
  return factor;
}

[[noreturn]] void mismatch(std::int64_t frames, const std::string& found, const Place& place) {
  throw IoError(fmt::format("found {} frames and {} at {}; one position for each frame was expected", frames, found,
                            place.dataset),
                place.file->path(), "check the keys data and positions: do they belong to one scan?");
}

// The detector's axes in the laboratory, unit vectors: slow, fast.
std::array<std::array<double, 3>, 2> find_basis(DiffractionPlaces& places, const DiffractionKeys& keys) {
  std::array<std::array<double, 3>, 2> basis{{{0.0, -1.0, 0.0}, {-1.0, 0.0, 0.0}}};
  const Place place = places.find(keys.basis, {"{entry}/instrument_1/detector_1/basis_vectors"}, holds_numbers);
  if (!place) return basis;
  const Shape shape = place.file->shape(place.dataset);
  if (shape.size() < 2 || shape[shape.size() - 2] != 2 || shape.back() != 3)
    throw IoError(fmt::format("{} has not the shape (2, 3) or (frames, 2, 3)", place.dataset), place.file->path(),
                  "basis = \"none\" takes CXI's standard orientation");
  const auto values = read_numbers(*place.file, place.dataset);
  for (std::size_t d = 0; d < 2 && values.size() >= 6; ++d) {
    const double* v = values.data() + 3 * d;
    const double length = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    if (!(length > 0.0) || !std::isfinite(length))
      throw IoError(fmt::format("{} holds a vector of length {}", place.dataset, length), place.file->path(),
                    "basis = \"none\" takes CXI's standard orientation");
    for (std::size_t k = 0; k < 3; ++k) basis[d][k] = v[k] / length;
  }
  return basis;
}

// CXI's translation, one row (or column) for each frame.
Points from_translation(Search& search, const Place& place) {
  const std::int64_t frames = search.frames;
  const Shape shape = place.file->shape(place.dataset);
  const auto values = read_numbers(*place.file, place.dataset);
  const std::int64_t last = shape.empty() ? 0 : shape.back(), all = static_cast<std::int64_t>(values.size());
  const bool is_rows = shape.size() >= 2 && (last == 2 || last == 3) && all / last == frames;
  const bool is_columns = shape.size() == 2 && (shape[0] == 2 || shape[0] == 3) && shape[1] == frames;
  if (!is_rows && !is_columns) {
    std::string text;
    for (const auto extent : shape) text += fmt::format("{}{}", text.empty() ? "(" : ", ", extent);
    if (shape.size() == 2 && (last == 2 || last == 3)) mismatch(frames, fmt::format("{} positions", shape[0]), place);
    if (shape.size() == 2 && (shape[0] == 2 || shape[0] == 3))
      mismatch(frames, fmt::format("{} positions", shape[1]), place);
    mismatch(frames, fmt::format("positions of shape {})", text.empty() ? "(" : text), place);
  }
  const double factor = unit_factor(search, place, "m");
  const auto basis = find_basis(search.places, search.keys);
  const std::int64_t each = is_rows ? last : shape[0];
  Points points(static_cast<std::size_t>(frames));
  for (std::int64_t j = 0; j < frames; ++j) {
    double t[3] = {0.0, 0.0, 0.0};
    for (std::int64_t k = 0; k < each; ++k)
      t[k] = factor * values[static_cast<std::size_t>(is_rows ? j * each + k : k * frames + j)];
    for (std::size_t d = 0; d < 2; ++d)
      points[static_cast<std::size_t>(j)][d] = -(t[0] * basis[d][0] + t[1] * basis[d][1] + t[2] * basis[d][2]);
  }
  return points;
}

// One dataset for each axis: a number for each frame, or the places of rows and of columns.
Points from_axes(Search& search, const Place& x, const Place& y) {
  const std::int64_t frames = search.frames;
  const Shape& scan = search.scan;
  const auto xs = read_numbers(*x.file, x.dataset), ys = read_numbers(*y.file, y.dataset);
  const auto nx = static_cast<std::int64_t>(xs.size()), ny = static_cast<std::int64_t>(ys.size());
  const bool is_list = nx == frames && ny == frames;
  const bool is_raster =
      scan.size() == 2 ? nx == scan[0] && ny == scan[1] : ny > 0 && nx == frames / ny && nx * ny == frames;
  if (!is_list && !is_raster) mismatch(frames, fmt::format("{} (x) and {} (y) positions", nx, ny), x);
  const double fx = unit_factor(search, x, "m"), fy = unit_factor(search, y, "m");
  Points points;
  for (std::int64_t j = 0; j < frames; ++j)
    points.push_back({fx * xs[static_cast<std::size_t>(is_list ? j : j / ny)],
                      fy * ys[static_cast<std::size_t>(is_list ? j : j % ny)]});
  return points;
}

Points from_raster(double step_x, double step_y, const Shape& scan) {
  Points points;
  for (std::int64_t i = 0; i < scan[0]; ++i)
    for (std::int64_t j = 0; j < scan[1]; ++j)
      points.push_back({step_x * static_cast<double>(i), step_y * static_cast<double>(j)});
  return points;
}

// R_x and R_y of a cube; nothing where they are in pixels.
Points from_cube(Search& search) {
  const CubeAxis x = search.places.cube_axis(0), y = search.places.cube_axis(1);
  const auto& given = search.keys.positions_unit;
  const double fx = in_angstrom(given.empty() ? x.unit : given), fy = in_angstrom(given.empty() ? y.unit : given);
  if (fx == 0.0 || fy == 0.0) return {};
  const Shape& scan = search.scan;
  search.unit = given.empty() ? x.unit : given;
  search.notes.push_back(fmt::format("positions: {} ({}), {} ({})", x.dataset, x.unit, y.dataset, y.unit));
  Points points;
  for (std::int64_t i = 0; i < scan[0]; ++i)
    for (std::int64_t j = 0; j < scan[1]; ++j)
      points.push_back({fx * x.places[static_cast<std::size_t>(i)], fy * y.places[static_cast<std::size_t>(j)]});
  return points;
}

Points find_points(DiffractionPlaces& places, const DiffractionKeys& keys, std::int64_t frames, const Shape& scan,
                   std::string& unit, std::vector<std::string>& notes) {
  Search search{places, keys, frames, scan, unit, notes};
  if (!keys.scan_step.empty()) {
    if (scan.size() != 2)
      throw IoError(fmt::format("scan_step is given, and the {} frames are no raster (sx, sy, nx, ny)", frames),
                    places.path(), "give the positions with a key");
    unit = "Angstrom";
    return from_raster(keys.scan_step[0], keys.scan_step[1], scan);
  }
  if (!keys.positions_x.empty())
    return from_axes(search, places.find(keys.positions_x, {}, holds_numbers),
                     places.find(keys.positions_y, {}, holds_numbers));
  if (const Place place = places.find(keys.positions, translation_places, holds_numbers))
    return from_translation(search, place);
  if (const Place own = places.find("", own_places, holds_numbers)) {  // x and y already
    const auto values = read_numbers(*own.file, own.dataset);
    if (static_cast<std::int64_t>(values.size()) != 2 * frames)
      mismatch(frames, fmt::format("{} positions", values.size() / 2), own);
    const double factor = unit_factor(search, own, "Angstrom");
    Points points;
    for (std::size_t j = 0; j < values.size(); j += 2) points.push_back({factor * values[j], factor * values[j + 1]});
    return points;
  }
  const Place x = places.find("", x_places, holds_numbers), y = places.find("", y_places, holds_numbers);
  if (x && y) return from_axes(search, x, y);
  if (scan.size() == 2) {
    auto points = from_cube(search);
    if (!points.empty()) return points;
  }
  throw IoError(
      fmt::format("found no positions for {} frames: nothing at {}, {} and {}, {}{}", frames,
                  places.tried(translation_places), places.tried(x_places), places.tried(y_places),
                  places.tried(own_places), scan.size() == 2 ? ", and no axes of the cube in units of length" : ""),
      places.path(),
      scan.size() == 2 ? "give scan_step, or a key: positions, or positions_x and positions_y"
                       : "name them with the key positions, or positions_x and positions_y");
}

}  // namespace

ScanPositions find_positions(DiffractionPlaces& places, const DiffractionKeys& keys, std::int64_t frames,
                             const Shape& scan, std::vector<std::string>& notes) {
  ScanPositions positions;
  const auto points = find_points(places, keys, frames, scan, positions.unit, notes);
  const double angle = keys.rotation * units::pi / 180.0, c = std::cos(angle), s = std::sin(angle);
  positions.values.reserve(2 * points.size());
  for (std::size_t j = 0; j < points.size(); ++j) {
    double x = points[j][keys.swap_axes ? 1 : 0], y = points[j][keys.swap_axes ? 0 : 1];
    if (keys.reverse_x) x = -x;
    if (keys.reverse_y) y = -y;
    if (!std::isfinite(x) || !std::isfinite(y))
      throw IoError(fmt::format("the position of frame {} is ({}, {}) Å", j, x, y), places.path());
    positions.values.push_back(c * x - s * y);
    positions.values.push_back(s * x + c * y);
  }
  return positions;
}

void check_positions(const ScanPositions& positions, const std::array<double, 2>& object_pixel, std::int64_t frame_side,
                     const std::string& path) {
  const auto& at = positions.values;
  const std::size_t n = at.size() / 2;
  if (n < 2) return;
  double span = 0.0;
  std::vector<double> steps;
  for (std::size_t d = 0; d < 2; ++d) {
    double low = at[d], high = at[d];
    for (std::size_t j = 0; j < n; ++j) low = std::min(low, at[2 * j + d]), high = std::max(high, at[2 * j + d]);
    span = std::max(span, (high - low) / object_pixel[d]);
  }
  for (std::size_t j = 1; j < n; ++j)
    steps.push_back(
        std::hypot((at[2 * j] - at[2 * j - 2]) / object_pixel[0], (at[2 * j + 1] - at[2 * j - 1]) / object_pixel[1]));
  if (span >= 0.1 && span <= 1e5) return;
  std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2), steps.end());
  const double step = steps[steps.size() / 2];
  std::string better;  // units in which probes would stand side by side
  for (const char* unit : {"m", "mm", "um", "nm", "Angstrom", "pm"}) {
    const double times = in_angstrom(unit) / in_angstrom(positions.unit);
    if (step * times > 0.3 && step * times < static_cast<double>(frame_side) && span * times <= 1e5)
      better += (better.empty() ? "" : " or ") + std::string(unit);
  }
  throw IoError(
      fmt::format("the positions, taken as {}, span {:.3g} pixels of the object ({:.3g} Å each); 0.1 … 100000 "
                  "were expected",
                  positions.unit, span, object_pixel[0]),
      path,
      span == 0.0      ? "all frames have one position: is it the right dataset?"
      : better.empty() ? "check the units of positions, distance, wavelength and detector pixel"
                       : fmt::format("positions_unit = {} would be plausible", better));
}

}  // namespace locum::io
