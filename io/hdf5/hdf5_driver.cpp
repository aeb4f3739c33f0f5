#include "io/hdf5/hdf5_driver.hpp"

#include <H5FDpublic.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

struct File {
  H5FD_t base;  // first: HDF5 sees the file as this
  int id;
  haddr_t end_of_addresses, end_of_file;
  dev_t device;
  ino_t inode;
  WriteFailure* failure;
};

File* cast(H5FD_t* file) { return reinterpret_cast<File*>(file); }
const File* cast(const H5FD_t* file) { return reinterpret_cast<const File*>(file); }

void note(File* file, int error, haddr_t offset, std::size_t size) {
  if (file->failure->error == 0) *file->failure = {error, offset, size};
}

H5FD_t* open_file(const char* name, unsigned flags, hid_t access, haddr_t) {
  const auto* failure = static_cast<WriteFailure* const*>(H5Pget_driver_info(access));
  if (!failure) return nullptr;
  const int id = ::open(name, ((flags & H5F_ACC_RDWR) ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (id < 0) return nullptr;
  struct stat status {};
  if (::fstat(id, &status) != 0) {
    ::close(id);
    return nullptr;
  }
  return &(new File{{}, id, 0, static_cast<haddr_t>(status.st_size), status.st_dev, status.st_ino, *failure})->base;
}

// What files behind external links and virtual datasets are opened with: HDF5 asks the file, and frees the answer.
void* info_of(H5FD_t* base) {
  auto* copy = static_cast<WriteFailure**>(std::malloc(sizeof(WriteFailure*)));
  if (copy) *copy = cast(base)->failure;
  return copy;
}

herr_t close_file(H5FD_t* base) {
  File* file = cast(base);
  if (::close(file->id) != 0) note(file, errno, 0, 0);
  delete file;
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  const File *x = cast(a), *y = cast(b);
  if (x->device != y->device) return x->device < y->device ? -1 : 1;
  return x->inode == y->inode ? 0 : x->inode < y->inode ? -1 : 1;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  // No accumulation of metadata: a global heap then always arrives in a read of its own (check_heap).
  *flags = H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t get_eoa(const H5FD_t* file, H5FD_mem_t) { return cast(file)->end_of_addresses; }
haddr_t get_eof(const H5FD_t* file, H5FD_mem_t) { return cast(file)->end_of_file; }
herr_t set_eoa(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  cast(file)->end_of_addresses = address;
  return 0;
}

std::uint64_t little_endian(const unsigned char* bytes, int count) {
  std::uint64_t value = 0;
  for (int k = count - 1; k >= 0; --k) value = value << 8 | bytes[k];
  return value;
}

// A collection of the global heap (texts of variable length) is the one structure of the format that has no checksum,
// and HDF5 1.10 walks through its objects without looking where they lead: a flipped bit is an endless loop. False for
// one that is broken. File format specification 3.0, section III.E; all of it may not be in the buffer yet.
bool heap_is_whole(const unsigned char* bytes, std::size_t size) {
  constexpr std::uint64_t header = 16, smallest = 4096;
  if (size < smallest || std::memcmp(bytes, "GCOL\1\0\0\0", 8) != 0) return true;  // something else
  const std::uint64_t total = little_endian(bytes + 8, 8);
  if (total < smallest || total % 8 != 0 || total > std::uint64_t{1} << 40) return false;
  for (std::uint64_t at = header; at + header <= std::min<std::uint64_t>(total, size);) {
    const std::uint64_t index = little_endian(bytes + at, 2), length = little_endian(bytes + at + 8, 8);
    if (length > total - at) return false;
    // Object 0 is the free space at the end.
    if (index == 0) return length == total - at;
    at += header + (length + 7) / 8 * 8;
    if (at > total) return false;
  }
  return true;
}

// What was never written reads as zeros, like a hole.
herr_t read(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t offset, const std::size_t wanted, void* buffer) {
  auto* to = static_cast<char*>(buffer);
  std::size_t size = wanted;
  while (size > 0) {
    const ssize_t n = ::pread(cast(base)->id, to, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) {
      std::memset(to, 0, size);
      break;
    }
    to += n, offset += static_cast<haddr_t>(n), size -= static_cast<std::size_t>(n);
  }
  return heap_is_whole(static_cast<const unsigned char*>(buffer), wanted) ? 0 : -1;
}

herr_t write(H5FD_t* base, H5FD_mem_t, hid_t, haddr_t offset, std::size_t size, const void* buffer) {
  File* file = cast(base);
  const auto* from = static_cast<const char*>(buffer);
  while (size > 0 && file->failure->error == 0) {
    const ssize_t n = ::pwrite(file->id, from, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      note(file, n < 0 ? errno : ENOSPC, offset, size);
      break;
    }
    from += n, offset += static_cast<haddr_t>(n), size -= static_cast<std::size_t>(n);
  }
  file->end_of_file = std::max(file->end_of_file, offset + size);
  return 0;
}

herr_t truncate(H5FD_t* base, hid_t, hbool_t) {
  File* file = cast(base);
  if (file->end_of_file == file->end_of_addresses) return 0;
  if (::ftruncate(file->id, static_cast<off_t>(file->end_of_addresses)) != 0)
    note(file, errno, file->end_of_addresses, 0);
  file->end_of_file = file->end_of_addresses;
  return 0;
}

H5FD_class_t make_class() {
  H5FD_class_t c{};
#if H5_VERSION_GE(1, 13, 0)
  c.version = H5FD_CLASS_VERSION;
  c.value = static_cast<H5FD_class_value_t>(513);  // of those that HDF5 leaves to anyone
#endif
  c.name = "locum_posix";
  c.maxaddr = (haddr_t{1} << 62) - 1;
  c.fc_degree = H5F_CLOSE_STRONG;
  c.fapl_size = sizeof(WriteFailure*);
  c.fapl_get = info_of;
  c.open = open_file;
  c.close = close_file;
  c.cmp = compare;
  c.query = query;
  c.get_eoa = get_eoa;
  c.set_eoa = set_eoa;
  c.get_eof = get_eof;
  c.read = read;
  c.write = write;
  c.truncate = truncate;
  const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(map), std::end(map), std::begin(c.fl_map));
  return c;
}

}  // namespace

std::string WriteFailure::sentence() const {
  return "cannot write " + std::to_string(size) + " bytes at offset " + std::to_string(offset) + ": " +
         std::strerror(error);
}

void use_posix_driver(hid_t access, WriteFailure& failure) {
  static const H5FD_class_t description = make_class();
  static const hid_t driver = H5FDregister(&description);
  WriteFailure* const note_to = &failure;
  if (driver < 0 || H5Pset_driver(access, driver, &note_to) < 0) throw IoError("HDF5 refused Locum's file driver");
}

}  // namespace locum::io
