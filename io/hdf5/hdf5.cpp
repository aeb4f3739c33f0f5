#include "io/hdf5/hdf5.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// HDF5 prints no errors of its own.
void silence() {
  static const herr_t done = (H5open(), H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr));
  (void)done;
}

// HDF5's stack of errors as one line, innermost (the cause) first.
std::string hdf5_text() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* to) -> herr_t {
        if (depth < 2 && error->desc) *static_cast<std::string*>(to) += (depth ? "; " : "") + std::string(error->desc);
        return 0;
      },
      &text);
  return text.empty() ? "HDF5 gives no reason" : text;
}

Hdf5Handle access_list() {
  silence();
  Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Version 1.10 of the format: checksums over all structure, an index of chunks that grows without being rewritten.
  H5Pset_libver_bounds(access.id(), H5F_LIBVER_V110, H5F_LIBVER_V110);
  // Locks fail on some parallel file systems; a file is complete before it has its name, so that none are needed.
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access.id(), false, true);
#endif
  H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
  return access;
}

}  // namespace

void Hdf5File::fail(const std::string& what, const std::string& object) const {
  throw IoError("cannot " + what + (object.empty() ? "" : " " + object) + ": " + hdf5_text(), path_);
}

void check_hdf5(const std::string& path) {
  silence();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw IoError(std::string("cannot open: ") + std::strerror(errno), path, "check the path");
  if (S_ISDIR(status.st_mode)) throw IoError("found a folder, an HDF5 file was expected", path);
  const auto access = access_list();
  WriteFailure none;
  use_posix_driver(access.id(), none);
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (file.id() >= 0) return;
  const std::string reason = hdf5_text();
  const std::string size = " (" + std::to_string(status.st_size) + " bytes): ";
  throw IoError(
      "this is not a complete HDF5 file" + size + reason, path,
      "it may have been cut short while it was copied, or is no HDF5 file at all; copy it again or give another");
}

std::uint64_t structure_bytes(std::size_t datasets) { return 65536 + std::uint64_t{4096} * datasets; }

Hdf5File Hdf5File::create(const std::string& path) {
  Hdf5File file(Communicator::self(), path);
  const auto access = access_list();
  use_posix_driver(access.id(), *file.failure_);
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.id(), false);  // of the root group
  file.file_ = Hdf5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose);
  file.check(file.file_.id(), "create the file", "");
  file.writes_ = true;
  return file;
}

Hdf5File Hdf5File::modify(const std::string& path) {
  check_hdf5(path);
  Hdf5File file(Communicator::self(), path);
  const auto access = access_list();
  use_posix_driver(access.id(), *file.failure_);
  file.file_ = Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), H5Fclose);
  file.check(file.file_.id(), "open for writing", "");
  file.writes_ = true;
  return file;
}

Hdf5File Hdf5File::open(const std::string& path) {
  check_hdf5(path);
  Hdf5File file(Communicator::self(), path);
  const auto access = access_list();
  use_posix_driver(access.id(), *file.failure_);
  file.file_ = Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  file.check(file.file_.id(), "open", "");
  return file;
}

Hdf5File Hdf5File::modify_together(const Communicator& comm, const std::string& path) {
  if (comm.size() == 1) return modify(path);
  on_root(comm, [&] { check_hdf5(path); });
  Hdf5File file(comm, path);
  const auto access = access_list();
  H5Pset_fapl_mpio(access.id(), comm.get(), MPI_INFO_NULL);
  H5Pset_all_coll_metadata_ops(access.id(), true);
  H5Pset_coll_metadata_write(access.id(), true);
  file.file_ = Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), H5Fclose);
  together(comm, [&] { file.check(file.file_.id(), "open for writing by all ranks", ""); });
  file.writes_ = true;
  return file;
}

Hdf5File::~Hdf5File() = default;

void Hdf5File::close() {
  const hid_t id = file_.release();
  if (id < 0) return;
  const bool flushed = !writes_ || H5Fflush(id, H5F_SCOPE_LOCAL) >= 0;
  const std::string reason = flushed ? "" : hdf5_text();
  const bool closed = H5Fclose(id) >= 0;
  together(comm_, [&] {
    if (failure_->error != 0) throw IoError(failure_->sentence(), path_, "free some space or give another --output");
    if (!flushed) throw IoError("cannot flush the file: " + reason, path_);
    if (!closed) fail("close the file", "");
  });
}

std::uint64_t Hdf5File::bytes() const {
  hsize_t size = 0;
  check(H5Fget_filesize(file_.id(), &size), "ask for the size", "");
  return size;
}

bool Hdf5File::has(const std::string& object) const {
  if (object == "/") return true;
  // H5Lexists asks for one link at a time.
  for (std::size_t at = 1; at != std::string::npos;) {
    at = object.find('/', at);
    const std::string part = object.substr(0, at);
    if (H5Lexists(file_.id(), part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (at != std::string::npos) ++at;
  }
  return H5Oexists_by_name(file_.id(), object.c_str(), H5P_DEFAULT) > 0;
}

bool Hdf5File::is_dataset(const std::string& object) const {
  return H5Iget_type(open_object(object).id()) == H5I_DATASET;
}

std::vector<std::string> Hdf5File::names(const std::string& group) const {
  const auto parent = open_object(group);
  std::vector<std::string> all;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  // Sorted here: where a file is damaged, HDF5 (1.10) frees what it never set in the table that its own sorting needs.
  check(H5Literate(parent.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect, &all), "list", group);
  std::sort(all.begin(), all.end());
  return all;
}

Hdf5Handle Hdf5File::open_object(const std::string& object) const {
  return {check(H5Oopen(file_.id(), object.c_str(), H5P_DEFAULT), "open", object), H5Oclose};
}

Hdf5Handle Hdf5File::open_dataset(const std::string& dataset, hid_t access) const {
  return {check(H5Dopen2(file_.id(), dataset.c_str(), access), "open", dataset), H5Dclose};
}

void Hdf5File::make_group(const std::string& group) {
  if (has(group)) return;
  const Hdf5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose), creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.id(), 1);
  H5Pset_obj_track_times(creation.id(), false);
  const auto slash = group.rfind('/');
  if (slash > 0 && slash != std::string::npos) make_group(group.substr(0, slash));  // each without time stamps
  const Hdf5Handle made(H5Gcreate2(file_.id(), group.c_str(), links.id(), creation.id(), H5P_DEFAULT), H5Gclose);
  check(made.id(), "make the group", group);
}

void Hdf5File::link(const std::string& object, const std::string& name) {
  check(H5Lcreate_hard(file_.id(), object.c_str(), file_.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), "link", name);
}

}  // namespace locum::io
