#include "io/scan/scan_layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

std::string numbered(const std::string& folder, const std::string& name, int plane) {
  const std::string digits = std::to_string(plane);
  return "/4DSTEM_simulation/data/" + folder + "/" + name + "_depth" +
         std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

void check_name(const std::string& what, const std::string& name, int plane, double depth) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '+';
  });
  if (!plain)
    throw ConfigError("found the name '" + name + "' of " + what, "layout of the scan",
                      "letters, digits, _, - and + make a name that every reader takes");
  if (plane < 0 || plane > 9999 || !std::isfinite(depth))
    throw ConfigError("found plane " + std::to_string(plane) + " of " + name + ", 0 … 9999 was expected",
                      "layout of the scan");
}

void check_axis(const std::string& name, const std::vector<double>& q) {
  for (std::size_t k = 0; k < q.size(); ++k)
    if (!std::isfinite(q[k]) || (k > 0 && q[k] <= q[k - 1]))
      throw ConfigError(name + "[" + std::to_string(k) + "] is " + std::to_string(q[k]) + ", ascending was expected",
                        "layout of the scan");
  if (q.empty()) throw ConfigError(name + " has no points", "layout of the scan");
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::int64_t>::max() / b)
    throw ConfigError("the scan would take more than 2^63 bytes", "layout of the scan",
                      "take fewer probes or bin more");
  return a * b;
}

}  // namespace

std::uint64_t bytes_of(Storage storage) { return storage == Storage::float64 ? 8 : storage == Storage::uint16 ? 2 : 4; }

std::string name_of(Storage storage) {
  static const char* const names[] = {"float32", "float64", "uint16", "uint32"};
  return names[static_cast<int>(storage)];
}

std::int64_t ScanLayout::Channels::count() const {
  return static_cast<std::int64_t>(std::max<std::size_t>({places.size(), labels.size(), 1}));
}

std::uint64_t ScanLayout::data_bytes() const {
  const auto n = static_cast<std::uint64_t>(probes());
  std::uint64_t all = 8 * positions.size();
  for (const auto& image : images)
    all += times(n, static_cast<std::uint64_t>(image.channels.count()) * bytes_of(image.storage));
  for (const auto& cube : cubes) all += times(times(n, cube.qx.size() * cube.qy.size()), bytes_of(cube.storage));
  return all;
}

void ScanLayout::validate() const {
  const std::string where = "layout of the scan";
  if (nx < 1 || ny < 1)
    throw ConfigError(
        "found " + std::to_string(nx) + " × " + std::to_string(ny) + " probes, at least 1 × 1 was expected", where);
  if (tiles < 1) throw ConfigError("found " + std::to_string(tiles) + " tiles, at least 1 was expected", where);
  if (!(step_x > 0) || !(step_y > 0) || !std::isfinite(step_x + step_y + origin_x + origin_y))
    throw ConfigError("found steps of " + std::to_string(step_x) + " and " + std::to_string(step_y) +
                          " Å, positive ones were expected",
                      where);
  if (!positions.empty() && static_cast<std::int64_t>(positions.size()) != 2 * probes())
    throw ConfigError("found " + std::to_string(positions.size()) + " numbers for the positions of " +
                          std::to_string(probes()) + " probes, two for each were expected",
                      where);
  if (images.empty() && cubes.empty()) throw ConfigError("found neither images nor cubes", where);
  std::set<std::string> groups;
  for (const auto& image : images) {
    check_name("an image", image.name, image.plane, image.depth);
    if (!image.channels.places.empty() && image.channels.named())
      throw ConfigError("the channels of " + image.name + " have both places and labels", where);
    if (!groups.insert(group_of(image)).second) throw ConfigError("found the image " + image.name + " twice", where);
  }
  for (const auto& cube : cubes) {
    check_name("a cube", cube.name, cube.plane, cube.depth);
    check_axis("qx of " + cube.name, cube.qx);
    check_axis("qy of " + cube.name, cube.qy);
    if (!groups.insert(group_of(cube)).second) throw ConfigError("found the cube " + cube.name + " twice", where);
  }
  data_bytes();  // throws where the number is beyond a file
}

std::string group_of(const ScanLayout::Image& image) { return numbered("realslices", image.name, image.plane); }
std::string group_of(const ScanLayout::Cube& cube) { return numbered("datacubes", cube.name, cube.plane); }

}  // namespace locum::io
