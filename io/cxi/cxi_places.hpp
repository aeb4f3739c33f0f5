// Where things stand in a file of diffraction frames: the user's keys first, then the places that CXI, NXcxi_ptycho,
// EMD, PtychoShelves and Locum know.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/cxi/cxi_keys.hpp"
#include "io/hdf5/hdf5.hpp"

namespace locum::io {

struct Place {
  const Hdf5File* file = nullptr;
  std::string dataset;
  explicit operator bool() const { return file != nullptr; }
};

// One axis of a cube: places of the pixels and their unit.
struct CubeAxis {
  std::vector<double> places;
  std::string unit, dataset;  // dataset empty: there is none
};

class DiffractionPlaces {
 public:
  // Opens the file and finds the frames; IoError where there are none, or several to choose from.
  DiffractionPlaces(const std::string& path, const DiffractionKeys& keys);

  const std::string& path() const { return path_; }
  const Place& data() const { return data_; }

  using Accept = std::function<bool(const Hdf5File&, const std::string&)>;
  // The place that `key` names (IoError if it is not there or not accepted), or else the first of `standard` that is
  // there and accepted; {} where none is, or the key says "none". "{entry}" in `standard` stands for the entry of the
  // frames.
  Place find(const std::string& key, const std::vector<std::string>& standard, const Accept& accept);
  // `standard` as it was searched, for a message: "/entry_1/a, /entry_1/b".
  std::string tried(const std::vector<std::string>& standard) const;
  // Axis d = 0 … 3 of the cube that the frames are; Prismatic's dim1 … dim4, py4DSTEM's dim0 … dim3, Locum's R_x … Q_y.
  CubeAxis cube_axis(std::size_t d) const;

 private:
  const Hdf5File& open(const std::string& path);
  Place named(const std::string& key);
  void find_data(const std::string& key);
  std::vector<std::string> cubes() const;
  std::vector<std::string> search() const;
  std::string expand(const std::string& place) const;

  std::string path_, entry_ = "/entry_1";
  std::map<std::string, std::unique_ptr<Hdf5File>> files_;
  Place data_;
};

}  // namespace locum::io
