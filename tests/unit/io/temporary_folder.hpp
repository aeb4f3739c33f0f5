// A folder for a test's files, the same on every rank, gone with its owner.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "kokkos_kernels/base/communicator.hpp"

namespace locum::io {

class TemporaryFolder {
 public:
  explicit TemporaryFolder(const Communicator& comm = Communicator::self()) : comm_(comm) {
    if (comm.is_root()) {
      std::string pattern = (std::filesystem::temp_directory_path() / "locum_io_XXXXXX").string();
      path_ = ::mkdtemp(pattern.data());
    }
    comm.broadcast(path_);
  }
  ~TemporaryFolder() {
    comm_.barrier();
    if (comm_.is_root()) std::filesystem::remove_all(path_);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
  }

 private:
  Communicator comm_;
  std::string path_;
};

inline std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Says no more than that: a difference of binary files is not for reading.
inline bool same_bytes(const std::string& a, const std::string& b) { return content(a) == content(b); }

inline void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace locum::io
