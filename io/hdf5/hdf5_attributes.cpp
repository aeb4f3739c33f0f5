// Attributes of Hdf5File. Texts are of variable length: h5py gives those back as str, fixed ones as bytes.
#include <algorithm>
#include <cstring>

#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return type;
}

Hdf5Handle list_space(std::size_t count) {
  const hsize_t extent = count;
  return {H5Screate_simple(1, &extent, nullptr), H5Sclose};
}

}  // namespace

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  return H5Aexists_by_name(file_.id(), object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5File::attribute_names(const std::string& object) const {
  const auto owner = open_object(object);
  std::vector<std::string> all;
  hsize_t at = 0;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  check(H5Aiterate2(owner.id(), H5_INDEX_NAME, H5_ITER_NATIVE, &at, collect, &all), "list the attributes of", object);
  std::sort(all.begin(), all.end());  // as in names()
  return all;
}

void Hdf5File::put_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space,
                             const void* data) {
  const auto owner = open_object(object);
  const Hdf5Handle made(H5Acreate2(owner.id(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(made.id(), "make the attribute '" + name + "' of", object);
  check(H5Awrite(made.id(), type, data), "write the attribute '" + name + "' of", object);
}

void Hdf5File::write_attribute(const std::string& object, const std::string& name, const std::string& text) {
  const auto type = text_type();
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const char* data = text.c_str();
  put_attribute(object, name, type.id(), space.id(), &data);
}

void Hdf5File::write_attribute(const std::string& object, const std::string& name,
                               const std::vector<std::string>& texts) {
  const auto type = text_type();
  std::vector<const char*> data;
  for (const auto& text : texts) data.push_back(text.c_str());
  put_attribute(object, name, type.id(), list_space(texts.size()).id(), data.data());
}

void Hdf5File::write_attribute(const std::string& object, const std::string& name, std::int64_t value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Hdf5Handle type(H5Tcopy(H5T_NATIVE_INT64), H5Tclose);
  put_attribute(object, name, type.id(), space.id(), &value);
}

void Hdf5File::write_attribute(const std::string& object, const std::string& name,
                               const std::vector<std::int64_t>& values) {
  put_attribute(object, name, H5T_NATIVE_INT64, list_space(values.size()).id(), values.data());
}

// Of an open object: behind an external link the attribute alone does not hold its file (HDF5 1.10).
Hdf5Handle Hdf5File::open_attribute(const Hdf5Handle& owner, const std::string& object, const std::string& name) const {
  const hid_t id = H5Aopen(owner.id(), name.c_str(), H5P_DEFAULT);
  return {check(id, "open the attribute '" + name + "' of", object), H5Aclose};
}

std::string Hdf5File::text_attribute(const std::string& object, const std::string& name) const {
  const auto owner = open_object(object);
  const auto attribute = open_attribute(owner, object, name);
  const Hdf5Handle stored(H5Aget_type(attribute.id()), H5Tclose), space(H5Aget_space(attribute.id()), H5Sclose);
  if (H5Tget_class(stored.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1)
    throw IoError("the attribute '" + name + "' of " + object + " is not one text", path_);
  if (H5Tis_variable_str(stored.id()) > 0) {
    char* data = nullptr;
    check(H5Aread(attribute.id(), stored.id(), &data), "read the attribute '" + name + "' of", object);
    std::string text = data ? data : "";
    H5free_memory(data);
    return text;
  }
  std::string text(H5Tget_size(stored.id()), '\0');
  check(H5Aread(attribute.id(), stored.id(), text.data()), "read the attribute '" + name + "' of", object);
  return text.c_str();  // padding cut off
}

std::vector<std::int64_t> Hdf5File::integer_attribute(const std::string& object, const std::string& name) const {
  const auto owner = open_object(object);
  const auto attribute = open_attribute(owner, object, name);
  const Hdf5Handle stored(H5Aget_type(attribute.id()), H5Tclose), space(H5Aget_space(attribute.id()), H5Sclose);
  if (H5Tget_class(stored.id()) != H5T_INTEGER)
    throw IoError("the attribute '" + name + "' of " + object + " holds no integers", path_);
  std::vector<std::int64_t> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.id())));
  check(H5Aread(attribute.id(), H5T_NATIVE_INT64, values.data()), "read the attribute '" + name + "' of", object);
  return values;
}

}  // namespace locum::io
