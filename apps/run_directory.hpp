// The folder of a run: input.toml as resolved, run.log, summary.json, HDF5 files, report.html, event files.
#pragma once

#include <string>

#include "apps/signals.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::apps {

class RunDirectory {
 public:
  // Makes `path`. A folder that already holds a run is first moved aside, to PATH.1, PATH.2, …: nothing is ever
  // overwritten; with `restart` it is kept, and must hold a run. Collective; throws IoError with what the system said.
  RunDirectory(const Communicator& comm, const std::string& path, bool restart);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  bool has(const std::string& name) const;  // the same answer on every rank; collective

  // Writes a small text file (the root's text) beside and renames it. Collective; throws IoError.
  void write_text(const std::string& name, const std::string& text) const;

 private:
  Communicator comm_;
  std::string path_;
};

// What a run in this folder throws after a signal; kept: "whole data sets are", what --restart goes on from.
Interrupted interrupted(const RunDirectory& directory, const std::string& kept = "everything is");

// The folder for an input when --output is absent: runs/<input's name>.
std::string default_output(const std::string& input);

}  // namespace locum::apps
