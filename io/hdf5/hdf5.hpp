// HDF5 files with owned handles, units on every dataset, and errors that carry HDF5's own text.
//
// One process writes the structure, row by row the same from run to run; many ranks then write rows into it through
// MPI-IO. Objects carry checksums (file format of HDF5 1.10) and no time stamps: equal calls give equal bytes, and a
// damaged file is refused instead of believed.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "io/hdf5/hdf5_driver.hpp"
#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum::io {

using Shape = std::vector<std::int64_t>;
using Values = std::variant<std::vector<double>, std::vector<std::int64_t>>;
enum class Number { real = 0, integer = 1 };  // the index in Values

// An HDF5 handle that is closed with its owner.
class Hdf5Handle {
 public:
  using Closer = herr_t (*)(hid_t);
  Hdf5Handle() = default;
  Hdf5Handle(hid_t id, Closer closer) : id_(id), closer_(closer) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), closer_(other.closer_) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  ~Hdf5Handle() {
    if (id_ >= 0) closer_(id_);
  }
  hid_t id() const { return id_; }
  hid_t release() { return std::exchange(id_, -1); }

 private:
  hid_t id_ = -1;
  Closer closer_ = nullptr;
};

// A box of a dataset: first index and extent along each dimension. An extent of 0 selects nothing.
struct Slab {
  Shape start, count;
};

// Paths inside the file are absolute ("/particles/all"). Every failing call throws IoError naming file and object.
class Hdf5File {
 public:
  static Hdf5File create(const std::string& path);  // this process alone; `path` exists and is empty (AtomicFile)
  static Hdf5File modify(const std::string& path);  // this process alone
  static Hdf5File open(const std::string& path);    // this process alone
  // All ranks, for write_slab() of datasets that have their extent already. Collective. One rank: modify().
  static Hdf5File modify_together(const Communicator& comm, const std::string& path);

  // Flushes and closes; throws what that brought (a full disk). Without it the destructor closes and stays silent.
  // Collective where opening was.
  void close();
  ~Hdf5File();
  Hdf5File(Hdf5File&&) = default;

  const std::string& path() const { return path_; }
  std::uint64_t bytes() const;  // of the file as it stands

  bool has(const std::string& object) const;
  bool is_dataset(const std::string& object) const;
  std::vector<std::string> names(const std::string& group) const;  // in alphabetical order

  void make_group(const std::string& group);                      // parents too
  void link(const std::string& object, const std::string& name);  // a second name of the same object
  // Space is allocated at once and reads as zeros. With `chunk_rows` > 0 the first dimension can grow, and space comes
  // in chunks of so many rows. Parent groups are made.
  void make_dataset(const std::string& dataset, Number number, const std::string& unit, const Shape& shape,
                    std::int64_t chunk_rows = 0);
  void set_rows(const std::string& dataset, std::int64_t rows);
  // A dataset of any type of HDF5's (`type`, as in the file) in one piece; the space is there at once.
  void make_typed_dataset(const std::string& dataset, hid_t type, const std::string& unit, const Shape& shape);
  std::uint64_t number_bytes(const std::string& dataset) const;  // of one number in the file
  // Where the numbers of such a dataset begin in the file, in bytes.
  std::uint64_t offset(const std::string& dataset) const;
  // One-dimensional, of texts of one length, padded with zeros.
  void write_texts(const std::string& dataset, const std::vector<std::string>& texts);

  Shape shape(const std::string& dataset) const;
  std::string unit(const std::string& dataset) const;  // "" when the dataset says none
  Number number(const std::string& dataset) const;

  void write(const std::string& dataset, const Values& values);  // all of it
  // Collective where opening was: each rank its own box.
  void write_slab(const std::string& dataset, const Slab& slab, const Values& values);
  Values read(const std::string& dataset) const;
  Values read_slab(const std::string& dataset, const Slab& slab) const;
  // The dataset made, filled, read as a field.
  void write_field(const std::string& dataset, const Field& field);
  Field read_field(const std::string& dataset) const;

  bool has_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::string> attribute_names(const std::string& object) const;
  void write_attribute(const std::string& object, const std::string& name, const std::string& text);
  void write_attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts);
  void write_attribute(const std::string& object, const std::string& name, std::int64_t value);
  void write_attribute(const std::string& object, const std::string& name, const std::vector<std::int64_t>& values);
  void write_real_attribute(const std::string& object, const std::string& name, double value);
  void write_real_attribute(const std::string& object, const std::string& name, const std::vector<double>& values);
  std::string text_attribute(const std::string& object, const std::string& name) const;
  std::vector<std::int64_t> integer_attribute(const std::string& object, const std::string& name) const;

  // For calls of HDF5's own, of types that Values does not have.
  Hdf5Handle open_dataset(const std::string& dataset, hid_t access = H5P_DEFAULT) const;
  // HDF5's status: the same value if it is a success, else an IoError with HDF5's text.
  template <class Status>
  Status check(Status status, const std::string& what, const std::string& object) const {
    if (status < 0) fail(what, object);
    return status;
  }

 private:
  Hdf5File(Communicator comm, std::string path) : comm_(std::move(comm)), path_(std::move(path)) {}
  Hdf5Handle open_object(const std::string& object) const;
  Hdf5Handle open_attribute(const Hdf5Handle& owner, const std::string& object, const std::string& name) const;
  void put_attribute(const std::string& object, const std::string& name, hid_t type, hid_t space, const void* data);
  [[noreturn]] void fail(const std::string& what, const std::string& object) const;

  Communicator comm_;
  std::string path_;
  std::unique_ptr<WriteFailure> failure_ = std::make_unique<WriteFailure>();
  Hdf5Handle file_;
  bool writes_ = false;
};

// Throws IoError unless the file is there and opens as a complete HDF5 file; says its size.
void check_hdf5(const std::string& path);

// An upper estimate of what structure costs in a file with so many datasets: headers, units, indices of chunks.
std::uint64_t structure_bytes(std::size_t datasets);

}  // namespace locum::io
