#include "io/scan/scan_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

// After a crash of the machine so much of the last work is done again.
constexpr std::chrono::seconds settle_every{30};

[[noreturn]] void fail(const std::string& what, const std::string& path, int error, const std::string& hint = "") {
  throw IoError(what + ": " + std::strerror(error), path, hint);
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

template <class T>
constexpr Storage storage_of() {
  if constexpr (std::is_same_v<T, float>) return Storage::float32;
  if constexpr (std::is_same_v<T, double>) return Storage::float64;
  if constexpr (std::is_same_v<T, std::uint16_t>) return Storage::uint16;
  return Storage::uint32;
}

}  // namespace

ScanFile::ScanFile(const Communicator& comm, const std::string& path, const ScanLayout& layout)
    : comm_(comm), path_(path), part_(path + ".part"), probes_(layout.probes()) {
  layout.validate();
  for (const auto& image : layout.images)
    images_.push_back({group_of(image), image.storage, 0, static_cast<std::uint64_t>(image.channels.count())});
  for (const auto& cube : layout.cubes)
    cubes_.push_back({group_of(cube), cube.storage, 0, cube.qx.size() * cube.qy.size()});
  done_.assign(static_cast<std::size_t>(layout.tiles), 0);
}

ScanFile::ScanFile(ScanFile&& other) noexcept
    : comm_(other.comm_),
      path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      probes_(other.probes_),
      images_(std::move(other.images_)),
      cubes_(std::move(other.cubes_)),
      progress_(other.progress_),
      session_(other.session_),
      done_(std::move(other.done_)),
      unsettled_(std::move(other.unsettled_)),
      settled_(other.settled_) {}

ScanFile::~ScanFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void ScanFile::write_at(std::uint64_t offset, const void* data, std::size_t size, const std::string& what) const {
  const auto* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(descriptor_, from, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      fail("cannot write " + std::to_string(size) + " bytes of " + what + " at offset " + std::to_string(offset) +
               " (rank " + std::to_string(comm_.rank()) + ")",
           part_, n < 0 ? errno : ENOSPC, "free some space and go on with --restart: what is marked done is good");
    from += n, offset += static_cast<std::uint64_t>(n), size -= static_cast<std::size_t>(n);
  }
}

void ScanFile::write_numbers(const Item& item, Storage storage, std::int64_t first, const void* data,
                             std::size_t count) {
  if (storage != item.storage)
    throw ConfigError("found numbers of type " + name_of(storage) + " for " + item.group + ", " +
                      name_of(item.storage) + " were expected");
  const auto probes = static_cast<std::int64_t>(count / item.numbers);
  if (count % item.numbers != 0 || first < 0 || first > probes_ || probes > probes_ - first)
    throw ConfigError("found " + std::to_string(count) + " numbers from probe " + std::to_string(first) + " for " +
                      item.group + ", which has " + std::to_string(item.numbers) + " for each of " +
                      std::to_string(probes_) + " probes");
  const std::uint64_t size = bytes_of(storage);
  write_at(item.offset + static_cast<std::uint64_t>(first) * item.numbers * size, data, count * size, item.group);
}

template <class T>
void ScanFile::write_image(std::size_t image, std::int64_t first, std::span<const T> values) {
  write_numbers(images_.at(image), storage_of<T>(), first, values.data(), values.size());
}

template <class T>
void ScanFile::write_cube(std::size_t cube, std::int64_t first, std::span<const T> values) {
  write_numbers(cubes_.at(cube), storage_of<T>(), first, values.data(), values.size());
}

template void ScanFile::write_image(std::size_t, std::int64_t, std::span<const float>);
template void ScanFile::write_image(std::size_t, std::int64_t, std::span<const double>);
template void ScanFile::write_image(std::size_t, std::int64_t, std::span<const std::uint16_t>);
template void ScanFile::write_image(std::size_t, std::int64_t, std::span<const std::uint32_t>);
template void ScanFile::write_cube(std::size_t, std::int64_t, std::span<const float>);
template void ScanFile::write_cube(std::size_t, std::int64_t, std::span<const double>);
template void ScanFile::write_cube(std::size_t, std::int64_t, std::span<const std::uint16_t>);
template void ScanFile::write_cube(std::size_t, std::int64_t, std::span<const std::uint32_t>);

void ScanFile::mark_done(std::int64_t tile) {
  auto& done = done_.at(static_cast<std::size_t>(tile));
  done = 1;
  write_at(progress_ + static_cast<std::uint64_t>(tile), &done, 1, "the progress");
  unsettled_.push_back(tile);
  if (std::chrono::steady_clock::now() - settled_ > settle_every) settle();
}

// This rank's numbers to the disk, then their marks.
void ScanFile::settle() {
  if (::fdatasync(descriptor_) != 0) fail("cannot flush to the disk", part_, errno);
  for (const auto tile : unsettled_) {
    auto& done = done_[static_cast<std::size_t>(tile)];
    done = 2;
    write_at(progress_ + static_cast<std::uint64_t>(tile), &done, 1, "the progress");
  }
  unsettled_.clear();
  settled_ = std::chrono::steady_clock::now();
}

void ScanFile::finish() {
  together(comm_, [&] { settle(); });
  on_root(comm_, [&] {
    if (::pread(descriptor_, done_.data(), done_.size(), static_cast<off_t>(progress_)) !=
        static_cast<ssize_t>(done_.size()))
      throw IoError("cannot read the progress back", part_);
    const auto open = std::count_if(done_.begin(), done_.end(), [](char mark) { return mark != 2; });
    if (open > 0)
      throw IoError(std::to_string(open) + " of " + std::to_string(done_.size()) + " tiles are not done", part_,
                    "go on with --restart");
    const std::uint64_t none = 0;
    write_at(session_, &none, sizeof none, "the session");
    if (::fsync(descriptor_) != 0) fail("cannot flush to the disk", part_, errno);
    if (::rename(part_.c_str(), path_.c_str()) != 0) fail("cannot rename " + part_, path_, errno);
    const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
      ::fsync(folder);  // some file systems refuse it for folders; the rename itself has been done
      ::close(folder);
    }
  });
  ::close(std::exchange(descriptor_, -1));
}

}  // namespace locum::io
