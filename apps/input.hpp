// From the command line to a checked configuration and the run's folder.
#pragma once

#include <set>
#include <utility>

#include "apps/commands.hpp"
#include "apps/run_directory.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {

// Throws ConfigError, naming the first line that differs, unless the folder's run was started with the same input.
void check_same_input(const Communicator& comm, const RunDirectory& directory, const std::string& resolved);

// The trajectories (replicas) that a dataset already holds. Collective.
std::set<std::int64_t> trajectories_in(const Communicator& comm, const std::string& dataset);

// Whether the input, with what --set adds to it, has the key or section. Collective.
bool is_input_with(const Communicator& comm, const CommandLine& line, const std::string& key);

// Reads and checks the input before anything on the disk is touched, then makes the folder and writes input.toml there.
template <class Config>
std::pair<Config, RunDirectory> open_run(const Context& context, const CommandLine& line) {
  io::TomlDocument document = io::TomlDocument::read(context.comm, line.input);
  for (const std::string& assignment : line.set) document.set(assignment);
  Config config;
  io::read_config(document, config);
  config.validate();
  RunDirectory directory(context.comm, line.output.empty() ? default_output(line.input) : line.output, line.restart);
  const std::string resolved = io::to_toml(config);
  if (line.restart) check_same_input(context.comm, directory, resolved);
  directory.write_text("input.toml", resolved);
  log::start(context.comm.is_root(), line.quiet, directory.file("run.log"));
  return {std::move(config), std::move(directory)};
}

}  // namespace locum::apps
