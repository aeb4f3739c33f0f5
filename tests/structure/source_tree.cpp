#include "tests/structure/source_tree.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

namespace locum::structure {
namespace {

namespace fs = std::filesystem;

SourceFile read_source(const fs::path& root, const fs::path& file) {
  static const std::regex include_line(R"(^\s*#\s*include\s*(["<])([^">]+)[">].*)");
  SourceFile source;
  source.path = fs::relative(file, root).generic_string();
  std::ifstream stream(file);
  std::smatch match;
  for (std::string line; std::getline(stream, line);) {
    source.lines.push_back(line);
    if (line.find("include") != std::string::npos && std::regex_match(line, match, include_line))
      source.includes.push_back({match[2], match[1] == "\"", static_cast<int>(source.lines.size())});
  }
  return source;
}

}  // namespace

std::vector<SourceFile> source_files() {
  const fs::path root = LOCUM_SOURCE_DIR;
  std::vector<SourceFile> sources;
  for (const char* folder : {"kokkos_kernels", "solvers", "surrogates", "io", "apps", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".hpp" || extension == ".cpp"))
        sources.push_back(read_source(root, entry.path()));
    }
  }
  std::sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return sources;
}

bool within(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

}  // namespace locum::structure
