// One family of errors. A message says what went wrong, where, what was found against what was expected, and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace locum {

// Exit codes of the `locum` command; docs/reference/exit-codes.md lists them for batch scripts.
enum class ExitCode : int {
  success = 0,
  internal = 1,
  config = 2,
  io = 3,
  numerical = 4,
  backend = 5,
  not_compiled = 6,
  interrupted = 75,  // a signal asked for a checkpoint; `--restart` goes on (EX_TEMPFAIL)
};

class Error : public std::runtime_error {
 public:
  // what: one sentence, found against expected; where: file and line, key, rank, timestep; hint: what to do.
  Error(ExitCode code, std::string what, std::string where, std::string hint);
  ExitCode code() const { return code_; }
  const std::string& where() const { return where_; }
  const std::string& hint() const { return hint_; }

 private:
  ExitCode code_;
  std::string where_, hint_;
};

struct ConfigError : Error {
  explicit ConfigError(std::string what, std::string where = "", std::string hint = "")
      : Error(ExitCode::config, std::move(what), std::move(where), std::move(hint)) {}
};
struct IoError : Error {
  explicit IoError(std::string what, std::string where = "", std::string hint = "")
      : Error(ExitCode::io, std::move(what), std::move(where), std::move(hint)) {}
};
struct NumericalError : Error {
  explicit NumericalError(std::string what, std::string where = "", std::string hint = "")
      : Error(ExitCode::numerical, std::move(what), std::move(where), std::move(hint)) {}
};
struct BackendError : Error {
  explicit BackendError(std::string what, std::string where = "", std::string hint = "")
      : Error(ExitCode::backend, std::move(what), std::move(where), std::move(hint)) {}
};
struct NotCompiled : Error {
  explicit NotCompiled(std::string what, std::string where = "", std::string hint = "")
      : Error(ExitCode::not_compiled, std::move(what), std::move(where), std::move(hint)) {}
};

}  // namespace locum
