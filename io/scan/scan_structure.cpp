#include "io/scan/scan_structure.hpp"

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

const std::string top = "/4DSTEM_simulation";

std::vector<double> raster(double origin, double step, int n) {
  std::vector<double> places;
  for (int k = 0; k < n; ++k) places.push_back(origin + k * step);
  return places;
}

// EMD says [Å], Locum Angstrom.
std::string bracketed(const std::string& unit) {
  if (unit == "Angstrom") return "[Å]";
  if (unit == "1/Angstrom") return "[Å^-1]";
  return unit.empty() || unit == "1" ? "[none]" : "[" + unit + "]";
}

struct Axis {
  std::string name, unit;
  std::vector<double> places;
  std::vector<std::string> labels;
};

void make_axis(Hdf5File& file, const std::string& dataset, const Axis& axis) {
  if (axis.labels.empty()) {
    const auto n = static_cast<std::int64_t>(axis.places.size());
    file.make_dataset(dataset, Number::real, axis.unit, {n});
    file.write(dataset, axis.places);
  } else {
    file.write_texts(dataset, axis.labels);
  }
  file.write_attribute(dataset, "name", axis.name);
  file.write_attribute(dataset, "units", bracketed(axis.unit));
}

struct Item {
  std::string group, name, unit;
  Storage storage = Storage::float32;
  double depth = 0.0;
  std::vector<Axis> axes;
};

// The NXdata of the same numbers, under the name that the user gave and the plane's number where there are several.
std::string nexus_name(const std::string& group) {
  const std::string name = group.substr(group.rfind('/') + 1), first = "_depth0000";
  return name.ends_with(first) ? name.substr(0, name.size() - first.size()) : name;
}

void link_nexus(Hdf5File& file, const Item& item) {
  const std::string data = "/entry/" + nexus_name(item.group);
  file.make_group(data);
  file.write_attribute(data, "NX_class", std::string("NXdata"));
  file.write_attribute(data, "signal", std::string("data"));
  file.link(item.group + "/data", data + "/data");
  std::vector<std::string> axes;
  for (std::size_t k = 0; k < item.axes.size(); ++k) {
    axes.push_back(item.axes[k].name);
    file.link(item.group + "/dim" + std::to_string(k + 1), data + "/" + axes.back());
  }
  file.write_attribute(data, "axes", axes);
}

void make_item(Hdf5File& file, const Item& item) {
  Shape shape;
  for (const auto& axis : item.axes)
    shape.push_back(static_cast<std::int64_t>(std::max(axis.places.size(), axis.labels.size())));
  file.make_group(item.group);
  file.write_attribute(item.group, "emd_group_type", std::int64_t{1});
  file.write_attribute(item.group, "metadata", std::int64_t{0});
  file.write_real_attribute(item.group, "output_depth", item.depth);
  file.make_typed_dataset(item.group + "/data", hdf5_type(item.storage), item.unit, shape);
  file.write_attribute(item.group + "/data", "units", bracketed(item.unit));
  for (std::size_t k = 0; k < item.axes.size(); ++k)
    make_axis(file, item.group + "/dim" + std::to_string(k + 1), item.axes[k]);
  link_nexus(file, item);
}

void make_emd(Hdf5File& file, const ScanLayout& layout, const ScanMetadata& metadata) {
  file.make_group(top);
  file.write_attribute(top, "emd_group_type", std::int64_t{2});
  file.write_attribute(top, "version_major", std::int64_t{0});
  file.write_attribute(top, "version_minor", std::int64_t{9});
  file.write_attribute(top, "version_release", std::int64_t{0});
  // py4DSTEM looks into every one of these.
  for (const char* kind : {"counted_datacubes", "datacubes", "diffractionslices", "pointlistarrays", "pointlists",
                           "realslices", "supergroups"})
    file.make_group(top + "/data/" + kind);
  file.make_group(top + "/log");
  const std::string about = top + "/metadata/metadata_0";
  for (const char* kind : {"calibration", "comments", "microscope", "original/all", "original/shortlist",
                           "original/simulation_parameters", "sample", "user"})
    file.make_group(about + "/" + kind);
  file.write_attribute(about + "/comments", "title", metadata.title);
  file.write_attribute(about + "/sample", "name", metadata.sample);
  if (metadata.energy > 0) file.write_real_attribute(about + "/microscope", "beam_energy_keV", metadata.energy);
  const std::string parameters = about + "/original/simulation_parameters";
  file.write_real_attribute(parameters, "E", metadata.energy);
  if (layout.axis_x.unit == "Angstrom") file.write_real_attribute(parameters, "rx", layout.step_x);
  if (layout.axis_y.unit == "Angstrom") file.write_real_attribute(parameters, "ry", layout.step_y);
  file.write_real_attribute(parameters, "c", {metadata.cell[0], metadata.cell[1], metadata.cell[2]});
  file.write_attribute(parameters, "t", std::vector<std::int64_t>{1, 1, 1});
  for (const auto& quantity : metadata.prismatic) file.write_real_attribute(parameters, quantity.name, quantity.value);
}

void make_quantities(Hdf5File& file, const std::string& group, const std::vector<Quantity>& quantities) {
  for (const auto& quantity : quantities) {
    const std::string dataset = group + "/" + quantity.name;
    file.make_dataset(dataset, Number::real, quantity.unit, {});
    file.write(dataset, std::vector<double>{quantity.value});
    file.write_attribute(dataset, "units", quantity.unit);
  }
}

void make_class(Hdf5File& file, const std::string& group, const std::string& nexus_class) {
  file.make_group(group);
  file.write_attribute(group, "NX_class", nexus_class);
}

void make_nexus(Hdf5File& file, const ScanLayout& layout, const ScanMetadata& metadata) {
  file.write_attribute("/", "NX_class", std::string("NXroot"));
  file.write_attribute("/", "default", std::string("entry"));
  make_class(file, "/entry", "NXentry");
  const std::string first = layout.images.empty() ? group_of(layout.cubes[0]) : group_of(layout.images[0]);
  file.write_attribute("/entry", "default", nexus_name(first));
  file.write_texts("/entry/title", {metadata.title});
  file.write_texts("/entry/program_name", {"locum"});
  file.write_attribute("/entry/program_name", "version", metadata.program_version);
  make_class(file, "/entry/instrument", "NXinstrument");
  make_class(file, "/entry/instrument/source", "NXsource");
  file.write_texts("/entry/instrument/source/probe", {"electron"});
  make_quantities(file, "/entry/instrument/source", {{"energy", "keV", metadata.energy}});
  make_class(file, "/entry/instrument/probe", "NXbeam");
  make_quantities(file, "/entry/instrument/probe", metadata.probe);
  if (!layout.positions.empty()) {
    const std::string positions = "/entry/instrument/probe/positions";
    file.make_dataset(positions, Number::real, "Angstrom", {layout.probes(), 2});
    file.write(positions, layout.positions);
    file.write_attribute(positions, "units", std::string("Angstrom"));
  }
  if (!metadata.objective.empty()) {
    make_class(file, "/entry/instrument/objective", "NXcollection");
    make_quantities(file, "/entry/instrument/objective", metadata.objective);
  }
  make_class(file, "/entry/sample", "NXsample");
  file.write_texts("/entry/sample/name", {metadata.sample});
  make_quantities(file, "/entry/sample", metadata.specimen);
  for (const auto& image : layout.images) {
    const std::string detector = "/entry/instrument/" + nexus_name(group_of(image));
    make_class(file, detector, "NXdetector");
    make_quantities(file, detector, image.detector);
  }
}

void make_provenance(Hdf5File& file, const ScanLayout& layout, const ScanMetadata& metadata) {
  file.make_group("/locum");
  file.write_attribute("/locum", "version", metadata.program_version);
  file.write_attribute("/locum", "input", metadata.input);
  file.write_attribute("/locum", "fingerprint", metadata.fingerprint);
  file.make_typed_dataset(scan_progress, H5T_STD_U8LE, "1", {layout.tiles});
  file.make_typed_dataset(scan_session, H5T_STD_U64LE, "1", {1});
}

}  // namespace

hid_t hdf5_type(Storage storage) {
  switch (storage) {
    case Storage::float32:
      return H5T_IEEE_F32LE;
    case Storage::float64:
      return H5T_IEEE_F64LE;
    case Storage::uint16:
      return H5T_STD_U16LE;
    default:
      return H5T_STD_U32LE;
  }
}

void make_scan_structure(Hdf5File& file, const ScanLayout& layout, const ScanMetadata& metadata) {
  make_provenance(file, layout, metadata);
  make_nexus(file, layout, metadata);
  make_emd(file, layout, metadata);
  const Axis x{layout.axis_x.name, layout.axis_x.unit, raster(layout.origin_x, layout.step_x, layout.nx), {}};
  const Axis y{layout.axis_y.name, layout.axis_y.unit, raster(layout.origin_y, layout.step_y, layout.ny), {}};
  for (const auto& image : layout.images) {
    Item item{group_of(image), image.name, image.unit, image.storage, image.depth, {x, y}};
    const auto& channels = image.channels;
    const std::string name = channels.name.empty() ? "channel" : channels.name;
    if (!channels.places.empty() || channels.named())
      item.axes.push_back({name, channels.unit, channels.places, channels.labels});
    make_item(file, item);
  }
  for (const auto& cube : layout.cubes) {
    const Axis qx{"Q_x", "1/Angstrom", cube.qx, {}}, qy{"Q_y", "1/Angstrom", cube.qy, {}};
    make_item(file, {group_of(cube), cube.name, cube.unit, cube.storage, cube.depth, {x, y, qx, qy}});
  }
}

}  // namespace locum::io
