// Reading a result of ptychography back.
#include "io/cxi/cxi_result.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

const std::string entry = "/entry_1";

std::vector<float> floats(const Hdf5File& file, const std::string& dataset) {
  const auto values = read_numbers(file, dataset);
  return {values.begin(), values.end()};
}

void read_positions(const Hdf5File& file, Reconstruction& result) {
  const std::string dataset = entry + "/positions/data";
  if (!file.has(dataset)) return;
  const Shape shape = file.shape(dataset);
  if (shape.size() != 2 || shape[0] != 4) throw IoError(dataset + " has not the shape (4, frames)", file.path());
  const auto rows = read_numbers(file, dataset);
  const auto n = static_cast<std::size_t>(shape[1]);
  for (std::size_t j = 0; j < n; ++j)
    for (const std::size_t k : {1, 0}) {  // our x is the specimen's y
      result.positions.push_back(1e10 * rows[k * n + j]);
      result.initial_positions.push_back(1e10 * (rows[k * n + j] - rows[(k + 2) * n + j]));
    }
}

void read_group(const Hdf5File& file, const std::string& name, Reconstruction& result) {
  const std::string group = entry + "/" + name, kind = file.text_attribute(group, "locum_kind");
  if (kind == "map") {
    result.maps.push_back(
        {name, unit_of(file, group + "/data"), read_word(file, group + "/title"), floats(file, group + "/data")});
    return;
  }
  Reconstruction::Curve curve{name, unit_of(file, group + "/data"), "", "", {}, read_numbers(file, group + "/data")};
  for (const auto& one : file.names(group))
    if (one != "data") curve.axis = one;
  curve.axis_unit = unit_of(file, group + "/" + curve.axis);
  curve.at = read_numbers(file, group + "/" + curve.axis);
  result.curves.push_back(std::move(curve));
}

}  // namespace

Reconstruction read_reconstruction(const std::string& path) {
  const auto file = Hdf5File::open(path);
  const std::string image = entry + "/image_1", process = entry + "/process_1";
  if (!file.has(image + "/data") || !file.has(process) || !file.has_attribute(process, "input"))
    throw IoError("found no result of ptychography: no " + image + "/data and " + process, path,
                  "a result is written by locum; the object of another program can be read with the key object");
  Reconstruction result;
  result.object = read_complex(file, image + "/data");
  result.pixel = {1e10 * read_number(file, image + "/y_pixel_size"), 1e10 * read_number(file, image + "/x_pixel_size")};
  for (std::size_t d = 0; d < 2; ++d) {
    const auto places = read_numbers(file, image + (d == 0 ? "/row_coords" : "/col_coords"));
    if (places.empty()) throw IoError("the object has no elements", path);
    result.origin[d] = 1e10 * places[0];
  }
  if (file.has(entry + "/probe/data")) result.probe = read_complex(file, entry + "/probe/data");
  read_positions(file, result);
  if (file.has(entry + "/background/data")) result.background = floats(file, entry + "/background/data");
  const std::string source = entry + "/instrument_1/source_1", detector = entry + "/instrument_1/detector_1";
  if (file.has(source + "/wavelength")) {
    result.wavelength = 1e10 * read_number(file, source + "/wavelength");
    result.distance = read_number(file, detector + "/distance");
    result.electrons = read_word(file, source + "/probe") == "electron";
  }
  for (const auto& name : file.names(entry + "/frames_1"))
    result.frames.push_back(
        {name, unit_of(file, entry + "/frames_1/" + name), floats(file, entry + "/frames_1/" + name)});
  for (const auto& name : file.names(entry))
    if (file.has_attribute(entry + "/" + name, "locum_kind")) read_group(file, name, result);
  result.title = read_word(file, entry + "/title");
  result.program_version = read_word(file, process + "/version");
  result.input = file.text_attribute(process, "input");
  for (const auto& name : file.attribute_names(process))
    if (name != "NX_class" && name != "input") result.provenance.emplace_back(name, file.text_attribute(process, name));
  return result;
}

}  // namespace locum::io
