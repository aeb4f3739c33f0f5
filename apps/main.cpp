// The `locum` command: MPI and Kokkos around one of the commands, and the one place where errors end.
#include <fmt/format.h>
#include <mpi.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <thread>

#include "apps/commands.hpp"
#include "apps/signals.hpp"
#include "apps/version.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

// No `using namespace locum` here: what nvcc adds to the file says log() and means std's.
namespace locum::apps {
namespace {

// True when every rank arrives within the time: then all of them failed, and in the same way.
bool everyone_arrives(double seconds) {
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int done = 0;
  while (!done && std::chrono::steady_clock::now() < end) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return done != 0;
}

// One message for the user. An error that all ranks share is told by the root; one that only some ranks met is told by
// them, and then the others, who wait in a collective call that will never end, are taken down too.
int report_failure(int rank, const std::string& message, ExitCode code) {
  const bool shared = everyone_arrives(3.0);
  if (rank == 0 || !shared) {
    const int size = [] {
      int n;
      MPI_Comm_size(MPI_COMM_WORLD, &n);
      return n;
    }();
    log::error(shared || size == 1 ? message : fmt::format("rank {}: {}", rank, message));
  }
  log::stop();
  if (!shared) MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
  return static_cast<int>(code);
}

// The cores that this process may use, shared among the ranks of its node: left alone, every rank's linear algebra
// would take all of them.
void share_cores(const Communicator& world) {
  if (std::getenv("OPENBLAS_NUM_THREADS")) return;
  MPI_Comm node;
  MPI_Comm_split_type(world.get(), MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  int ranks = 1;
  MPI_Comm_size(node, &ranks);
  MPI_Comm_free(&node);
  cpu_set_t allowed;
  const int cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
  linalg::set_threads(std::max(1, cores / ranks));
}

int run(const Command& command, const CommandLine& line) {
  Context context;
  context.comm = Communicator::world();
  log::start(context.comm.is_root(), line.quiet, "");
  watch_signals();
  share_cores(context.comm);
  const int rank = context.comm.rank();
  try {
    command.run(context, line);
    log::stop();
    return static_cast<int>(ExitCode::success);
  } catch (const Interrupted& stop) {
    log::info(stop.message);
    log::stop();
    return static_cast<int>(ExitCode::interrupted);
  } catch (const Error& error) {
    return report_failure(rank, error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return report_failure(rank, "out of memory\n  hint: more ranks on more nodes, or a smaller system",
                          ExitCode::backend);
  } catch (const std::exception& error) {
    return report_failure(
        rank, fmt::format("{}\n  hint: this is a fault of Locum; please report it with the input", error.what()),
        ExitCode::internal);
  }
}

void declare(CLI::App& app, CommandLine& line) {
  app.set_version_flag("--version", version_line());
  app.require_subcommand(1);
  for (const auto& command : commands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    if (command.needs_input) sub->add_option("input", line.input, command.input_help)->required();
    sub->add_option("--set", line.set, "override an input: section.key=value (repeatable)")->take_all();
    sub->add_option("--output,-o", line.output, "folder of the run (convert: the file to write)");
    sub->add_flag("--restart", line.restart, "go on from the folder's checkpoint");
    sub->add_flag("--quiet,-q", line.quiet, "only warnings on the terminal");
    if (command.name == "train") {
      sub->add_option("--from", line.from, "model file to fine-tune, instead of from nothing");
      sub->add_option("--search", line.search, "try N settings, choose the best on held-out frames")
          ->check(CLI::Range(1, 100000));
    }
    if (command.name == "benchmark") sub->add_option("--json", line.json, "also write the result to this file");
  }
}

}  // namespace
}  // namespace locum::apps

int main(int argc, char** argv) {
  namespace apps = locum::apps;
  // Before MPI: --help and --version must work on a log-in node where MPI will not start.
  CLI::App app("Locum: surrogates that stand in for a simulation's expensive step, under audit.", "locum");
  apps::CommandLine line;
  apps::declare(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
    const bool speaks = !rank || std::string(rank) == "0";
    const int code = speaks ? app.exit(error) : error.get_exit_code();
    return code == 0 ? 0 : static_cast<int>(locum::ExitCode::config);
  }
  const std::string chosen = app.get_subcommands().front()->get_name();

  MPI_Init(&argc, &argv);
  int code = 0;
  {
    Kokkos::initialize(argc, argv);
    for (const auto& command : apps::commands())
      if (command.name == chosen) code = apps::run(command, line);
    Kokkos::finalize();
  }
  MPI_Finalize();
  return code;
}
