#include "apps/run_directory.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

namespace fs = std::filesystem;

void move_aside(const fs::path& path) {
  std::error_code error;
  int k = 1;
  while (fs::exists(path.string() + "." + std::to_string(k), error)) ++k;
  const std::string aside = path.string() + "." + std::to_string(k);
  fs::rename(path, aside, error);
  if (error)
    throw IoError("the earlier run could not be moved to " + aside + ": " + error.message(), path.string(),
                  "give another folder with --output");
  log::info(fmt::format("an earlier run was moved to {}", aside));
}

void prepare(const std::string& path, bool restart) {
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error))
    throw IoError("is a file, a folder was expected", path, "give another folder with --output");
  const bool holds_run = fs::exists(fs::path(path) / "input.toml", error);
  if (restart && !holds_run)
    throw IoError("there is no run to go on with (no input.toml in this folder)", path,
                  "run without --restart to begin anew");
  if (!restart && holds_run) move_aside(path);
  fs::create_directories(path, error);
  if (error) throw IoError("the folder cannot be made: " + error.message(), path, "give another folder with --output");
}

}  // namespace

RunDirectory::RunDirectory(const Communicator& comm, const std::string& path, bool restart) : comm_(comm), path_(path) {
  io::on_root(comm, [&] { prepare(path, restart); });
}

bool RunDirectory::has(const std::string& name) const {
  int there = 0;
  std::error_code error;
  if (comm_.is_root()) there = fs::exists(file(name), error) ? 1 : 0;
  comm_.broadcast(there);
  return there != 0;
}

void RunDirectory::write_text(const std::string& name, const std::string& text) const {
  io::write_text(comm_, file(name), text);
}

Interrupted interrupted(const RunDirectory& directory, const std::string& kept) {
  return {"stopped by a signal; " + kept + " kept in " + directory.path() + ": go on with --restart"};
}

std::string default_output(const std::string& input) { return "runs/" + fs::path(input).stem().string(); }

}  // namespace locum::apps
