#include "io/scan/scan_reader.hpp"

#include <algorithm>

#include "io/scan/scan_structure.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {

ScanReader::ScanReader(const std::string& path) : hdf5_(Hdf5File::open(path)) {
  for (const bool cubes : {false, true})
    if (!hdf5_.has(folder(cubes)))
      throw IoError("this HDF5 file holds no scan: found no " + folder(cubes), path,
                    "a scan is written by locum simulate, or by Prismatic 2");
}

std::string ScanReader::folder(bool cubes) {
  return std::string("/4DSTEM_simulation/data/") + (cubes ? "datacubes" : "realslices");
}

std::string ScanReader::group(const std::string& name, bool cube) const {
  const auto known = hdf5_.names(folder(cube));
  for (const std::string& full : {name, name + "_depth0000"})
    if (std::find(known.begin(), known.end(), full) != known.end()) return folder(cube) + "/" + full;
  std::string all;
  for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
  throw ConfigError(std::string("found no ") + (cube ? "cube" : "image") + " '" + name + "'", hdf5_.path(),
                    all.empty() ? "the file has none" : "the file has " + all);
}

Shape ScanReader::image_shape(const std::string& name) const { return hdf5_.shape(group(name, false) + "/data"); }
Shape ScanReader::cube_shape(const std::string& name) const { return hdf5_.shape(group(name, true) + "/data"); }
std::string ScanReader::unit(const std::string& image) const { return hdf5_.unit(group(image, false) + "/data"); }

std::vector<double> ScanReader::axis(const std::string& group, int d) const {
  const Values values = hdf5_.read(group + "/dim" + std::to_string(d));
  return std::visit([](const auto& v) { return std::vector<double>(v.begin(), v.end()); }, values);
}

std::vector<double> ScanReader::image_axis(const std::string& name, int d) const { return axis(group(name, false), d); }
std::vector<double> ScanReader::cube_axis(const std::string& name, int d) const { return axis(group(name, true), d); }

std::vector<double> ScanReader::image(const std::string& name) const {
  const Values values = hdf5_.read(group(name, false) + "/data");
  return std::visit([](const auto& v) { return std::vector<double>(v.begin(), v.end()); }, values);
}

Values ScanReader::image_region(const std::string& name, const Slab& box) const {
  return hdf5_.read_slab(group(name, false) + "/data", box);
}

Values ScanReader::cube_region(const std::string& name, const Slab& box) const {
  return hdf5_.read_slab(group(name, true) + "/data", box);
}

std::string ScanReader::text(const std::string& attribute) const {
  const bool ours = hdf5_.has("/locum") && hdf5_.has_attribute("/locum", attribute);
  return ours ? hdf5_.text_attribute("/locum", attribute) : "";
}

ScanReader::Progress ScanReader::progress() const {
  if (!hdf5_.has(scan_progress)) return {};
  const auto marks = std::get<std::vector<std::int64_t>>(hdf5_.read(scan_progress));
  return {std::count_if(marks.begin(), marks.end(), [](std::int64_t mark) { return mark > 0; }),
          static_cast<std::int64_t>(marks.size())};
}

}  // namespace locum::io
