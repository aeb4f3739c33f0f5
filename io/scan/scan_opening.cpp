// How a scan's file comes to be, and how it is taken up again.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>
#include <utility>

#include "io/collective.hpp"
#include "io/scan/scan_file.hpp"
#include "io/scan/scan_structure.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// A killed run's other ranks may live a moment longer.
constexpr std::chrono::seconds patience{5};

[[noreturn]] void fail(const std::string& what, const std::string& path, int error, const std::string& hint = "") {
  throw IoError(what + ": " + std::strerror(error), path, hint);
}

// One number for the machines that all ranks run on since they were started; 0 where a machine does not say.
std::uint64_t session_token(const Communicator& comm) {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(in, id);
  auto fold = [](std::uint64_t hash, const char* bytes, std::size_t n) {  // FNV-1a
    for (std::size_t k = 0; k < n; ++k) hash = (hash ^ static_cast<unsigned char>(bytes[k])) * 1099511628211ULL;
    return hash;
  };
  constexpr std::uint64_t basis = 14695981039346656037ULL;
  const std::uint64_t mine = id.empty() ? 0 : fold(basis, id.data(), id.size());
  auto all = comm.all_gather(std::span<const std::uint64_t>(&mine, 1));
  std::sort(all.begin(), all.end());
  if (all.front() == 0) return 0;
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const std::uint64_t token = fold(basis, reinterpret_cast<const char*>(all.data()), all.size() * sizeof(all[0]));
  return token ? token : 1;
}

}  // namespace

ScanFile ScanFile::create(const Communicator& comm, const std::string& path, const ScanLayout& layout,
                          const ScanMetadata& metadata) {
  ScanFile file(comm, path, layout);
  const std::uint64_t wanted = layout.data_bytes();
  together(comm, [&] {  // the limit belongs to the process
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && wanted > limit.rlim_cur)
      throw IoError("no room: " + std::to_string(wanted) + " bytes are needed, the limit on the size of files is " +
                        std::to_string(limit.rlim_cur) + " bytes",
                    file.part_, "raise it with ulimit -f");
  });
  on_root(comm, [&] {
    file.lock(true);
    try {
      file.make(layout, metadata);
    } catch (...) {
      ::unlink(file.part_.c_str());
      throw;
    }
  });
  const std::uint64_t token = session_token(comm);
  file.find_places();
  file.begin_session(token);
  return file;
}

ScanFile ScanFile::open_unfinished(const Communicator& comm, const std::string& path, const ScanLayout& layout,
                                   const std::string& fingerprint) {
  ScanFile file(comm, path, layout);
  on_root(comm, [&] {
    file.lock(false);
    file.check_structure(layout, fingerprint);
  });
  file.find_places();
  file.take_up_progress();
  return file;
}

bool ScanFile::has_unfinished(const Communicator& comm, const std::string& path) {
  int there = 0;
  if (comm.is_root()) there = ::access((path + ".part").c_str(), F_OK) == 0;
  comm.broadcast(there);
  return there != 0;
}

// Opens PATH.part for this rank (the root) and keeps other runs away from it as long as the file is open.
void ScanFile::lock(bool make) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    descriptor_ = ::open(part_.c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0666);
    if (descriptor_ < 0)
      fail(make ? "cannot write into the folder" : "there is nothing to go on with", part_, errno,
           make ? "check --output" : "start the run anew, without --restart");
    // Not flock(2): HDF5 takes that for itself, and whoever looks at the unfinished file would be sent away.
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    const bool locked = ::fcntl(descriptor_, F_OFD_SETLK, &whole) == 0;
    if (!locked && errno != EAGAIN && errno != EACCES && errno != EINTR) return;  // a file system without locks
    // Whom we waited for may have finished: the file that we hold then has its final name and is not ours.
    struct stat held {
    }, named{};
    if (locked && ::fstat(descriptor_, &held) == 0 && ::stat(part_.c_str(), &named) == 0 && held.st_ino == named.st_ino)
      return;
    ::close(std::exchange(descriptor_, -1));
    if (std::chrono::steady_clock::now() > until)
      throw IoError("another run is writing this file", part_, "wait for it, end it, or give another --output");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void ScanFile::make(const ScanLayout& layout, const ScanMetadata& metadata) {
  if (::ftruncate(descriptor_, 0) != 0) fail("cannot empty the file", part_, errno);
  reserve(layout.data_bytes() + structure_bytes(8 * (images_.size() + cubes_.size()) + 64));
  if (::ftruncate(descriptor_, 0) != 0) fail("cannot empty the file", part_, errno);
  auto hdf5 = Hdf5File::create(part_);
  make_scan_structure(hdf5, layout, metadata);
  hdf5.close();
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) fail("cannot ask for the size", part_, errno);
  reserve(static_cast<std::uint64_t>(status.st_size));
  if (::fsync(descriptor_) != 0) fail("cannot flush to the disk", part_, errno);
}

// Room for `bytes` in all, taken from the file system where it can allocate ahead, else only compared with what is
// free.
void ScanFile::reserve(std::uint64_t bytes) const {
  struct statvfs disk {};
  struct stat present {};
  const bool known = ::fstatvfs(descriptor_, &disk) == 0 && ::fstat(descriptor_, &present) == 0;
  const std::uint64_t free = known ? std::uint64_t{disk.f_bavail} * disk.f_frsize : 0;
  const std::uint64_t held = known ? static_cast<std::uint64_t>(present.st_blocks) * 512 : 0;
  const std::string what =
      "no room: " + std::to_string(bytes) + " bytes are needed, " + std::to_string(free + held) + " are free";
  const std::string hint = "free some space, give another --output, take fewer probes, or bin the patterns more";
  if (known && bytes > held && bytes - held > free) throw IoError(what, part_, hint);
  if (::fallocate(descriptor_, 0, 0, static_cast<off_t>(bytes)) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) fail(what, part_, errno, hint);
}

void ScanFile::check_structure(const ScanLayout& layout, const std::string& fingerprint) {
  const auto hdf5 = Hdf5File::open(part_);
  const std::string hint = "start the run anew, without --restart, or bring back the input of the first run";
  if (!hdf5.has(scan_progress) || !hdf5.has_attribute("/locum", "fingerprint"))
    throw IoError("this is no unfinished scan of Locum", part_, "give another --output");
  if (hdf5.text_attribute("/locum", "fingerprint") != fingerprint)
    throw ConfigError("the unfinished scan was made from another input", part_, hint);
  auto check = [&](const std::string& dataset, const Shape& expected, std::uint64_t number_bytes) {
    if (!hdf5.has(dataset) || hdf5.shape(dataset) != expected || hdf5.number_bytes(dataset) != number_bytes)
      throw ConfigError("the unfinished scan has no " + dataset + " of the extents and type that the input asks for",
                        part_, hint);
  };
  check(scan_progress, {layout.tiles}, 1);
  for (const auto& image : layout.images) {
    Shape shape{layout.nx, layout.ny};
    if (!image.channels.places.empty() || image.channels.named()) shape.push_back(image.channels.count());
    check(group_of(image) + "/data", shape, bytes_of(image.storage));
  }
  for (const auto& cube : layout.cubes)
    check(group_of(cube) + "/data",
          {layout.nx, layout.ny, static_cast<std::int64_t>(cube.qx.size()), static_cast<std::int64_t>(cube.qy.size())},
          bytes_of(cube.storage));
}

// Root reads where everything lies; the others open the file for themselves.
void ScanFile::find_places() {
  std::vector<std::uint64_t> places;
  on_root(comm_, [&] {
    const auto hdf5 = Hdf5File::open(part_);
    places = {hdf5.offset(scan_progress), hdf5.offset(scan_session)};
    for (const auto& image : images_) places.push_back(hdf5.offset(image.group + "/data"));
    for (const auto& cube : cubes_) places.push_back(hdf5.offset(cube.group + "/data"));
  });
  broadcast_long(comm_, places);
  progress_ = places[0];
  session_ = places[1];
  for (std::size_t k = 0; k < images_.size(); ++k) images_[k].offset = places[2 + k];
  for (std::size_t k = 0; k < cubes_.size(); ++k) cubes_[k].offset = places[2 + images_.size() + k];
  together(comm_, [&] {
    if (descriptor_ < 0) descriptor_ = ::open(part_.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor_ < 0)
      fail("cannot open on rank " + std::to_string(comm_.rank()), part_, errno, "every rank must see the same folder");
  });
}

void ScanFile::take_up_progress() {
  const std::uint64_t token = session_token(comm_);
  // What the machines still hold of the run before: after this a mark of 1 that counts is as good as 2.
  together(comm_, [&] {
    if (::fdatasync(descriptor_) != 0) fail("cannot flush to the disk", part_, errno);
  });
  on_root(comm_, [&] {
    std::uint64_t before = 0;
    const auto n = static_cast<ssize_t>(done_.size());
    if (::pread(descriptor_, &before, sizeof before, static_cast<off_t>(session_)) != ssize_t{sizeof before} ||
        ::pread(descriptor_, done_.data(), done_.size(), static_cast<off_t>(progress_)) != n)
      throw IoError("the file is shorter than its structure says", part_, "start the run anew, without --restart");
    const bool same_machines = before != 0 && before == token;
    for (auto& mark : done_) mark = mark == 2 || (mark == 1 && same_machines) ? 2 : 0;
    write_at(progress_, done_.data(), done_.size(), "the progress");
    if (::fdatasync(descriptor_) != 0) fail("cannot flush to the disk", part_, errno);
  });
  comm_.broadcast(std::span<char>(done_));
  begin_session(token);
}

void ScanFile::begin_session(std::uint64_t token) {
  on_root(comm_, [&] {
    write_at(session_, &token, sizeof token, "the session");
    if (::fdatasync(descriptor_) != 0) fail("cannot flush to the disk", part_, errno);
  });
}

}  // namespace locum::io
