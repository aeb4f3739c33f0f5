// The result of a scan, streamed into one HDF5 file by all ranks as it comes, and taken up again after any end.
//
// The file is made whole before the run: its structure by HDF5, its space by the file system, so that a full disk shows
// before the first probe and not after forty hours. Images and cubes lie there in one piece each, and a run of probes
// in scan order is a run of bytes: ranks write theirs by pwrite(2), independently, with no cache between (HDF5's sieve
// buffer would hold what a kill then loses), while the structure is never touched again. So the unfinished file,
// PATH.part, is a complete HDF5 file at every moment and can be looked at during the run; it gets its name when all
// tiles are done.
//
// A tile is marked done after its numbers were written. Marks: 0 open, 1 written, 2 on the disk. A kill leaves 1 as
// good as 2; a crash of the machine does not, so 1 counts only where no machine was started anew since.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/scan/scan_layout.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

class ScanFile {
 public:
  // A new PATH.part of zeros; one that was there is lost. ConfigError for a wrong layout, IoError where there is no
  // room (bytes needed and free), no such folder, or another run at work on the file. Collective.
  static ScanFile create(const Communicator& comm, const std::string& path, const ScanLayout& layout,
                         const ScanMetadata& metadata);
  // What a run left of the same layout and fingerprint; else ConfigError, IoError where there is none. Collective.
  static ScanFile open_unfinished(const Communicator& comm, const std::string& path, const ScanLayout& layout,
                                  const std::string& fingerprint);
  static bool has_unfinished(const Communicator& comm, const std::string& path);  // collective

  ScanFile(ScanFile&& other) noexcept;
  ~ScanFile();  // without finish(): PATH.part stays as it is

  std::int64_t tiles() const { return static_cast<std::int64_t>(done_.size()); }
  // As it was when the file was opened, and what this rank did since.
  bool is_done(std::int64_t tile) const { return done_.at(static_cast<std::size_t>(tile)) != 0; }

  // values: (count, channels) of the probes first … first + count − 1 in scan order, of the type that the layout gives
  // (float, double, std::uint16_t, std::uint32_t; others: ConfigError). `image` is the index in layout.images. The
  // calling rank alone; two ranks never write the same probe. IoError when the disk is full: what was marked done stays
  // good.
  template <class T>
  void write_image(std::size_t image, std::int64_t first, std::span<const T> values);
  // values: (count, qx, qy), the same with layout.cubes.
  template <class T>
  void write_cube(std::size_t cube, std::int64_t first, std::span<const T> values);
  // All numbers of the tile have been written by this rank. The calling rank alone.
  void mark_done(std::int64_t tile);

  // Flush, check that every tile is done (else IoError and PATH.part stays), rename to PATH. Collective: a rank that
  // failed before must say so first (kokkos_kernels/base/together.hpp), or the others wait here.
  void finish();

  const std::string& unfinished_path() const { return part_; }

 private:
  struct Item {
    std::string group;
    Storage storage = Storage::float32;
    std::uint64_t offset = 0, numbers = 0;  // where its data begin; numbers of one probe
  };
  ScanFile(const Communicator& comm, const std::string& path, const ScanLayout& layout);
  void lock(bool make);
  void make(const ScanLayout& layout, const ScanMetadata& metadata);
  void reserve(std::uint64_t bytes) const;
  void check_structure(const ScanLayout& layout, const std::string& fingerprint);
  void find_places();
  void take_up_progress();
  void begin_session(std::uint64_t token);
  void write_at(std::uint64_t offset, const void* data, std::size_t size, const std::string& what) const;
  void write_numbers(const Item& item, Storage storage, std::int64_t first, const void* data, std::size_t count);
  void settle();

  Communicator comm_;
  std::string path_, part_;
  int descriptor_ = -1;
  std::int64_t probes_ = 0;
  std::vector<Item> images_, cubes_;
  std::uint64_t progress_ = 0, session_ = 0;  // their offsets in the file
  std::vector<char> done_;
  std::vector<std::int64_t> unsettled_;  // marked 1 by this rank
  std::chrono::steady_clock::time_point settled_ = std::chrono::steady_clock::now();
};

}  // namespace locum::io
