// The comment line of an extended XYZ frame: entries by name, and the columns that its Properties announce.
//
// `where` is "file:line", for messages. Everything throws ConfigError.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace locum::io {

using XyzEntries = std::map<std::string, std::string>;

// key=value, key="quoted value", key={value} or a bare key, which means T.
XyzEntries xyz_entries(std::string_view line, const std::string& where);

struct XyzColumn {
  std::string name;
  char type = 'R';  // R real, I integer, S text, L logical
  std::size_t width = 1;
};
// Of Properties=name:type:width…; species and three coordinates where there are none. Positions and elements are
// among them.
std::vector<XyzColumn> xyz_columns(const XyzEntries& entries, const std::string& where);

}  // namespace locum::io
