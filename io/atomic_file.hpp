// Files that are never half written: everything goes to a temporary beside the file, which is flushed to the disk and
// renamed over it. A crash at any moment leaves the old file; a full disk is found before the first byte is written.
#pragma once

#include <cstdint>
#include <string>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

// All calls are collective over `comm`; rank 0 works, all ranks throw together.
class AtomicFile {
 public:
  // Makes an empty temporary beside `path`, and removes temporaries that a killed run left there. Throws IoError when
  // the folder does not exist or cannot be written.
  AtomicFile(const Communicator& comm, std::string path);
  ~AtomicFile();  // without commit(): removes the temporary; `path` is what it was
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& temporary() const { return temporary_; }
  // Fills the temporary with the present content of `path`, by reference where the file system can (FICLONE: btrfs,
  // XFS).
  void copy_current();
  // Room on the disk for `bytes` in all, or an IoError that says how many are wanted and how many are free. Looks at
  // the limit on the size of files (ulimit -f) on every rank; allocates where the file system can.
  void reserve(std::uint64_t bytes);
  // Flush, rename, flush of the folder. What was reserved and not used is given back.
  void commit();

 private:
  void remove_leftovers() const;
  Communicator comm_;
  std::string path_, folder_, temporary_;
  bool committed_ = false;
};

// A small text file written whole, atomically; `text` of rank 0. Collective.
void write_text(const Communicator& comm, const std::string& path, const std::string& text);
// The whole file, read by rank 0, on every rank. A missing or unreadable file: IoError. Collective.
std::string read_text(const Communicator& comm, const std::string& path);

}  // namespace locum::io
