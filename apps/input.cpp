#include "apps/input.hpp"

#include <sstream>

#include "io/atomic_file.hpp"
#include "io/dataset/dataset.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void check_same_input(const Communicator& comm, const RunDirectory& directory, const std::string& resolved) {
  std::istringstream before(io::read_text(comm, directory.file("input.toml"))), now(resolved);
  std::string line_before, line_now;
  for (int number = 1;; ++number) {
    const bool more_before = static_cast<bool>(std::getline(before, line_before)),
               more_now = static_cast<bool>(std::getline(now, line_now));
    if (!more_before && !more_now) return;
    if (more_before != more_now || line_before != line_now)
      throw ConfigError(
          "the run in this folder was started with «" + line_before + "», this input says «" + line_now + "»",
          directory.file("input.toml") + ":" + std::to_string(number),
          "restart with the same input and --set, or begin anew in another folder");
  }
}

std::set<std::int64_t> trajectories_in(const Communicator& comm, const std::string& path) {
  const std::vector<std::int64_t> column = io::Dataset(comm, path).integer_column("trajectory");
  return {column.begin(), column.end()};
}

bool is_input_with(const Communicator& comm, const CommandLine& line, const std::string& key) {
  io::TomlDocument document = io::TomlDocument::read(comm, line.input);
  for (const std::string& assignment : line.set) document.set(assignment);
  return document.has(key);
}

}  // namespace locum::apps
