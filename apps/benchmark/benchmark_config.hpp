// The settings of a benchmark: its defaults, and what --set says.
#pragma once

#include <string>

#include "apps/commands.hpp"
#include "io/toml/toml.hpp"

namespace locum::apps {

// Throws ConfigError as a configuration file does.
template <class Config>
Config benchmark_config(const CommandLine& line) {
  auto document = io::TomlDocument::parse("", "--set");
  for (const std::string& assignment : line.set) document.set(assignment);
  Config config;
  io::read_config(document, config);
  return config;
}

}  // namespace locum::apps
