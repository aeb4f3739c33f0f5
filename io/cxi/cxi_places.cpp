#include "io/cxi/cxi_places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "io/cxi/cxi_numbers.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

const std::vector<std::string> data_places{"/entry_1/data_1/data",
                                           "/entry_1/instrument_1/detector_1/data",
                                           "/entry_1/data_1/data_1",
                                           "/entry/data/data",
                                           "/entry/instrument/detector/data",
                                           "/entry_1/data/data",
                                           "/dp",
                                           "/data"};
const std::string cube_folder = "/4DSTEM_simulation/data/datacubes";

bool holds_frames(const Hdf5File& file, const std::string& dataset) {
  if (!holds_numbers(file, dataset)) return false;
  const auto dimensions = file.shape(dataset).size();
  return dimensions == 3 || dimensions == 4;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

DiffractionPlaces::DiffractionPlaces(const std::string& path, const DiffractionKeys& keys) : path_(path) {
  open(path);
  find_data(keys.data);
  const auto slash = data_.dataset.find('/', 1);
  const std::string first = data_.dataset.substr(0, slash);
  if (first.starts_with("/entry"))
    entry_ = first;
  else if (!open(path).has(entry_) && open(path).has("/entry"))  // frames elsewhere: Locum's scan.h5
    entry_ = "/entry";
}

const Hdf5File& DiffractionPlaces::open(const std::string& path) {
  auto& file = files_[path];
  if (!file) file = std::make_unique<Hdf5File>(Hdf5File::open(path));
  return *file;
}

// FILE:/PATH, or a path in the file of the frames.
Place DiffractionPlaces::named(const std::string& key) {
  const auto colon = key.find(":/");
  std::string path = path_, dataset = key;
  if (colon != std::string::npos && colon > 0) {
    path = key.substr(0, colon), dataset = key.substr(colon + 1);
    const auto slash = path_.rfind('/');
    if (path[0] != '/' && slash != std::string::npos) path = path_.substr(0, slash + 1) + path;
  }
  if (dataset[0] != '/') dataset = "/" + dataset;
  const Hdf5File& file = open(path);
  if (!file.has(dataset)) {
    // What stands beside it helps most.
    std::string group = dataset.substr(0, dataset.rfind('/'));
    while (!group.empty() && (!file.has(group) || file.is_dataset(group))) group = group.substr(0, group.rfind('/'));
    const auto names = file.names(group.empty() ? "/" : group);
    throw IoError(fmt::format("found no {}", dataset), path,
                  fmt::format("{} has {}", group.empty() ? "/" : group, names.empty() ? "nothing" : joined(names)));
  }
  return {&file, dataset};
}

std::string DiffractionPlaces::expand(const std::string& place) const {
  const std::string variable = "{entry}";
  return place.starts_with(variable) ? entry_ + place.substr(variable.size()) : place;
}

std::string DiffractionPlaces::tried(const std::vector<std::string>& standard) const {
  std::vector<std::string> all;
  for (const auto& place : standard) all.push_back(expand(place));
  return joined(all);
}

Place DiffractionPlaces::find(const std::string& key, const std::vector<std::string>& standard, const Accept& accept) {
  if (key == "none") return {};
  if (!key.empty()) {
    const Place place = named(key);
    if (!accept(*place.file, place.dataset))
      throw IoError(fmt::format("{} is not of the kind that was expected there", place.dataset), place.file->path(),
                    "check the key: is it a group, or a text where numbers belong?");
    return place;
  }
  const Hdf5File& file = open(path_);
  for (const auto& one : standard) {
    const std::string dataset = expand(one);
    if (file.has(dataset) && accept(file, dataset)) return {&file, dataset};
  }
  return {};
}

// Cubes of Prismatic and Locum; of a scan with a source of finite size the one that has it.
std::vector<std::string> DiffractionPlaces::cubes() const {
  const Hdf5File& file = *files_.at(path_);
  std::vector<std::string> found;
  if (!file.has(cube_folder) || file.is_dataset(cube_folder)) return found;
  for (const auto& name : file.names(cube_folder)) {
    const std::string dataset = cube_folder + "/" + name + "/data";
    if (name.find("_point_source_depth") == std::string::npos && file.has(dataset) && holds_frames(file, dataset))
      found.push_back(dataset);
  }
  return found;
}

// All datasets that could be frames, to a depth of six groups and no more than 2000 objects.
std::vector<std::string> DiffractionPlaces::search() const {
  const Hdf5File& file = *files_.at(path_);
  std::vector<std::string> found, groups{""};
  std::size_t seen = 0;
  for (int depth = 0; depth < 6 && !groups.empty(); ++depth) {
    std::vector<std::string> next;
    for (const auto& group : groups)
      for (const auto& name : file.names(group.empty() ? "/" : group)) {
        const std::string object = group + "/" + name;
        if (++seen > 2000 || !file.has(object)) continue;  // a link that leads nowhere
        if (!file.is_dataset(object))
          next.push_back(object);
        else if (holds_frames(file, object))
          found.push_back(object);
      }
    groups = std::move(next);
  }
  return found;
}

void DiffractionPlaces::find_data(const std::string& key) {
  if (!key.empty() && key != "none") {
    data_ = named(key);
    if (!data_.file->is_dataset(data_.dataset) || !holds_frames(*data_.file, data_.dataset))
      throw IoError(fmt::format("{} holds no frames; a dataset (frames, nx, ny) or (sx, sy, nx, ny) of integers or "
                                "floats was expected",
                                data_.dataset),
                    data_.file->path());
    return;
  }
  data_ = find("", data_places, holds_frames);
  if (data_) return;
  auto found = cubes();
  if (found.empty()) found = search();
  if (found.size() == 1) {
    data_ = {&open(path_), found[0]};
    return;
  }
  if (found.empty())
    throw IoError(
        fmt::format("found no diffraction frames: neither at {}, nor a cube under {}, nor any other dataset of "
                    "three or four dimensions",
                    joined(data_places), cube_folder),
        path_, "name the dataset with the key data");
  found.resize(std::min<std::size_t>(found.size(), 12));
  throw IoError(fmt::format("found several datasets that could be the frames: {}", joined(found)), path_,
                "name one with the key data");
}

CubeAxis DiffractionPlaces::cube_axis(std::size_t d) const {
  const Hdf5File& file = *data_.file;
  const Shape shape = file.shape(data_.dataset);
  if (shape.size() != 4) return {};
  const std::string group = data_.dataset.substr(0, data_.dataset.rfind('/'));
  const std::size_t first = file.has(group + "/dim0") ? 0 : 1;
  std::string dataset = fmt::format("{}/dim{}", group, d + first);
  const std::array<const char*, 4> names{"R_x", "R_y", "Q_x", "Q_y"};  // of Locum's NXdata
  if (!holds_numbers(file, dataset)) dataset = group + "/" + names.at(d);
  if (!holds_numbers(file, dataset)) return {};
  CubeAxis axis{read_numbers(file, dataset), unit_of(file, dataset), dataset};
  const auto n = static_cast<std::size_t>(shape[d]);
  if (axis.places.size() == 2 && n > 2)  // py4DSTEM writes the first two of an even axis
    for (std::size_t k = 2; k < n; ++k)
      axis.places.push_back(axis.places[0] + static_cast<double>(k) * (axis.places[1] - axis.places[0]));
  if (axis.places.size() != n)
    throw IoError(fmt::format("{} has {} places, the cube has {}", dataset, axis.places.size(), n), file.path());
  return axis;
}

}  // namespace locum::io
