// Datasets of Hdf5File that are neither doubles nor 64-bit integers, and real attributes.
#include <algorithm>
#include <cstring>

#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {

void Hdf5File::make_typed_dataset(const std::string& dataset, hid_t type, const std::string& unit, const Shape& shape) {
  const auto slash = dataset.rfind('/');
  if (slash > 0 && slash != std::string::npos) make_group(dataset.substr(0, slash));
  const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.id(), false);
  H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);  // the file is new there: zeros already
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Hdf5Handle space(shape.empty() ? H5Screate(H5S_SCALAR)
                                       : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                         H5Sclose);
  check(space.id(), "shape", dataset);
  const Hdf5Handle made(
      H5Dcreate2(file_.id(), dataset.c_str(), type, space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT), H5Dclose);
  check(made.id(), "make the dataset", dataset);
  write_attribute(dataset, "unit", unit);
}

std::uint64_t Hdf5File::offset(const std::string& dataset) const {
  const haddr_t place = H5Dget_offset(open_dataset(dataset).id());
  if (place == HADDR_UNDEF) throw IoError("the dataset " + dataset + " is not in one piece", path_);
  return place;
}

std::uint64_t Hdf5File::number_bytes(const std::string& dataset) const {
  const auto set = open_dataset(dataset);
  const Hdf5Handle type(H5Dget_type(set.id()), H5Tclose);
  return H5Tget_size(type.id());
}

void Hdf5File::write_texts(const std::string& dataset, const std::vector<std::string>& texts) {
  std::size_t width = 1;
  bool ascii = true;  // said where it is so: h5py cannot turn UTF-8 of one length into ASCII of another
  for (const auto& text : texts) {
    width = std::max(width, text.size());
    for (const char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
  }
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), width);
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  H5Tset_cset(type.id(), ascii ? H5T_CSET_ASCII : H5T_CSET_UTF8);
  make_typed_dataset(dataset, type.id(), "", {static_cast<std::int64_t>(texts.size())});
  std::string all(width * texts.size(), '\0');
  for (std::size_t k = 0; k < texts.size(); ++k) std::memcpy(all.data() + k * width, texts[k].data(), texts[k].size());
  check(H5Dwrite(open_dataset(dataset).id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), "write", dataset);
}

void Hdf5File::write_real_attribute(const std::string& object, const std::string& name, double value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  put_attribute(object, name, H5T_NATIVE_DOUBLE, space.id(), &value);
}

void Hdf5File::write_real_attribute(const std::string& object, const std::string& name,
                                    const std::vector<double>& values) {
  const hsize_t extent = values.size();
  const Hdf5Handle space(H5Screate_simple(1, &extent, nullptr), H5Sclose);
  put_attribute(object, name, H5T_NATIVE_DOUBLE, space.id(), values.data());
}

}  // namespace locum::io
