// Datasets of Hdf5File.
#include <algorithm>

#include "io/collective.hpp"
#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

std::vector<hsize_t> extents(const Shape& shape) { return {shape.begin(), shape.end()}; }

Hdf5Handle make_space(const Shape& shape, bool grows = false) {
  auto now = extents(shape), most = now;
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  if (grows) most[0] = H5S_UNLIMITED;
  return {H5Screate_simple(static_cast<int>(now.size()), now.data(), most.data()), H5Sclose};
}

std::int64_t product(const Shape& shape) {
  std::int64_t n = 1;
  for (auto extent : shape) n *= extent;
  return n;
}

std::int64_t length(const Values& values) {
  return std::visit([](const auto& v) { return static_cast<std::int64_t>(v.size()); }, values);
}

const void* data(const Values& values) {
  return std::visit([](const auto& v) { return static_cast<const void*>(v.data()); }, values);
}

hid_t memory_type(std::size_t number) { return number == 0 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64; }

std::string text(const Shape& shape) {
  std::string all = "(";
  for (auto extent : shape) {
    if (all.size() > 1) all += ", ";
    all += std::to_string(extent);
  }
  return all + ")";
}

}  // namespace

void Hdf5File::make_dataset(const std::string& dataset, Number number, const std::string& unit, const Shape& shape,
                            std::int64_t chunk_rows) {
  const auto slash = dataset.rfind('/');
  if (slash > 0 && slash != std::string::npos) make_group(dataset.substr(0, slash));
  const Hdf5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.id(), false);
  H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);  // the file is new there: zeros already
  if (chunk_rows > 0) {
    auto chunk = extents(shape);
    chunk.at(0) = static_cast<hsize_t>(chunk_rows);
    for (auto& extent : chunk) extent = std::max<hsize_t>(extent, 1);
    check(H5Pset_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data()), "chunk", dataset);
  }
  const auto space = make_space(shape, chunk_rows > 0);
  const hid_t type = number == Number::real ? H5T_IEEE_F64LE : H5T_STD_I64LE;
  const Hdf5Handle made(
      H5Dcreate2(file_.id(), dataset.c_str(), type, space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT), H5Dclose);
  check(made.id(), "make the dataset", dataset);
  write_attribute(dataset, "unit", unit);
}

void Hdf5File::set_rows(const std::string& dataset, std::int64_t rows) {
  auto extent = extents(shape(dataset));
  extent.at(0) = static_cast<hsize_t>(rows);
  check(H5Dset_extent(open_dataset(dataset).id(), extent.data()), "extend", dataset);
}

Shape Hdf5File::shape(const std::string& dataset) const {
  const auto set = open_dataset(dataset);
  const Hdf5Handle space(H5Dget_space(set.id()), H5Sclose);
  const int rank = check(H5Sget_simple_extent_ndims(space.id()), "ask for the shape of", dataset);
  std::vector<hsize_t> now(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), now.data(), nullptr), "ask for the shape of", dataset);
  return {now.begin(), now.end()};
}

std::string Hdf5File::unit(const std::string& dataset) const {
  return has_attribute(dataset, "unit") ? text_attribute(dataset, "unit") : "";
}

Number Hdf5File::number(const std::string& dataset) const {
  const auto set = open_dataset(dataset);
  const Hdf5Handle type(H5Dget_type(set.id()), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER)
    throw IoError("the dataset " + dataset + " holds no numbers; real or integer ones were expected", path_);
  return kind == H5T_FLOAT ? Number::real : Number::integer;
}

void Hdf5File::write(const std::string& dataset, const Values& values) {
  const Shape all = shape(dataset);
  if (length(values) != product(all))
    throw IoError("found " + std::to_string(length(values)) + " values for " + dataset + " of shape " + text(all),
                  path_);
  if (length(values) == 0) return;
  check(H5Dwrite(open_dataset(dataset).id(), memory_type(values.index()), H5S_ALL, H5S_ALL, H5P_DEFAULT, data(values)),
        "write", dataset);
}

namespace {

// The box selected in a copy of the dataset's space; an empty one selects nothing.
Hdf5Handle select(hid_t set, const Slab& slab) {
  Hdf5Handle space(H5Dget_space(set), H5Sclose);
  const auto start = extents(slab.start), count = extents(slab.count);
  const bool fits =
      H5Sget_simple_extent_ndims(space.id()) == static_cast<int>(count.size()) && start.size() == count.size();
  const bool empty = std::find(count.begin(), count.end(), hsize_t{0}) != count.end();
  if (!fits) return {};
  const herr_t done =
      empty ? H5Sselect_none(space.id())
            : H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  if (done < 0 || H5Sselect_valid(space.id()) <= 0) return {};
  return space;
}

}  // namespace

void Hdf5File::write_slab(const std::string& dataset, const Slab& slab, const Values& values) {
  const auto set = open_dataset(dataset);
  const auto there = select(set.id(), slab);
  const auto here = make_space({length(values)});
  together(comm_, [&] {  // before the collective call, so that no rank enters it alone
    check(there.id(), "select " + text(slab.count) + " from " + text(slab.start) + " in", dataset);
    if (product(slab.count) != length(values))
      throw IoError("found " + std::to_string(length(values)) + " values for " + text(slab.count) + " of " + dataset,
                    path_);
  });
  if (length(values) == 0) H5Sselect_none(here.id());
  const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  if (comm_.size() > 1) H5Pset_dxpl_mpio(transfer.id(), H5FD_MPIO_COLLECTIVE);
  const herr_t done =
      H5Dwrite(set.id(), memory_type(values.index()), here.id(), there.id(), transfer.id(), data(values));
  together(comm_, [&] { check(done, "write", dataset); });
}

Values Hdf5File::read(const std::string& dataset) const {
  const Shape all = shape(dataset);
  if (all.empty()) return read_slab(dataset, {});
  return read_slab(dataset, {Shape(all.size(), 0), all});
}

Values Hdf5File::read_slab(const std::string& dataset, const Slab& slab) const {
  const auto set = open_dataset(dataset);
  Values values;
  if (number(dataset) == Number::integer) values = std::vector<std::int64_t>();
  const std::int64_t n = product(slab.count);
  const hid_t type = memory_type(values.index());
  std::visit([&](auto& v) { v.resize(static_cast<std::size_t>(n)); }, values);
  void* to = std::visit([](auto& v) { return static_cast<void*>(v.data()); }, values);
  if (slab.count.empty()) {
    check(H5Dread(set.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to), "read", dataset);
    return values;
  }
  const auto there = select(set.id(), slab);
  check(there.id(), "select " + text(slab.count) + " from " + text(slab.start) + " in", dataset);
  const auto here = make_space({n});
  if (n > 0) check(H5Dread(set.id(), type, here.id(), there.id(), H5P_DEFAULT, to), "read", dataset);
  return values;
}

void Hdf5File::write_field(const std::string& dataset, const Field& field) {
  make_dataset(dataset, static_cast<Number>(field.values.index()), field.unit, field.shape);
  write(dataset, field.values);
}

Field Hdf5File::read_field(const std::string& dataset) const { return {shape(dataset), unit(dataset), read(dataset)}; }

}  // namespace locum::io
