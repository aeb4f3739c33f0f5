// The sources of the repository, read for the tests of this folder.
#pragma once

#include <string>
#include <vector>

namespace locum::structure {

struct Include {
  std::string name;  // as written between the quotes or brackets
  bool quoted = false;
  int line = 0;
};

struct SourceFile {
  std::string path;  // from the root: "solvers/md/verlet.hpp"
  std::vector<std::string> lines;
  std::vector<Include> includes;

  bool is_header() const { return path.ends_with(".hpp"); }
  std::string at(int line) const { return path + ":" + std::to_string(line); }
};

// All .hpp and .cpp files of the source folders and of tests/, sorted by path.
std::vector<SourceFile> source_files();

// True if `path` lies in `folder` ("solvers/api") or below.
bool within(const std::string& path, const std::string& folder);

}  // namespace locum::structure
