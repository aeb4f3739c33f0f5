// What TomlDocument and TomlReader share; not for others (it brings toml++ along).
#pragma once

#include <toml++/toml.h>

#include <map>
#include <string>

#include "io/toml/toml.hpp"

namespace locum::io {

struct TomlDocument::Impl {
  std::string name;
  toml::table root;
  std::map<std::string, std::string> origins;  // path of a key → the --set that brought it

  // "in.toml:12", or "--set md.timestep=1" for a key from the command line.
  std::string where(const std::string& path, const toml::source_region& source) const {
    for (std::string prefix = path;;) {  // a --set of a whole table covers the keys in it
      const auto found = origins.find(prefix);
      if (found != origins.end()) return found->second;
      const auto cut = prefix.find_last_of(".[");
      if (cut == std::string::npos) break;
      prefix.resize(cut);
    }
    return name + ":" + std::to_string(source.begin.line);
  }
};

}  // namespace locum::io
