// The commands of `locum` and what each is given.
#pragma once

#include <string>
#include <vector>

#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

struct CommandLine {
  std::string input;             // TOML or HDF5 file, or a benchmark's name
  std::vector<std::string> set;  // --set section.key=value
  std::string output;            // --output DIR, or a file for convert
  std::string json;              // --json FILE, benchmark only
  std::string from;              // --from MODEL, train only
  int search = 0;                // --search N, train only; 0: none
  bool restart = false, quiet = false;
};

struct Command {
  std::string name, summary, input_help;
  bool needs_input = true;
  void (*run)(const Context& context, const CommandLine& line);
};

// Every command, in the order in which the help shows them. A command throws locum::Error when it fails, and
// Interrupted when a signal made it stop in order.
const std::vector<Command>& commands();

void run_simulate(const Context& context, const CommandLine& line);
void run_reconstruct(const Context& context, const CommandLine& line);
void run_train(const Context& context, const CommandLine& line);
void run_learn(const Context& context, const CommandLine& line);
void run_analyze(const Context& context, const CommandLine& line);
void run_convert(const Context& context, const CommandLine& line);
void run_inspect(const Context& context, const CommandLine& line);
void run_benchmark(const Context& context, const CommandLine& line);
void run_info(const Context& context, const CommandLine& line);

}  // namespace locum::apps
