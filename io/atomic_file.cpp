#include "io/atomic_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path, int error, const std::string& hint = "") {
  throw IoError(what + ": " + std::strerror(error), path, hint);
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : id_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (id_ < 0) fail("cannot open", path, errno);
  }
  ~Descriptor() { ::close(id_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int id() const { return id_; }

 private:
  int id_;
};

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

void write_all(int id, const char* data, std::size_t size, const std::string& path) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t n = ::write(id, data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      fail("cannot write " + std::to_string(size) + " bytes", path, errno, "free some space or give another --output");
    done += static_cast<std::size_t>(n);
  }
}

// Reads until `buffer` is full or the file ends.
std::size_t read_some(int id, char* buffer, std::size_t size, const std::string& path) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(id, buffer + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read", path, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace

AtomicFile::AtomicFile(const Communicator& comm, std::string path)
    : comm_(comm), path_(std::move(path)), folder_(folder_of(path_)) {
  on_root(comm_, [&] {
    remove_leftovers();
    temporary_ = path_ + ".tmp-" + std::to_string(::getpid());
    const Descriptor made(temporary_, O_RDWR | O_CREAT | O_TRUNC);
  });
  comm_.broadcast(temporary_);
}

AtomicFile::~AtomicFile() {
  if (!committed_ && comm_.is_root()) ::unlink(temporary_.c_str());
}

void AtomicFile::remove_leftovers() const {
  const std::string prefix = name_of(path_) + ".tmp-";
  DIR* folder = ::opendir(folder_.c_str());
  if (!folder) fail("cannot write into the folder", folder_, errno);
  std::vector<std::string> left;
  while (const dirent* entry = ::readdir(folder))
    if (std::strncmp(entry->d_name, prefix.c_str(), prefix.size()) == 0) left.push_back(folder_ + "/" + entry->d_name);
  ::closedir(folder);
  for (const auto& file : left) ::unlink(file.c_str());
}

void AtomicFile::copy_current() {
  on_root(comm_, [&] {
    const Descriptor from(path_, O_RDONLY), to(temporary_, O_WRONLY);
    if (::ioctl(to.id(), FICLONE, from.id()) == 0) return;
    std::vector<char> buffer(std::size_t{4} << 20);
    while (const std::size_t n = read_some(from.id(), buffer.data(), buffer.size(), path_))
      write_all(to.id(), buffer.data(), n, temporary_);
  });
}

void AtomicFile::reserve(std::uint64_t bytes) {
  const std::string wanted = std::to_string(bytes) + " bytes are wanted";
  together(comm_, [&] {  // the limit belongs to the process
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur)
      throw IoError(
          "no room: " + wanted + ", the limit on the size of files is " + std::to_string(limit.rlim_cur) + " bytes",
          path_, "raise it with ulimit -f");
  });
  on_root(comm_, [&] {
    const Descriptor file(temporary_, O_RDWR);
    struct statvfs disk {};
    struct stat present {};
    const bool known = ::fstatvfs(file.id(), &disk) == 0 && ::fstat(file.id(), &present) == 0;
    const std::uint64_t free = known ? std::uint64_t{disk.f_bavail} * disk.f_frsize : 0;
    const std::string hint =
        "free some space or give another --output; a commit needs room for the old and the new file";
    const auto held = known ? static_cast<std::uint64_t>(present.st_blocks) * 512 : 0;
    if (known && bytes > held && bytes - held > free)
      throw IoError("no room: " + wanted + ", " + std::to_string(free) + " are free", path_, hint);
    // KEEP_SIZE: a file that is longer than HDF5 thinks would not be equal to the next run's.
    if (::fallocate(file.id(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(std::max<std::uint64_t>(bytes, 1))) == 0)
      return;
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
      fail("no room: " + wanted + ", " + std::to_string(free) + " are free", path_, errno, hint);
    // Other errors: the file system cannot allocate ahead (NFS, some parallel ones); the check above is all there is.
  });
}

void AtomicFile::commit() {
  on_root(comm_, [&] {
    const Descriptor file(temporary_, O_RDWR);
    struct stat present {};
    if (::fstat(file.id(), &present) != 0 || ::ftruncate(file.id(), present.st_size) != 0 || ::fsync(file.id()) != 0)
      fail("cannot flush to the disk", temporary_, errno);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot rename " + temporary_, path_, errno);
    committed_ = true;
    const Descriptor folder(folder_, O_RDONLY | O_DIRECTORY);
    ::fsync(folder.id());  // some file systems refuse it for folders; the rename itself has been done
  });
  committed_ = true;
}

void write_text(const Communicator& comm, const std::string& path, const std::string& text) {
  AtomicFile file(comm, path);
  file.reserve(text.size());
  on_root(comm, [&] {
    const Descriptor out(file.temporary(), O_WRONLY);
    write_all(out.id(), text.data(), text.size(), path);
  });
  file.commit();
}

std::string read_text(const Communicator& comm, const std::string& path) {
  std::string text;
  on_root(comm, [&] {
    const Descriptor file(path, O_RDONLY);
    struct stat status {};
    if (::fstat(file.id(), &status) == 0 && S_ISDIR(status.st_mode))
      throw IoError("found a folder, a file was expected", path);
    std::vector<char> buffer(std::size_t{1} << 20);
    while (const std::size_t n = read_some(file.id(), buffer.data(), buffer.size(), path))
      text.append(buffer.data(), n);
  });
  comm.broadcast(text);
  return text;
}

}  // namespace locum::io
