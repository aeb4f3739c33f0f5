#include "io/atoms/xyz_comment.hpp"

#include <algorithm>

#include "io/atoms/words.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// A word up to one of `ends`, or what stands between quotes or brackets; `at` moves behind it.
std::string take(std::string_view line, std::size_t& at, std::string_view ends, const std::string& where) {
  if (at >= line.size()) return "";
  const char open = line[at];
  const char close = open == '"' || open == '\'' ? open : open == '{' ? '}' : open == '[' ? ']' : '\0';
  if (!close) {
    const std::size_t end = std::min(line.find_first_of(ends, at), line.size());
    const std::string word(line.substr(at, end - at));
    at = end;
    return word;
  }
  std::string word;
  for (++at; at < line.size() && line[at] != close; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) ++at;
    word += line[at];
  }
  if (at >= line.size()) throw ConfigError(std::string("found no closing ") + close + " in the comment line", where);
  ++at;
  return word;
}

std::vector<std::string> parts_of(const std::string& properties) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= properties.size();) {
    const std::size_t end = std::min(properties.find(':', at), properties.size());
    parts.push_back(properties.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

XyzEntries xyz_entries(std::string_view line, const std::string& where) {
  XyzEntries entries;
  std::size_t at = 0;
  auto skip = [&] { at = std::min(line.find_first_not_of(" \t\r", at), line.size()); };
  for (skip(); at < line.size(); skip()) {
    std::string key = take(line, at, "= \t\r", where);
    std::string value = "T";
    const std::size_t equals = line.find_first_not_of(" \t", at);
    if (equals < line.size() && line[equals] == '=') {
      at = std::min(line.find_first_not_of(" \t", equals + 1), line.size());
      value = take(line, at, " \t\r", where);
    }
    if (key.empty()) throw ConfigError("found '=' without a name in the comment line", where);
    entries[key] = value;
  }
  return entries;
}

std::vector<XyzColumn> xyz_columns(const XyzEntries& entries, const std::string& where) {
  const auto found = entries.find("Properties");
  if (found == entries.end()) return {{"species", 'S', 1}, {"pos", 'R', 3}};
  const std::vector<std::string> parts = parts_of(found->second);
  std::vector<XyzColumn> columns;
  for (std::size_t k = 0; k + 2 < parts.size(); k += 3) {
    const auto width = number<int>(parts[k + 2]);
    const bool known = parts[k + 1].size() == 1 && std::string("RISL").find(parts[k + 1][0]) != std::string::npos;
    if (!known || !width || *width < 1 || *width > 1000) break;
    columns.push_back({parts[k], parts[k + 1][0], static_cast<std::size_t>(*width)});
  }
  if (parts.size() % 3 != 0 || columns.size() != parts.size() / 3)
    throw ConfigError("found Properties=" + found->second + ", name:type:columns three by three was expected", where,
                      "for example Properties=species:S:1:pos:R:3:forces:R:3");
  auto has = [&](const std::string& name, char type, std::size_t width) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const XyzColumn& c) { return c.name == name && c.type == type && c.width == width; });
  };
  if (!has("pos", 'R', 3)) throw ConfigError("Properties name no pos:R:3", where, "positions are needed");
  if (!has("species", 'S', 1) && !has("Z", 'I', 1) && !has("numbers", 'I', 1))
    throw ConfigError("Properties name no species:S:1 (nor Z:I:1 or numbers:I:1)", where, "the elements are needed");
  return columns;
}

}  // namespace locum::io
